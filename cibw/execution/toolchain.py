"""Targets of the zig toolchain, and programs of this computer that a container uses."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cibw.execution.machine import OtherCompilers

# The settings of a toolchain, which its compilers read at every call.


@dataclass(frozen=True, slots=True, kw_only=True)
class ZigSettings:
    """The zig program, the target of a toolchain, and the directories to exclude and to add.

    Paths are those of the machine that the compilers run on. `dropped_prefixes` are those of interpreters: library
    directories and rpaths below them are kept out of the wheels. `links` is a directory in which build environments
    get a path that is the same in every run. With `stands_in`, the wrapper compiles an empty source that includes
    the real one, for a zig that does not find copies of a source in its cache. `cpp_headers` is a directory that
    precedes zig's C++ headers. `runtime` is a C++ library shared by all objects, and `processors` are the values of
    -march that interpreters pass on to the extensions of every project.
    """

    zig: str
    target: str
    cpu: str = "baseline"
    links: str = ""
    runtime: str = ""
    cpp_headers: str = ""
    processors: tuple[str, ...] = ()
    stands_in: bool = False
    dropped_prefixes: tuple[str, ...] = ()
    compile_arguments: tuple[str, ...] = ()
    link_arguments: tuple[str, ...] = ()

    def to_text(self) -> str:
        """Return one `name value` line for each value. Raise ValueError for a value with a line break."""
        lines = [
            f"zig {self.zig}",
            f"target {self.target}",
            f"cpu {self.cpu}",
            *((f"links {self.links}",) if self.links else ()),
            *((f"cpp-headers {self.cpp_headers}",) if self.cpp_headers else ()),
            *((f"runtime {self.runtime}",) if self.runtime else ()),
            *(f"processor {name}" for name in self.processors),
            *(("stands-in yes",) if self.stands_in else ()),
            *(f"dropped {prefix}" for prefix in self.dropped_prefixes),
            *(f"compile {argument}" for argument in self.compile_arguments),
            *(f"link {argument}" for argument in self.link_arguments),
        ]
        if any("\n" in line for line in lines):
            raise ValueError(f"a toolchain cannot use a path that contains a line break: {lines}")
        return "".join(f"{line}\n" for line in lines)


# What a platform tag means to zig, to Debian's directories, and to build systems; pure.

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


# Programs of this computer that are mounted in containers of a foreign architecture, and their settings; pure.

PLACE = "/opt/cibw"
"""Not below /tmp/cibw, because the engine creates mount points, which belong to root."""
STEADY = "/tmp/cibw/steady"  # noqa: S108  # in a container that is ours alone
"""Container directory with links to files whose path differs in each run."""
_COMPILERS = ("CC", "CXX")
_UNPROVIDED = frozenset({"powerpc64le-linux-gnu.2.17"})
_ALPINE = {"arm": "armv7", "powerpc64le": "ppc64le"}
"""zig's names for architectures, which differ from those in musl's file names."""
ADVICE = (
    'The compiler was zig, running natively. If it caused the failure, set emulation-toolchain = "image" to '
    "use the compiler of the image, which is slower."
)

_MISSING = {
    "zig does not support OpenMP.": re.compile(
        r"'omp\.h' file not found|OpenMP|undefined symbol: (omp_|__kmpc_|GOMP_)|(?<!\w)-?l(omp|gomp)\b"
    ),
    "zig does not support Fortran.": re.compile(r"[Ff]ortran|\bF(77|90)\b.*compiler|\bflang\b"),
}
"""What the provided compilers lack, and the output that indicates it."""
_OF_COMPILERS = re.compile(
    r"fatal error: |file not found|\.\w+:\d+(:\d+)?: error: |\d+ errors? generated|undefined (symbol|reference)"
    r"|ld\.lld: |cannot find -l|unable to find .*library|linker command failed|[Cc]ompiler|[Cc]ompilation"
    r"|command '.*(cc|\+\+|clang|zig)' failed|Could NOT find|[Dd]ependency .* not found|\bzig\b"
)
"""Output that may be caused by a compiler or something that it did not find."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MountedPrograms:
    """Programs of this computer, for a container in which everything else is emulated.

    `zig` is the zig program, and `lay` installs its compilers into a directory below `toolchains`. Without zig,
    `reason` is an explanation for the user. `uv` is a static program.
    """

    toolchains: Path
    lay: Callable[[ZigSettings], Path]
    zig: Path | None = None
    uv: Path | None = None
    reason: str = ""

    @property
    def volumes(self) -> tuple[str, ...]:
        """Return the mounts, as `SOURCE:TARGET:MODE`."""
        sources = {
            "zig": self.zig and self.zig.parent,
            "toolchains": self.zig and self.toolchains,
            "bin": self.uv and self.uv.parent,
        }
        return tuple(f"{source}:{PLACE}/{name}:ro" for name, source in sources.items() if source)


@dataclass(frozen=True, slots=True, kw_only=True)
class MountedToolchain:
    """Additional environment for the commands of a container. `toolchain` is the part that selects the compilers.

    If `environment` has PATH, uv is included, too. `description` tells the user which compilers are used, and why.
    """

    description: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    toolchain: Mapping[str, str] = field(default_factory=dict)


NO_TOOLCHAIN = MountedToolchain()


def refusal(environment: Mapping[str, str]) -> str:
    """Return why zig cannot compile for a container with this environment, or an empty string."""
    chosen = [name for name in _COMPILERS if environment.get(name)]
    if chosen:
        return f"which sets {chosen[0]}"
    tag = environment.get("AUDITWHEEL_PLAT", "")
    try:
        target = zig_target(tag)
    except ValueError:
        return "whose AUDITWHEEL_PLAT names no libc to compile for"
    return "whose libc zig does not support" if target in _UNPROVIDED else ""


def library_folders(platform_tag: str) -> tuple[str, ...]:
    """Return the directories that may contain a container's libraries."""
    machine = multiarch(zig_target(platform_tag))
    return (
        *("/usr/local/lib64", "/usr/local/lib", f"/usr/local/lib/{machine}"),
        *("/usr/lib64", f"/usr/lib/{machine}", "/usr/lib", "/lib64", f"/lib/{machine}", "/lib"),
    )


def container_settings(platform_tag: str, folders: tuple[str, ...]) -> ZigSettings:
    """Return the settings of compilers in a container that has these library directories.

    The image's headers come after those of zig, which has its own libc headers.
    """
    target = zig_target(platform_tag)
    headers = ("/usr/local/include", f"/usr/include/{multiarch(target)}", "/usr/include")
    return ZigSettings(
        zig=f"{PLACE}/zig/zig",
        target=target,
        cpu=zig_cpu(target),
        links=STEADY,
        cpp_headers=f"{PLACE}/toolchains/fallback/c++",
        dropped_prefixes=("/opt/python", "/opt/_internal"),
        compile_arguments=tuple(f"-idirafter{folder}" for folder in (*headers, f"{PLACE}/toolchains/fallback")),
        link_arguments=(*(f"-L{folder}" for folder in folders), *_libc(target)),
    )


def toolchain_variables(directory: str, platform_tag: str, cache: str) -> dict[str, str]:
    """Return the environment that selects the compilers in `directory`. `cache` is a directory for zig."""
    compilers = compiler_variables(f"{PLACE}/toolchains/{directory}", platform_tag)
    return {**compilers, "ZIG_GLOBAL_CACHE_DIR": f"{cache}/zig"}


def image_compilers(environment: Mapping[str, str], toolchain: Mapping[str, str]) -> OtherCompilers:
    """Return the compilers of the image, which replace those of a toolchain."""
    kept = {name: value for name, value in environment.items() if toolchain.get(name) != value}
    return OtherCompilers(environment=kept)


def settled(environment: Mapping[str, str], toolchain: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a build. If the project sets its own compiler, the rest of the toolchain is removed.

    Objects from two compilers may be incompatible, because each has its own C++ library.
    """
    if uses(environment, toolchain):
        return dict(environment)
    return {name: value for name, value in environment.items() if toolchain.get(name) != value}


def advice_for(lines: Iterable[str], environment: Mapping[str, str], toolchain: Mapping[str, str], advice: str) -> str:
    """Return advice for a failed command based on its last output lines.

    It is empty if another compiler was used, or if no compiler seems to be the cause.
    """
    if not (toolchain and uses(environment, toolchain)):
        return ""
    output = "\n".join(lines)
    for missing, pattern in _MISSING.items():
        if pattern.search(output):
            return f"{missing} {advice}"
    return advice if _OF_COMPILERS.search(output) else ""


def uses(environment: Mapping[str, str], toolchain: Mapping[str, str]) -> bool:
    """Return whether the environment uses the toolchain's compilers, possibly behind a wrapper program."""
    return all(toolchain[name] in environment.get(name, "") for name in _COMPILERS if name in toolchain)


def _libc(target: str) -> tuple[str, ...]:
    if "-musl" not in target:
        return ()
    # zig's own libc is named libc.so, which no distribution uses. The image's libc comes first, so zig's is not needed.
    architecture = target.partition("-")[0]
    return ("-Wl,--as-needed", f"-l:libc.musl-{_ALPINE.get(architecture, architecture)}.so.1")
