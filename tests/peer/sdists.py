"""Compares the wheels of real sdists: cibw's of the host and of a container, and cibuildwheel's of the same image."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.builds import CACHE, ROOT
from tests.downloads import DownloadError
from tests.peer.peer import CIBUILDWHEEL_RELEASE
from tests.peer.sdist_builds import BUILDERS, Outcome, Project, backend_of, build, projects, sdist_of
from tests.peer.sdist_reasons import REASONS, Reason
from tests.peer.wheels import Difference, compare, count_equal

PAGE = ROOT / "docs" / "sdists.md"
PAIRS = (("container", "cibuildwheel"), ("host", "container"))

_INTRODUCTION = """\
# Wheels of real sdists

`nox -s sdists` builds the wheels of the sdists in `tests/peer/sdists.toml`, and writes this page. Each wheel is built
three times for one Python: by cibw on the host, for `manylinux2014`, by cibw in a container, and by cibuildwheel
{release} in a container of the same image. All three use the configuration of the project itself, unless it has options
that cibuildwheel refuses today, and test the wheel by importing its native modules. The container's wheel is then
compared with cibuildwheel's, and the host's with the container's: their names and tags, the set of members, the
content and mode of each member, and that RECORD describes the archive. Of binaries that are not equal, the libraries
that they need, their entry functions, their run path, their size and their sections are compared.

A difference is explained by a rule of `tests/peer/sdist_reasons.py`. The session fails if one is not explained, and if
a build fails.

{count} sdists were built and compared. {equal} of the {count} wheels that cibw built in a container are equal to
cibuildwheel's in every byte of every member. {unexplained} differences are not explained.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How two wheels of a project differ, and how many of their members are equal byte for byte."""

    pair: tuple[str, str]
    equal: int
    members: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The builds of a project, and what was found when their wheels were compared."""

    project: Project
    backend: str
    outcomes: Mapping[str, Outcome]
    comparisons: tuple[Comparison, ...] = field(default=())

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The builds that gave no wheel."""
        return tuple(outcome for outcome in self.outcomes.values() if not outcome.wheel)


class Arguments(argparse.Namespace):
    """The arguments of the command line."""

    projects: list[str]
    cache: Path
    fresh: bool


def main() -> int:
    """Build and compare, print what is not explained, write the page after a whole run, and give the exit code."""
    arguments = _arguments()
    try:
        results = list(_results(arguments))
    except DownloadError as error:
        sys.exit(str(error))
    if not arguments.projects:
        PAGE.write_text(page(results, REASONS), encoding="utf-8")
    faults = [*failures(results), *unexplained(results, REASONS)]
    print(*faults, f"{len(results)} sdists, {len(faults)} faults", sep="\n")
    return 1 if faults or not results else 0


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("projects", nargs="*", help="build only these, and leave the page as it is")
    parser.add_argument("--cache", type=Path, default=CACHE / "sdist-wheels", help="directory of wheels; %(default)s")
    parser.add_argument("--fresh", action="store_true", help="build again what the cache has")
    return parser.parse_args(namespace=Arguments())


def _results(arguments: Arguments) -> Iterator[Result]:
    for project in projects():
        if arguments.projects and project.name not in arguments.projects:
            continue
        kept = arguments.cache / f"{project.name}-{project.version}-{project.python}"
        if arguments.fresh:
            shutil.rmtree(kept, ignore_errors=True)
        result = examine(project, kept)
        print(_line(result), flush=True)
        yield result


def examine(project: Project, kept: Path) -> Result:
    """Build a project three times, or take the wheels that are kept in a directory, and compare them."""
    sdist = sdist_of(project)
    outcomes = {builder: build(project, builder, kept) for builder in BUILDERS}
    comparisons = []
    for first, second in PAIRS:
        if outcomes[first].wheel and outcomes[second].wheel:
            wheels = [kept / name / outcomes[name].wheel for name in (first, second)]
            equal, members = count_equal(*wheels)
            found = tuple(compare(*wheels))
            comparisons.append(Comparison(pair=(first, second), equal=equal, members=members, differences=found))
    return Result(project=project, backend=backend_of(sdist), outcomes=outcomes, comparisons=tuple(comparisons))


def failures(results: Iterable[Result]) -> Iterator[str]:
    """The builds that failed, with the ends of their logs."""
    for result in results:
        for outcome in result.failed:
            yield f"{result.project.release}, {outcome.builder}: failed\n{outcome.log}"


def unexplained(results: Iterable[Result], reasons: Sequence[Reason]) -> Iterator[str]:
    """The differences that no reason explains."""
    for result, pair, difference in _differences(results):
        if reason_for(pair, difference, reasons) is None:
            yield f"{result.project.release}, {' and '.join(pair)}: {difference}"


def _differences(results: Iterable[Result]) -> Iterator[tuple[Result, tuple[str, str], Difference]]:
    for result in results:
        for comparison in result.comparisons:
            for difference in comparison.differences:
                yield result, comparison.pair, difference


def reason_for(pair: tuple[str, str], difference: Difference, reasons: Iterable[Reason]) -> Reason | None:
    """The first reason that explains a difference between the wheels of two builds."""
    return next((reason for reason in reasons if reason.explains(pair, difference)), None)


def page(results: Sequence[Result], reasons: Sequence[Reason]) -> str:
    """The page as Markdown."""
    same = [one for result in results for one in result.comparisons if one.pair == PAIRS[0] and not one.differences]
    head = _INTRODUCTION.format(
        release=CIBUILDWHEEL_RELEASE,
        count=len(results),
        equal=sum(one.equal == one.members for one in same),
        unexplained=len(list(unexplained(results, reasons))),
    )
    return "\n".join((head, *_reason_rows(results, reasons), *_result_rows(results, reasons), ""))


def _reason_rows(results: Sequence[Result], reasons: Sequence[Reason]) -> Iterator[str]:
    counts: Counter[Reason] = Counter()
    sdists: dict[Reason, set[str]] = {}
    for result, pair, difference in _differences(results):
        reason = reason_for(pair, difference, reasons)
        if reason is not None:
            counts[reason] += 1
            sdists.setdefault(reason, set()).add(result.project.release)
    yield from ("## Differences", "", "| between | difference | why | differences | sdists |", "|---|---|---|---|---|")
    for reason in reasons:
        if counts[reason]:
            cells = (" and ".join(reason.pair), reason.kind, reason.why, counts[reason], len(sdists[reason]))
            yield f"| {' | '.join(map(str, cells))} |"
    yield ""


def _result_rows(results: Sequence[Result], reasons: Sequence[Reason]) -> Iterator[str]:
    yield from (
        "## Sdists",
        "",
        "A pair of wheels is described by the number of members that are equal byte for byte, and the number of",
        "differences that are explained. The seconds are those of the host, the container and cibuildwheel, on a busy",
        "computer, and compare nothing.",
        "",
        "| sdist | backend | Python | container and cibuildwheel | host and container | seconds |",
        "|---|---|---|---|---|---|",
    )
    for result in results:
        cells = [result.project.release, f"`{result.backend}`", result.project.python]
        for pair in PAIRS:
            comparison = next((one for one in result.comparisons if one.pair == pair), None)
            cells.append("failed" if comparison is None else _summary(comparison, reasons))
        cells.append(" / ".join(f"{result.outcomes[builder].seconds:.0f}" for builder in BUILDERS))
        yield f"| {' | '.join(cells)} |"


def _summary(comparison: Comparison, reasons: Sequence[Reason]) -> str:
    members = f"{comparison.equal} of {comparison.members}"
    known = [one for one in comparison.differences if reason_for(comparison.pair, one, reasons)]
    unknown = len(comparison.differences) - len(known)
    notes = [f"{len(known)} explained"] if known else []
    notes += [f"**{unknown} unexplained**"] if unknown else []
    return ", ".join((members, *notes))


def _line(result: Result) -> str:
    failed = " ".join(outcome.builder for outcome in result.failed)
    counts = ", ".join(f"{one.equal} of {one.members} equal" for one in result.comparisons)
    return f"{result.project.release} {result.project.python}: {counts}{f', failed: {failed}' if failed else ''}"
