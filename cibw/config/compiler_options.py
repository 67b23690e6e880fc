"""The options that say what compiles on Linux."""

from __future__ import annotations

from cibw.config.kinds_of_tools import COMPILER_CACHES, EMULATION_TOOLCHAINS
from cibw.config.option import LINUX, Facts, Option, Places

_LINUX = Places(tables=LINUX, suffixes=LINUX)
COMPILER_CACHE = Option(
    kind=COMPILER_CACHES,
    facts=Facts(
        name="compiler-cache",
        description="What keeps compiled files between runs: `auto` takes ccache, then sccache, where one is there.",
        default="auto",
        places=_LINUX,
        is_own=True,
    ),
)
EMULATION_TOOLCHAIN = Option(
    kind=EMULATION_TOOLCHAINS,
    facts=Facts(
        name="emulation-toolchain",
        description="The compilers of containers of another architecture: `zig` runs on this computer's own "
        "processor where it can, `image` is the image's own, emulated.",
        default="zig",
        places=_LINUX,
        is_own=True,
    ),
)
