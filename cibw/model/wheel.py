"""Wheel file names and their tags."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from cibw.exhaustive import assert_never
from cibw.model.identifier import BuildIdentifier, Implementation, Interpreter
from cibw.model.target import Family, Target

_STABLE_ABIS = ("abi3", "abi3t")
_PYODIDE = ("pyodide_", "pyemscripten_")


@dataclass(frozen=True, slots=True)
class WheelName:
    """A parsed wheel file name (binary distribution format specification)."""

    filename: str
    project: str
    version: Version
    tags: frozenset[Tag]

    @classmethod
    def parse(cls, filename: str) -> WheelName:
        """Parse a wheel file name; ValueError if it is invalid."""
        try:
            project, version, _build, tags = parse_wheel_filename(filename)
        except InvalidWheelFilename as error:
            raise ValueError(str(error)) from error
        return cls(filename, project, version, tags)

    @property
    def is_pure(self) -> bool:
        """Whether the wheel runs on any platform (`none-any`)."""
        return any(tag.abi == "none" and tag.platform == "any" for tag in self.tags)

    @property
    def is_abi3(self) -> bool:
        """Whether the wheel uses the stable ABI of CPython (PEP 384), possibly also the free-threaded one (PEP 803)."""
        return any(tag.abi == "abi3" for tag in self.tags)

    @property
    def is_for_several(self) -> bool:
        """Whether more than one Python version can use the wheel."""
        return any(tag.abi in ("abi3", "none") for tag in self.tags)

    def serves(self, identifier: BuildIdentifier) -> bool:
        """Whether the wheel can replace the wheel that `identifier` would build."""
        return any(
            _interpreter_fits(tag, identifier.interpreter) and _platform_fits(tag.platform, identifier.target)
            for tag in self.tags
        )

    def covers(self, identifier: BuildIdentifier) -> bool:
        """Whether the wheel can be installed wherever the wheel of `identifier` can.

        It is the wheel of that build, it serves the identifier, or it is a universal2 wheel for macOS.
        """
        return any(_covers(tag, identifier) for tag in self.tags)


def _covers(tag: Tag, identifier: BuildIdentifier) -> bool:
    interpreter, target = identifier.interpreter, identifier.target
    if target.family is Family.PYODIDE:
        is_for = tag.platform.startswith(_PYODIDE) and tag.platform.endswith(f"_{target.architecture.value}")
        return is_for and _is_built_by(tag, interpreter)
    is_both = target.family is Family.MACOSX and tag.platform.startswith("macosx_") and "universal2" in tag.platform
    is_for = tag.platform == "any" or is_both or _platform_fits(tag.platform, target)
    return is_for and (_interpreter_fits(tag, interpreter) or _is_built_by(tag, interpreter))


def _is_built_by(tag: Tag, interpreter: Interpreter) -> bool:
    name = f"{interpreter.major}{interpreter.minor}"
    match interpreter.implementation:
        case Implementation.CPYTHON:
            abis = (f"cp{name}t",) if interpreter.free_threaded else (f"cp{name}", "none")
            return tag.interpreter == f"cp{name}" and tag.abi in abis
        case Implementation.PYPY:
            return tag.interpreter == f"pp{name}"
        case Implementation.GRAALPY:
            is_release = f"graalpy{interpreter.release}_" in tag.abi
            return tag.interpreter == f"graalpy{name}" and is_release
        case _:
            assert_never(interpreter.implementation)


def _interpreter_fits(tag: Tag, interpreter: Interpreter) -> bool:
    if tag.abi in _STABLE_ABIS:
        # A wheel for both ABIs has two tags (abi3.abi3t).
        is_its_own = interpreter.free_threaded == (tag.abi == "abi3t")
        is_cpython = interpreter.implementation is Implementation.CPYTHON
        return is_cpython and is_its_own and _not_newer(tag.interpreter, "cp", interpreter)
    return tag.abi == "none" and _not_newer(tag.interpreter, "py", interpreter)


def _not_newer(python_tag: str, prefix: str, interpreter: Interpreter) -> bool:
    digits = python_tag.removeprefix(prefix)
    if not python_tag.startswith(prefix) or not re.fullmatch("[0-9]{1,9}", digits):
        return False
    return int(digits[0]) == interpreter.major and int(digits[1:] or 0) <= interpreter.minor


def _platform_fits(platform_tag: str, target: Target) -> bool:
    if target.family in (Family.MANYLINUX, Family.MUSLLINUX):
        prefixes = (target.family.value, "linux") if target.family is Family.MANYLINUX else (target.family.value,)
        return platform_tag.startswith(prefixes) and platform_tag.endswith(f"_{target.architecture.value}")
    if target.family is Family.WIN:
        return platform_tag == str(target)
    if target.family is Family.PYODIDE:
        # Each Pyodide release line, and so each Python, has its own platform.
        return False
    return platform_tag.startswith(target.family.value) and platform_tag.endswith(target.architecture.value)
