"""What is wrong with a release: findings, each with its fix."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """Whether a finding stops a release."""

    ERROR = "error"
    WARNING = "warning"
    """Worth a look; the release goes on."""
    SKIPPED = "skipped"
    """A check that could not be made, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding: the rule that found it, what is wrong, what to do, and the files it is about.

    `rule` is a short name in kebab-case, such as `missing-wheel`, which docs/delivery.md lists.
    """

    rule: str
    message: str
    fix: str = ""
    files: tuple[str, ...] = ()
    severity: Severity = Severity.ERROR


def stops(findings: tuple[Finding, ...]) -> bool:
    """Whether some finding stops a release."""
    return any(finding.severity is Severity.ERROR for finding in findings)
