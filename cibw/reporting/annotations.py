"""Findings and errors as annotations on the page of a CI run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cibw.errors import CibwError, ConfigurationError
from cibw.model.events import failure_of
from cibw.model.findings import Finding, Severity
from cibw.reporting.errors_text import headline
from cibw.reporting.findings_text import by_rule
from cibw.reporting.fold import FoldStyle, Level, annotation

_LEVELS = ((Severity.ERROR, Level.ERROR), (Severity.WARNING, Level.WARNING))


def finding_annotations(findings: tuple[Finding, ...], fold: FoldStyle, mask: Callable[[str], str]) -> Iterator[str]:
    """A line for each rule with findings, because a CI shows few annotations; none if the CI does not support them."""
    for severity, level in _LEVELS:
        for rule, members in by_rule(findings, severity).items():
            # Show a fix for several faults only once.
            fixes = dict.fromkeys(one.fix for one in members if one.fix)
            message = "\n".join([*(_message(one) for one in members), *fixes])
            yield from filter(None, [annotation(fold, level, rule, mask(message))])


def error_annotation(error: CibwError, fold: FoldStyle, mask: Callable[[str], str]) -> str:
    """The line for an error that ends the program, or an empty string if the CI does not support annotations."""
    mistakes = error.mistakes if isinstance(error, ConfigurationError) else ()
    told = [" ".join(filter(None, [one.place, one.message, one.hint])) for one in mistakes] or [error.message]
    message = "\n".join([*told, *filter(None, [error.hint])])
    return annotation(fold, Level.ERROR, mask(headline(failure_of(error))), mask(message))


def _message(finding: Finding) -> str:
    return f"{', '.join(finding.files)}: {finding.message}" if len(finding.files) == 1 else finding.message
