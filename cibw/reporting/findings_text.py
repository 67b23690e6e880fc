"""Findings about a release as text."""

from __future__ import annotations

from collections.abc import Iterable

from cibw.model.findings import Finding, Severity
from cibw.reporting.look import Look


def by_rule(findings: Iterable[Finding], severity: Severity) -> dict[str, list[Finding]]:
    """The findings of one severity by rule, in the order of the first finding."""
    alike: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.severity is severity:
            alike.setdefault(finding.rule, []).append(finding)
    return alike


def warning_lines(findings: Iterable[Finding], look: Look) -> list[str]:
    """The warnings among some findings, each with its fix."""
    lines = []
    for finding in findings:
        if finding.severity is Severity.WARNING:
            lines.append(look.warning(f"{look.symbol('⚠', '!')} WARNING: {finding.message}"))
            lines.append(f"  {look.symbol('→', '->')} {finding.fix}")
    return lines


def fault_text(findings: Iterable[Finding]) -> str:
    """The findings that stop a release, each with its fix, as an error message."""
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    return "\n".join(f"{finding.message}\n  {finding.fix}" for finding in errors)
