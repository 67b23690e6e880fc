"""Mistakes that show only when a build is planned."""

from __future__ import annotations

from collections.abc import Iterable

from cibw.config.problems import Findings
from cibw.planning.ground import Refused


def require_fit(refused: Iterable[Refused]) -> None:
    """ConfigurationError with the mistakes of all builds whose options do not fit their platform."""
    findings = Findings()
    for mistake in (mistake for one in refused for mistake in one.mistakes):
        findings.add(mistake.place, mistake.message, mistake.hint)
    findings.raise_if_any()
