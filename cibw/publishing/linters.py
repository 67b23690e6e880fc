"""Run third-party linters and convert their findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cibw.model.command import Outcome
from cibw.model.findings import Finding, Severity
from cibw.publishing.contents import DistributionContents
from cibw.publishing.linter_outputs import Line, abi3audit_lines, check_wheel_contents_lines, pydistcheck_lines

_CLEAN, _FOUND = 0, 1
"""The exit codes of a linter that ran successfully."""
_GIVES_UP = ("--max-allowed-files", "1000000", "--max-allowed-size-uncompressed", "100G")
"""Large enough that only cibw's own rules report sizes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """`find` returns the path of a program, or an empty string; `run` runs a program with arguments."""

    find: Callable[[str], str]
    run: Callable[[tuple[str, ...]], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linter:
    """A linter: its name, which is also that of its rule, its arguments before the files, and the files it accepts."""

    name: str
    finds: str
    takes: Callable[[DistributionContents], bool]
    read: Callable[[str], Iterator[Line]]
    arguments: tuple[str, ...] = ()
    severity: Severity = Severity.WARNING


def lint(linter: Linter, contents: tuple[DistributionContents, ...], programs: Programs) -> tuple[Finding, ...]:
    """The findings of a linter in a release; a finding with severity SKIPPED if it is missing or fails."""
    paths = tuple(one.path for one in contents if not one.broken and linter.takes(one))
    if not paths:
        return ()
    program = programs.find(linter.name)
    if not program:
        return (_skipped(linter, "is not installed", f"pip install {linter.name}"),)
    outcome = programs.run((program, *linter.arguments, *paths))
    if outcome.exit_code not in (_CLEAN, _FOUND):
        return (_skipped(linter, f"ended with exit code {outcome.exit_code}", "Run it by hand to see the error."),)
    try:
        return tuple(_findings(linter, outcome.stdout))
    except ValueError:
        return (_skipped(linter, "wrote output that cannot be parsed", "Try another version of it."),)


def _findings(linter: Linter, output: str) -> Iterator[Finding]:
    alike: dict[tuple[str, str], list[str]] = {}
    for line in linter.read(output):
        alike.setdefault((line.text, line.fix), []).append(line.filename)
    for (text, fix), files in alike.items():
        yield Finding(rule=linter.name, message=text, fix=fix, files=tuple(files), severity=linter.severity)


def _skipped(linter: Linter, what: str, fix: str) -> Finding:
    return Finding(rule=linter.name, message=f"{linter.name} {what}.", fix=fix, severity=Severity.SKIPPED)


def _is_wheel(contents: DistributionContents) -> bool:
    return contents.is_wheel


def _is_abi3(contents: DistributionContents) -> bool:
    wheel = contents.distribution.wheel
    return wheel is not None and wheel.is_abi3


LINTERS = (
    Linter(
        name="check-wheel-contents",
        finds="check-wheel-contents reports a problem in a wheel, such as a duplicate file",
        takes=_is_wheel,
        read=check_wheel_contents_lines,
    ),
    Linter(
        name="pydistcheck",
        finds="pydistcheck reports a problem in a distribution, such as debug symbols",
        takes=lambda _: True,
        read=pydistcheck_lines,
        arguments=(*_GIVES_UP, "--max-allowed-size-compressed", "100G"),
    ),
    Linter(
        name="abi3audit",
        finds="an abi3 wheel uses more than the stable ABI of its Python",
        takes=_is_abi3,
        read=abi3audit_lines,
        arguments=("--strict", "--report"),
        severity=Severity.ERROR,
    ),
)
