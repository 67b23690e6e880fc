from __future__ import annotations

import pytest

from cibw.config.problems import BadValueError, Findings, did_you_mean
from cibw.errors import ConfigurationError


def test_the_same_finding_counts_once() -> None:
    findings = Findings()
    for _ in range(2):
        findings.add("place", "message")
        findings.note("note")
    assert len(findings.mistakes) == len(findings.notes) == 1


def test_hints_of_errors_are_kept() -> None:
    findings = Findings()
    findings.add_error("a", BadValueError("wrong", "do right"))
    findings.add_error("b", ValueError("wrong"))
    assert [mistake.hint for mistake in findings.mistakes] == ["do right", ""]


def test_mistakes_end_the_reading() -> None:
    findings = Findings()
    findings.raise_if_any()
    findings.add("CIBW_X", "unknown")
    with pytest.raises(ConfigurationError, match="has an error"):
        findings.raise_if_any()
    findings.add("a.toml:12: x", "wrong")
    findings.add("a.toml:9: x", "wrong")
    with pytest.raises(ConfigurationError, match="has 3 errors") as caught:
        findings.raise_if_any()
    assert [mistake.place for mistake in caught.value.mistakes] == ["CIBW_X", "a.toml:9: x", "a.toml:12: x"]


def test_a_close_word_is_named() -> None:
    assert did_you_mean("biuld", ["build", "skip"]) == "did you mean 'build'?"
    assert did_you_mean("zzz", ["build"], fallback="use build") == "use build"
