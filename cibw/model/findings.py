"""Findings about a release, each with a fix."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """Whether a finding blocks a release."""

    ERROR = "error"
    WARNING = "warning"
    """Worth checking; the release continues."""
    SKIPPED = "skipped"
    """A check that could not be performed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding: its rule, what is wrong, what to do, and the affected files.

    `rule` is a short name in kebab-case, such as `missing-wheel`, listed in docs/delivery.md.
    """

    rule: str
    message: str
    fix: str = ""
    files: tuple[str, ...] = ()
    severity: Severity = Severity.ERROR


def stops(findings: tuple[Finding, ...]) -> bool:
    """Whether any finding blocks a release."""
    return any(finding.severity is Severity.ERROR for finding in findings)
