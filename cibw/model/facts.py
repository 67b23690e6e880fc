"""What is known of the computer that cibw runs on; the planner takes it as a value."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.model.identifier import Interpreter
from cibw.model.images import EngineName
from cibw.model.target import Family, Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class HostInterpreter:
    """A Python that the host has; `libc` is MANYLINUX for glibc and MUSLLINUX for musl."""

    interpreter: Interpreter
    path: str
    libc: Family = Family.MANYLINUX


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The host's platform and processor, the engine that stands for `auto`, and its Pythons.

    `machine` is the processor's name as `platform.machine()` gives it; `runs_32bit` says whether
    the processor also runs its 32-bit form; `engine` stays AUTO where nothing was probed, which
    plans containers. `image_tag` is the platform tag of the manylinux image that the host itself is,
    and empty on any other host. `deployment_target` is MACOSX_DEPLOYMENT_TARGET of the user's environment,
    `android_home` its ANDROID_HOME, and `has_android_home` says whether that is a directory.
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
