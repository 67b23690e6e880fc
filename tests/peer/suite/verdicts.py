"""What the outcomes of cibuildwheel's tests mean; verdicts.toml declares which of them fail."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.peer.suite.driver import Outcome

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DECLARED = Path(__file__).with_name("verdicts.toml")


class Verdict(Enum):
    """What an outcome means."""

    PASSED = "passed"
    SKIPPED = "skipped"
    WORDING = "wording"
    DIFFERENCE = "difference"
    STAND_IN = "stand-in"
    FAULT = "fault"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A failure that is declared: its verdict, its reason, and texts that are part of it.

    A difference names its heading in docs/differences.md, as it stands in links.
    """

    verdict: Verdict
    why: str
    shows: tuple[str, ...]
    section: str = ""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """An outcome with its verdict and the reason; that of a fault says what is not as declared."""

    outcome: Outcome
    verdict: Verdict
    why: str = ""
    section: str = ""


def read_failures(text: str) -> dict[str, Failure]:
    """The failures that are declared, by the names of their tests; ValueError where one is declared twice."""
    found: dict[str, Failure] = {}
    for table in tomllib.loads(text)["failure"]:
        failure = Failure(
            verdict=Verdict(table["verdict"]),
            why=table["why"],
            shows=tuple(table["shows"]),
            section=table.get("section", ""),
        )
        for test in table["tests"]:
            if test in found:
                raise ValueError(f"{test} is declared twice")
            found[test] = failure
    return found


def judge(outcome: Outcome, failures: Mapping[str, Failure]) -> Judged:
    """The verdict on the outcome of a test."""
    declared = failures.get(outcome.test)
    if outcome.outcome == "skipped":
        return Judged(outcome=outcome, verdict=Verdict.SKIPPED, why=outcome.text)
    if outcome.outcome == "passed":
        # An image that lacks less is no fault.
        if declared is None or declared.verdict is Verdict.STAND_IN:
            return Judged(outcome=outcome, verdict=Verdict.PASSED)
        return _fault(outcome, "It passes, but is declared to fail.")
    if declared is None:
        return _fault(outcome, "It fails, and is not declared.")
    lacking = [text for text in declared.shows if text not in outcome.text]
    if lacking:
        return _fault(outcome, f"It fails in another way than declared, without {lacking}.")
    return Judged(outcome=outcome, verdict=declared.verdict, why=declared.why, section=declared.section)


def missing(judged: Sequence[Judged], failures: Mapping[str, Failure]) -> list[Judged]:
    """A fault for each test that is declared and did not run."""
    names = sorted(failures.keys() - {one.outcome.test for one in judged})
    return [
        _fault(Outcome(test=name, outcome="missing"), "It is declared, but there is no such test.") for name in names
    ]


def _fault(outcome: Outcome, why: str) -> Judged:
    return Judged(outcome=outcome, verdict=Verdict.FAULT, why=why)
