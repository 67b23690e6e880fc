"""Compiler options for Linux."""

from __future__ import annotations

from cibw.config.kinds_of_tools import COMPILER_CACHES, EMULATION_TOOLCHAINS
from cibw.config.option import LINUX, Facts, Option, Places

_LINUX = Places(tables=LINUX, suffixes=LINUX)
COMPILER_CACHE = Option(
    kind=COMPILER_CACHES,
    facts=Facts(
        name="compiler-cache",
        description="Compiler cache to use between runs: `auto` uses ccache if it is installed, otherwise sccache.",
        default="auto",
        places=_LINUX,
        is_own=True,
    ),
)
EMULATION_TOOLCHAIN = Option(
    kind=EMULATION_TOOLCHAINS,
    facts=Facts(
        name="emulation-toolchain",
        description="Compilers for containers of another architecture: `zig` cross-compiles on the host's processor "
        "where possible, `image` runs the image's own compilers under emulation.",
        default="zig",
        places=_LINUX,
        is_own=True,
    ),
)
