"""Build identifiers such as `cp314t-manylinux_x86_64`, and their parts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

# The target of a wheel: platform, libc or SDK, and architecture.


class Platform(Enum):
    """A platform that wheels are built for, spelled as on the command line."""

    LINUX = "linux"
    MACOS = "macos"
    WINDOWS = "windows"
    PYODIDE = "pyodide"
    ANDROID = "android"
    IOS = "ios"


class Family(Enum):
    """The first part of a platform tag: a Linux libc, or an SDK."""

    MANYLINUX = "manylinux"
    MUSLLINUX = "musllinux"
    MACOSX = "macosx"
    WIN = "win"
    PYODIDE = "pyodide"
    ANDROID = "android"
    IOS = "ios"

    @property
    def platform(self) -> Platform:
        """The platform that the family belongs to."""
        return _PLATFORMS[self]


class Architecture(Enum):
    """A processor architecture, spelled as its platform spells it."""

    X86_64 = "x86_64"
    I686 = "i686"
    AARCH64 = "aarch64"
    PPC64LE = "ppc64le"
    S390X = "s390x"
    ARMV7L = "armv7l"
    RISCV64 = "riscv64"
    ARM64 = "arm64"
    UNIVERSAL2 = "universal2"
    WIN_AMD64 = "AMD64"
    WIN_X86 = "x86"
    WIN_ARM64 = "ARM64"
    ARM64_V8A = "arm64_v8a"
    ARM64_IPHONEOS = "arm64_iphoneos"
    ARM64_IPHONESIMULATOR = "arm64_iphonesimulator"
    X86_64_IPHONESIMULATOR = "x86_64_iphonesimulator"
    WASM32 = "wasm32"


_PLATFORMS = {
    Family.MANYLINUX: Platform.LINUX,
    Family.MUSLLINUX: Platform.LINUX,
    Family.MACOSX: Platform.MACOS,
    Family.WIN: Platform.WINDOWS,
    Family.PYODIDE: Platform.PYODIDE,
    Family.ANDROID: Platform.ANDROID,
    Family.IOS: Platform.IOS,
}
_LINUX = (
    Architecture.X86_64,
    Architecture.I686,
    Architecture.AARCH64,
    Architecture.PPC64LE,
    Architecture.S390X,
    Architecture.ARMV7L,
    Architecture.RISCV64,
)
ARCHITECTURES: dict[Platform, tuple[Architecture, ...]] = {
    Platform.LINUX: _LINUX,
    Platform.MACOS: (Architecture.X86_64, Architecture.ARM64, Architecture.UNIVERSAL2),
    Platform.WINDOWS: (Architecture.WIN_AMD64, Architecture.WIN_X86, Architecture.WIN_ARM64),
    Platform.PYODIDE: (Architecture.WASM32,),
    Platform.ANDROID: (Architecture.ARM64_V8A, Architecture.X86_64),
    Platform.IOS: (
        Architecture.ARM64_IPHONEOS,
        Architecture.ARM64_IPHONESIMULATOR,
        Architecture.X86_64_IPHONESIMULATOR,
    ),
}
_WINDOWS_TAGS = {
    Architecture.WIN_X86: "win32",
    Architecture.WIN_AMD64: "win_amd64",
    Architecture.WIN_ARM64: "win_arm64",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A family and an architecture, e.g. `manylinux_x86_64`."""

    family: Family
    architecture: Architecture

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES[self.platform]:
            raise ValueError(f"{self.platform.value} has no architecture {self.architecture.value}")

    @property
    def platform(self) -> Platform:
        """The platform that the target belongs to."""
        return self.family.platform

    def __str__(self) -> str:
        if self.family is Family.WIN:
            return _WINDOWS_TAGS[self.architecture]
        return f"{self.family.value}_{self.architecture.value}"

    @classmethod
    def parse(cls, text: str) -> Target:
        """Parse the target part of a build identifier; ValueError for any other text."""
        target = _TARGETS.get(text)
        if target is None:
            raise ValueError(f"unknown platform tag {text!r} in a build identifier")
        return target


_TARGETS = {
    str(target): target
    for target in (
        Target(family, architecture)
        for family, platform in _PLATFORMS.items()
        for architecture in ARCHITECTURES[platform]
    )
}


# Build identifiers such as `cp314t-manylinux_x86_64`.


class Implementation(Enum):
    """An implementation of Python, by its tag (PEP 425)."""

    CPYTHON = "cp"
    PYPY = "pp"
    GRAALPY = "gp"


_TAG = re.compile(r"(?P<name>cp|pp|gp)(?P<major>[0-9])(?P<minor>0|[1-9][0-9]*)(?P<threads>t?)(?:_(?P<release>[0-9]+))?")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python of a build: implementation, version, free-threaded or not, release line.

    `release` contains the digits after the underscore of GraalPy tags (`gp312_250`); empty for others.
    """

    implementation: Implementation
    major: int
    minor: int
    free_threaded: bool = False
    release: str = ""

    @property
    def version(self) -> str:
        """The language version, e.g. `3.14`."""
        return f"{self.major}.{self.minor}"

    def __str__(self) -> str:
        suffix = f"_{self.release}" if self.release else ""
        return f"{self.implementation.value}{self.major}{self.minor}{'t' * self.free_threaded}{suffix}"

    @classmethod
    def parse(cls, text: str) -> Interpreter:
        """Parse an interpreter tag; ValueError for any other text."""
        match = _TAG.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a Python tag of a build identifier, such as cp314t")
        return cls(
            implementation=Implementation(match["name"]),
            major=int(match["major"]),
            minor=int(match["minor"]),
            free_threaded=bool(match["threads"]),
            release=match["release"] or "",
        )


@dataclass(frozen=True, slots=True)
class BuildIdentifier:
    """One cell of the matrix: an interpreter and a target."""

    interpreter: Interpreter
    target: Target
    _text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Cached, because every selector of the configuration uses it.
        object.__setattr__(self, "_text", f"{self.interpreter}-{self.target}")

    @property
    def platform(self) -> Platform:
        """The platform that the identifier belongs to."""
        return self.target.platform

    def __str__(self) -> str:
        return self._text

    @classmethod
    def parse(cls, text: str) -> BuildIdentifier:
        """Parse a build identifier; ValueError for any other text."""
        interpreter, dash, target = text.partition("-")
        if not dash:
            raise ValueError(f"{text!r} is not a build identifier: it has no dash")
        return cls(Interpreter.parse(interpreter), Target.parse(target))


# Build identifiers that are not in a plan.


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBuilt:
    """A build identifier of the catalog that is not in the plan, with the reason."""

    identifier: BuildIdentifier
    reason: str
