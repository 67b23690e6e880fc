from __future__ import annotations

from cibw.model.manifest import Finding, Severity
from cibw.model.release import Distribution
from cibw.reporting.checks import begun_line, built_lines, kept_lines
from cibw.reporting.errors import fault_text, warning_lines
from cibw.reporting.terminal import TerminalStyle

SDIST = Distribution.parse("demo-1.0.tar.gz", size=4_210, sha256="ab" * 32)
PLAIN = TerminalStyle(unicode=False)
FINDINGS = (
    Finding(rule="a", message="It is wrong.", fix="Make it right."),
    Finding(rule="b", message="It is odd.", fix="Look at it.", severity=Severity.WARNING),
    Finding(rule="c", message="It is missing.", fix="Find it."),
)


def test_an_sdist_that_was_built() -> None:
    assert begun_line("dist", PLAIN) == "Building the sdist into dist"
    assert built_lines(SDIST, "dist/demo-1.0.tar.gz", 1.23, PLAIN) == [
        "ok dist/demo-1.0.tar.gz 4.2 kB, 1.2 s",
        f"  SHA-256 {'ab' * 32}",
    ]


def test_an_sdist_that_is_there_says_how_to_have_another() -> None:
    first, second = kept_lines(SDIST, "dist/demo-1.0.tar.gz", PLAIN)
    assert first == ("-> dist/demo-1.0.tar.gz 4.2 kB, already built from the same source; --force rebuilds it")
    assert second == f"  SHA-256 {'ab' * 32}"


def test_faults_and_warnings_stand_apart() -> None:
    assert fault_text(FINDINGS) == "It is wrong.\n  Make it right.\nIt is missing.\n  Find it."
    assert warning_lines(FINDINGS, PLAIN) == ["! WARNING: It is odd.", "  -> Look at it."]
