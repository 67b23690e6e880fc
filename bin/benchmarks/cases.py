"""What the benchmark measures: cases of subjects that are run in alternation, and the goals of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.by_hand import INSIDE, ByHand, PreparedByHand
from benchmarks.tools import Cibuildwheel, Cibw, Cold, Mended, Printing, Work
from benchmarks.values import Goal, Quantity, Sample

Run = Callable[[Path], Sample]
_FOUR = ("cp310", "cp311", "cp312", "cp313")
_BUILD_UV = {"build-frontend": "build[uv]"}
WARM_WORK = Work(project="markupsafe-3.0.4", tags=_FOUR, test='python -c "import markupsafe"')
_REGEX = Work(project="regex-2024.11.6", tags=_FOUR, test='python -c "import regex"')
_KIWI = Work(project="kiwisolver-1.4.8", tags=_FOUR, test='python -c "import kiwisolver"')
# The index may lack the newest of the pinned audit tools.
_LATEST_TOOLS = {"CIBW_DEPENDENCY_VERSIONS": "latest"}
_PSUTIL = Work(project="psutil-7.0.0", tags=_FOUR, test='python -c "import psutil"')
_HELLO = Work(project="hello", tags=_FOUR, test='python -c "import hello"')
_LOUD = "python -c \"print(('x' * 199 + '\\n') * 250000)\""
"""A command that prints 50 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Subjects by their names; those of one case are compared with each other."""

    name: str
    title: str
    goals: tuple[Goal, ...]
    subjects: Callable[[ExitStack], Mapping[str, Run]]
    is_default: bool = True


def cases() -> dict[str, Case]:
    """All cases by their names."""
    found = (
        _tiny(),
        _warm(),
        _cold(),
        _compiling(),
        _again(),
        _mended(),
        _abi3(),
        _identifiers(),
        _plan(),
        _memory(),
        _host(),
    )
    return {case.name: case for case in (*found, _emulated())}


def _tiny() -> Case:
    work = replace(_HELLO, tags=("cp312",))
    return Case(
        name="tiny",
        title="the example, one identifier; shows that the benchmark works",
        goals=(Goal(text="cibw : limit", of=Quantity(subject="cibw"), by=(Quantity(subject="limit"),), at_most=9),),
        subjects=lambda _: {
            "cibw": Cibw(works=(work,)),
            "peer with uv": Cibuildwheel(works=(replace(work, options=_BUILD_UV),)),
            "limit": ByHand(work=work),
        },
        is_default=False,
    )


def _warm() -> Case:
    own = Quantity(subject="cibw")
    return Case(
        name="warm",
        title="markupsafe, cp310 to cp313, import test, warm caches",
        goals=(
            Goal(text="cibw : peer", of=own, by=(Quantity(subject="peer"),), at_most=0.1),
            Goal(text="cibw : peer with uv", of=own, by=(Quantity(subject="peer with uv"),), at_most=0.25),
            Goal(text="cibw : limit", of=own, by=(Quantity(subject="limit"),), at_most=1.25),
        ),
        subjects=lambda _: {
            "cibw": Cibw(works=(WARM_WORK,)),
            "cibw --jobs 1": Cibw(works=(WARM_WORK,), arguments=("--jobs", "1")),
            "peer": Cibuildwheel(works=(WARM_WORK,)),
            "peer with uv": Cibuildwheel(works=(replace(WARM_WORK, options=_BUILD_UV),)),
            "limit": ByHand(work=WARM_WORK),
        },
    )


def _cold() -> Case:
    own = Quantity(subject="cibw")
    return Case(
        name="cold",
        title="markupsafe, cp310 to cp313, import test, cold caches",
        goals=(Goal(text="cibw : peer", of=own, by=(Quantity(subject="peer"),), at_most=1 / 3),),
        subjects=lambda _: {
            "cibw": Cold(tool=Cibw, works=(WARM_WORK,)),
            "peer": Cold(tool=Cibuildwheel, works=(WARM_WORK,)),
            "peer with uv": Cold(tool=Cibuildwheel, works=(replace(WARM_WORK, options=_BUILD_UV),)),
        },
    )


def _compiling() -> Case:
    works = (_REGEX, _KIWI)
    limit = Quantity(subject="limit", name=INSIDE)
    return Case(
        name="compiling",
        title="regex and kiwisolver, cp310 to cp313, import test, warm caches",
        goals=(Goal(text="cibw : limit", of=Quantity(subject="cibw"), by=(limit,), at_most=1.15),),
        subjects=lambda stack: {"cibw": Cibw(works=works), "limit": PreparedByHand(works, stack)},
    )


def _again() -> Case:
    again = Quantity(subject="cibw, nothing changed")
    return Case(
        name="again",
        title="markupsafe, the same command again",
        goals=(Goal(text="cibw", of=again, at_most=1, unit="s"),),
        subjects=lambda _: {again.subject: Cibw(works=(WARM_WORK,), resumes=True)},
    )


def _mended() -> Case:
    mended = "cibw, cp312 mended"
    return Case(
        name="mended",
        title="markupsafe, the run after one failing build was mended",
        goals=(Goal(text="builds", of=Quantity(subject=mended, name="builds"), at_most=1),),
        subjects=lambda _: {mended: Mended(work=WARM_WORK, tag="cp312")},
    )


def _abi3() -> Case:
    one, four = Quantity(subject="cibw, cp310"), Quantity(subject="cibw, cp310 to cp313")
    tests = Quantity(subject=four.subject, name="tests of reused wheels")
    builds = Quantity(subject=four.subject, name="builds")
    return Case(
        name="abi3",
        title="psutil (abi3), cp310 to cp313, import test, warm caches",
        goals=(
            Goal(text="cp310 to cp313 : cp310 and the tests", of=four, by=(one, tests), at_most=1.2),
            Goal(text="builds", of=builds, at_most=1),
        ),
        subjects=lambda _: {
            one.subject: Cibw(works=(replace(_PSUTIL, tags=("cp310",)),), settings=_LATEST_TOOLS),
            four.subject: Cibw(works=(_PSUTIL,), settings=_LATEST_TOOLS),
        },
    )


def _identifiers() -> Case:
    arguments = ("--print-build-identifiers", "--platform", "linux")
    return Case(
        name="identifiers",
        title="--print-build-identifiers",
        goals=(Goal(text="cibw : peer", of=Quantity(subject="cibw"), by=(Quantity(subject="peer"),), at_most=0.5),),
        subjects=lambda _: {
            "cibw": Printing(python="own", arguments=("-m", "cibw", *arguments)),
            "peer": Printing(python="peer", arguments=("-m", "cibuildwheel", *arguments)),
        },
    )


def _plan() -> Case:
    overrides = "".join(
        f'[[tool.cibw.overrides]]\nselect = "cp3{10 + number % 4}-*"\nenvironment = {{ N{number} = "{number}" }}\n'
        for number in range(200)
    )
    call = ("-m", "cibw", "plan", "--platform", "linux", "--archs", "all")
    return Case(
        name="plan",
        title="plan of all architectures, with 200 overrides",
        goals=(Goal(text="cibw plan", of=Quantity(subject="cibw plan"), at_most=0.5, unit="s"),),
        subjects=lambda _: {"cibw plan": Printing(python="own", arguments=call, configuration=overrides)},
    )


def _memory() -> Case:
    loud = replace(_HELLO, tags=("cp312",), options={"before-build": _LOUD})
    quiet, noisy = "cibw", "cibw, a log of 50 MB"
    return Case(
        name="memory",
        title="peak memory of cibw itself",
        goals=tuple(
            Goal(text=name, of=Quantity(subject=name, name="MiB"), at_most=80, unit="MiB") for name in (quiet, noisy)
        ),
        subjects=lambda _: {
            quiet: Cibw(works=(WARM_WORK,), is_watched=True),
            noisy: Cibw(works=(loud,), is_watched=True),
        },
    )


def _host() -> Case:
    host = Quantity(subject="cibw --engine host")
    wheels = Quantity(subject=host.subject, name="wheels")
    return Case(
        name="host",
        title="the example on the host with zig, cp310 to cp313, warm",
        goals=(Goal(text="cibw, per wheel", of=host, by=(wheels,), at_most=1.5, unit="s"),),
        subjects=lambda _: {host.subject: Cibw(works=(_HELLO,), arguments=("--engine", "host"))},
    )


def _emulated() -> Case:
    works = {
        work.project.partition("-")[0]: replace(work, tags=("cp311",), target="manylinux_aarch64")
        for work in (_REGEX, _KIWI)
    }
    toolchains = ("zig", "image")
    return Case(
        name="emulated",
        title="cp311 on aarch64 under QEMU, import test, warm caches",
        goals=tuple(
            Goal(
                text=f"{name}, zig : image",
                of=Quantity(subject=f"{name}, zig"),
                by=(Quantity(subject=f"{name}, image"),),
                at_most=0.25,
            )
            for name in works
        ),
        subjects=lambda _: {
            f"{name}, {toolchain}": Cibw(works=(work,), settings={"CIBW_EMULATION_TOOLCHAIN": toolchain})
            for name, work in works.items()
            for toolchain in toolchains
        },
        is_default=False,
    )
