"""Apply all rules to a release."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches

from cibw.model.findings import Finding, Severity
from cibw.publishing.linters import LINTERS
from cibw.publishing.rule_values import CheckedRelease, Fault, Rule
from cibw.publishing.rules_archives import ARCHIVE_RULES
from cibw.publishing.rules_equality import EQUALITY_RULES
from cibw.publishing.rules_metadata import METADATA_RULES
from cibw.publishing.rules_readme import README_RULES
from cibw.publishing.rules_release import RELEASE_RULES
from cibw.publishing.rules_wheels import WHEEL_RULES

RULES: tuple[Rule, ...] = (
    *RELEASE_RULES,
    *EQUALITY_RULES,
    *ARCHIVE_RULES,
    *WHEEL_RULES,
    *METADATA_RULES,
    *README_RULES,
)
NAMES = (*(rule.name for rule in RULES), *(linter.name for linter in LINTERS))
"""The valid names for the option check-ignore."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LONGEST = 1000
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.SKIPPED)


def find_faults(release: CheckedRelease) -> tuple[Finding, ...]:
    """The findings of all rules; files with the same fault share one finding.

    Faults that only the public index refuses are warnings for other indexes.
    """
    found = [(rule, finding) for rule in RULES for finding in _findings(rule, release)]
    is_public = release.wanted.is_public
    return tuple(_lightened(finding) if rule.of_index and not is_public else finding for rule, finding in found)


def settled(findings: Iterable[Finding], ignored: tuple[str, ...]) -> tuple[Finding, ...]:
    """Findings by severity; errors of ignored rules become warnings, and unknown rule names are warnings."""
    judged = [_lightened(finding) if finding.rule in ignored else finding for finding in findings]
    return tuple(sorted([*judged, *_unknown(ignored)], key=lambda finding: _ORDER.index(finding.severity)))


def _findings(rule: Rule, release: CheckedRelease) -> Iterator[Finding]:
    alike: dict[Fault, list[str]] = {}
    for fault in rule.judge(release):
        alike.setdefault(replace(fault, files=()), []).extend(fault.files)
    for fault, files in alike.items():
        yield Finding(
            rule=rule.name,
            message=_shown(fault.message),
            fix=_shown(fault.fix),
            files=tuple(dict.fromkeys(files)),
            severity=fault.severity or rule.severity,
        )


def _shown(text: str) -> str:
    """An untrusted text, truncated and without control characters."""
    plain = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}..."


def _lightened(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.WARNING) if finding.severity is Severity.ERROR else finding


def _unknown(ignored: tuple[str, ...]) -> Iterator[Finding]:
    for name in ignored:
        if name not in NAMES:
            near = get_close_matches(name, NAMES, n=1)
            yield Finding(
                rule="check-ignore",
                message=f"check-ignore contains {name!r}, which is not a rule.",
                fix=f"Did you mean {near[0]!r}?" if near else f"Rules: {', '.join(NAMES)}.",
                severity=Severity.WARNING,
            )
