"""The platform tags that the public index accepts."""

from __future__ import annotations

import re

_FIXED = frozenset(
    "any win32 win_amd64 win_arm64 win_ia64 linux_armv6l linux_armv7l manylinux1_i686 manylinux1_x86_64 "
    "manylinux2010_i686 manylinux2010_x86_64 manylinux2014_aarch64 manylinux2014_armv7l manylinux2014_i686 "
    "manylinux2014_ppc64 manylinux2014_ppc64le manylinux2014_s390x manylinux2014_x86_64".split()
)
_LINUX = "(x86_64|i686|aarch64|armv7l|ppc64le|s390x|riscv64)"
_MAC = "(x86_64|arm64|universal2|universal|intel|i386|fat|fat3|fat64|ppc|ppc64)"
# macOS has versions 10.0 to 10.15, then a major version per year; tags of the latter have no minor version.
_MAC_MAJOR = "(11|12|13|14|15|26)"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"manylinux_\d+_\d+_({_LINUX}|ppc64)",
        rf"musllinux_\d+_\d+_{_LINUX}",
        rf"macosx_10_\d+_{_MAC}",
        rf"macosx_{_MAC_MAJOR}_0_{_MAC}",
        r"ios_\d+_\d+_(arm64|x86_64)_(iphoneos|iphonesimulator)",
        r"android_\d+_(armeabi_v7a|arm64_v8a|x86|x86_64)",
        r"pyemscripten_\d+_\d+_wasm32",
    )
)
_MAC_MINOR = re.compile(r"macosx_(\d+)_[1-9]\d*_(.+)")


def is_taken(tag: str) -> bool:
    """Whether the index accepts wheels with a platform tag."""
    return tag in _FIXED or any(pattern.fullmatch(tag) for pattern in _PATTERNS)


def remedy(tag: str) -> str:
    """How to fix a platform tag that the index does not accept."""
    if tag.startswith("linux_"):
        return "Repair the wheel: auditwheel gives it a manylinux or musllinux tag. `cibw build` does that by default."
    minor = _MAC_MINOR.fullmatch(tag)
    if minor:
        return f"Since macOS 11, the minor version must be 0: set MACOSX_DEPLOYMENT_TARGET={minor[1]}.0 for the build."
    if tag.startswith("pyodide_"):
        return "Publish for a Pyodide whose wheels are tagged pyemscripten, or do not publish this wheel."
    return "Build the wheel for a platform that the index supports, or publish it elsewhere."
