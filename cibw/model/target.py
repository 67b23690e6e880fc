"""The target of a wheel: platform, libc or SDK, and architecture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
