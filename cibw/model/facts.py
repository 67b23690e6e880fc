"""Facts about the computer that cibw runs on; input of the planner."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.model.identifier import Interpreter
from cibw.model.images import EngineName
from cibw.model.target import Family, Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class HostInterpreter:
    """A Python on the host; `libc` is MANYLINUX for glibc and MUSLLINUX for musl."""

    interpreter: Interpreter
    path: str
    libc: Family = Family.MANYLINUX


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The host's platform and processor, the engine for `auto`, and its Pythons.

    `machine` is the processor name from `platform.machine()`; `runs_32bit` says whether the processor also runs
    32-bit programs; `engine` is AUTO if it was not probed, and then containers are planned. `image_tag` is the
    platform tag if the host itself is a manylinux image, otherwise empty. `deployment_target` and `android_home`
    are MACOSX_DEPLOYMENT_TARGET and ANDROID_HOME of the user's environment; `has_android_home` says whether the
    latter is a directory.
    """

    platform: Platform
    machine: str
    runs_32bit: bool = False
    engine: EngineName = EngineName.AUTO
    interpreters: tuple[HostInterpreter, ...] = ()
    image_tag: str = ""
    deployment_target: str = ""
    android_home: str = ""
    has_android_home: bool = False
