"""What a container of a foreign architecture borrows of this computer, and how it is told of it; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cibw.running.opened import OtherCompilers
from cibw.running.zig_settings import ZigSettings
from cibw.running.zig_target import compiler_variables, multiarch, zig_cpu, zig_target

PLACE = "/opt/cibw"
"""Not below /tmp/cibw: the engine makes the directories that it mounts on, and they belong to root."""
STEADY = "/tmp/cibw/steady"  # noqa: S108  # in a container that is ours alone
"""Where a container has links to what has another path in each run."""
_COMPILERS = ("CC", "CXX")
_UNPROVIDED = frozenset({"powerpc64le-linux-gnu.2.17"})
_ALPINE = {"arm": "armv7", "powerpc64le": "ppc64le"}
"""Architectures that zig spells in its own way, as musl's file name does."""
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
"""What a compiler that cibw brings never has, and what shows that it is missing."""
_OF_COMPILERS = re.compile(
    r"fatal error: |file not found|\.\w+:\d+(:\d+)?: error: |\d+ errors? generated|undefined (symbol|reference)"
    r"|ld\.lld: |cannot find -l|unable to find .*library|linker command failed|[Cc]ompiler|[Cc]ompilation"
    r"|command '.*(cc|\+\+|clang|zig)' failed|Could NOT find|[Dd]ependency .* not found|\bzig\b"
)
"""Output of which a compiler, or what it did not find, may be the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LentPrograms:
    """Programs of this computer, for a container in which everything else is emulated.

    `zig` is the zig program, and `lay` puts its compilers into a directory below `toolchains`; without
    zig `reason` tells a user why. `uv` is a static program.
    """

    toolchains: Path
    lay: Callable[[ZigSettings], Path]
    zig: Path | None = None
    uv: Path | None = None
    reason: str = ""

    @property
    def volumes(self) -> tuple[str, ...]:
        """What to mount, as `SOURCE:TARGET:MODE`."""
        sources = {
            "zig": self.zig and self.zig.parent,
            "toolchains": self.zig and self.toolchains,
            "bin": self.uv and self.uv.parent,
        }
        return tuple(f"{source}:{PLACE}/{name}:ro" for name, source in sources.items() if source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """What the commands of a container start with in addition: `toolchain` is the part that selects the compilers.

    With PATH in `environment`, uv is there too. `description` tells a user which compilers those are, and why.
    """

    description: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    toolchain: Mapping[str, str] = field(default_factory=dict)


NOTHING_LENT = Loan()


def refusal(environment: Mapping[str, str]) -> str:
    """Why zig can't compile for a container with this environment; empty where it can."""
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
    """Where a container may keep its libraries."""
    machine = multiarch(zig_target(platform_tag))
    return (
        *("/usr/local/lib64", "/usr/local/lib", f"/usr/local/lib/{machine}"),
        *("/usr/lib64", f"/usr/lib/{machine}", "/usr/lib", "/lib64", f"/lib/{machine}", "/lib"),
    )


def container_settings(platform_tag: str, folders: tuple[str, ...]) -> ZigSettings:
    """The settings of compilers in a container that has these library folders.

    The image's headers come after those of zig, which has its own of the libc.
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
    """The environment that selects the compilers; `directory` is the name of theirs, `cache` a directory for zig."""
    compilers = compiler_variables(f"{PLACE}/toolchains/{directory}", platform_tag)
    return {**compilers, "ZIG_GLOBAL_CACHE_DIR": f"{cache}/zig"}


def image_compilers(environment: Mapping[str, str], toolchain: Mapping[str, str]) -> OtherCompilers:
    """The compilers of the image, in place of those of a toolchain."""
    kept = {name: value for name, value in environment.items() if toolchain.get(name) != value}
    return OtherCompilers(environment=kept)


def settled(environment: Mapping[str, str], toolchain: Mapping[str, str]) -> dict[str, str]:
    """The environment of a build, without the rest of a toolchain where the project brings a compiler of its own.

    Objects of two compilers do not always fit together: each has its C++ library.
    """
    if uses(environment, toolchain):
        return dict(environment)
    return {name: value for name, value in environment.items() if toolchain.get(name) != value}


def advice_for(lines: Iterable[str], environment: Mapping[str, str], toolchain: Mapping[str, str], advice: str) -> str:
    """An advice for where a command fails, by its last lines of output.

    Empty where another compiler than that of the toolchain was at work, and where no compiler seems to be the reason.
    """
    if not (toolchain and uses(environment, toolchain)):
        return ""
    output = "\n".join(lines)
    for missing, pattern in _MISSING.items():
        if pattern.search(output):
            return f"{missing} {advice}"
    return advice if _OF_COMPILERS.search(output) else ""


def uses(environment: Mapping[str, str], toolchain: Mapping[str, str]) -> bool:
    """Whether the compilers in the environment are those of the toolchain, be it with a program before them."""
    return all(toolchain[name] in environment.get(name, "") for name in _COMPILERS if name in toolchain)


def _libc(target: str) -> tuple[str, ...]:
    if "-musl" not in target:
        return ()
    # zig's own libc calls itself libc.so, a name that no distribution has. As the image's own comes first,
    # zig's is not needed.
    architecture = target.partition("-")[0]
    return ("-Wl,--as-needed", f"-l:libc.musl-{_ALPINE.get(architecture, architecture)}.so.1")
