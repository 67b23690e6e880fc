"""What a platform tag means to zig, to Debian's directories, and to build systems; pure."""

from __future__ import annotations

import shlex

TOOLS = ("cc", "c++", "ar", "ranlib")
"""The file names of a toolchain's programs."""

_ZIG_ARCHITECTURE = {"armv7l": "arm", "i686": "x86", "ppc64le": "powerpc64le"}
_FLOAT_ABI = {"armv7l": "eabihf"}
_RUST_ARCHITECTURE = {"armv7l": "armv7", "ppc64le": "powerpc64le", "riscv64": "riscv64gc"}
_LEGACY = {"manylinux1": "2.5", "manylinux2010": "2.12", "manylinux2014": "2.17"}
_SPELLED = {"x86": "i386"}
"""Architectures whose multiarch tuples use another name than zig."""


def zig_target(platform_tag: str) -> str:
    """Return zig's target for a platform tag: `manylinux_2_28_i686` is `x86-linux-gnu.2.28`."""
    policy, architecture = _split_tag(platform_tag)
    cpu = _ZIG_ARCHITECTURE.get(architecture, architecture)
    abi = _FLOAT_ABI.get(architecture, "")
    if policy.startswith("musllinux_"):
        return f"{cpu}-linux-musl{abi}"
    version = _LEGACY.get(policy) or ".".join(policy.split("_")[1:])
    return f"{cpu}-linux-gnu{abi}.{version}"


def zig_cpu(target: str) -> str:
    """Return the processor that zig compiles for: the baseline of the architecture, like gcc in the images.

    zig's baseline for 32-bit ARM includes NEON with 32 registers, which not every ARMv7 processor has.
    """
    return "baseline-neon-d32" if target.startswith("arm-") else "baseline"


def multiarch(target: str) -> str:
    """Return the multiarch tuple of a zig target: `x86_64-linux-gnu.2.17` is `x86_64-linux-gnu`."""
    architecture, system, libc = target.split("-", 2)
    return "-".join((_SPELLED.get(architecture, architecture), system, libc.partition(".")[0]))


def compiler_variables(directory: str, platform_tag: str) -> dict[str, str]:
    """Return the environment that selects the compilers in a directory."""
    tools = {tool: shlex.quote(f"{directory}/{tool}") for tool in TOOLS}
    policy, architecture = _split_tag(platform_tag)
    rust = _RUST_ARCHITECTURE.get(architecture, architecture)
    libc = "musl" if policy.startswith("musllinux_") else "gnu"
    triple = f"{rust}-unknown-linux-{libc}{_FLOAT_ABI.get(architecture, '')}".upper().replace("-", "_")
    return {
        "CC": tools["cc"],
        "CXX": tools["c++"],
        "AR": tools["ar"],
        "RANLIB": tools["ranlib"],
        "LDSHARED": f"{tools['cc']} -shared",
        "LDCXXSHARED": f"{tools['c++']} -shared",
        f"CARGO_TARGET_{triple}_LINKER": f"{directory}/cc",
    }


def _split_tag(platform_tag: str) -> tuple[str, str]:
    # A wheel may have several tags, all for the same architecture.
    tag = platform_tag.partition(".")[0]
    # x86_64 is the only architecture with an underscore in its name.
    policy, _, architecture = tag.replace("x86_64", "x86-64").rpartition("_")
    if not policy.startswith(("manylinux", "musllinux_")):
        raise ValueError(f"not a Linux platform tag that names a libc: {platform_tag}")
    return policy, architecture.replace("-", "_")
