"""Errors, failures and findings as text and as annotations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cibw.errors import CibwError, ConfigurationError, ErrorContext, Mistake
from cibw.model.events import Failure, failure_of
from cibw.model.manifest import Finding, Severity
from cibw.reporting.streams import Level, LogGroupStyle, annotation
from cibw.reporting.terminal import TerminalStyle, count, exit_code, with_arrow, wrapped

# Format errors and failures as text.


def error_text(error: CibwError, style: TerminalStyle) -> str:
    """An error that ends the program, for the terminal: several lines, the last without a newline."""
    if isinstance(error, ConfigurationError) and error.mistakes:
        return "\n".join(_configuration_lines(error, style))
    return failure_text(failure_of(error), style)


def failure_text(failure: Failure, style: TerminalStyle) -> str:
    """A failure with its place, its last lines of output, its log and its hint."""
    context = failure.context
    lines = [_rule(headline(failure), style), *wrapped(failure.message, style)]
    lines += [f"  {style.dim(f'{name:<8}')} {text}" for name, text in _facts(context)]
    if context.last_lines:
        bar = style.symbol("│", "|")
        lines.append(f"  {style.dim('last lines')}")
        lines += [f"    {style.bad(bar)} {style.clean(line)}".rstrip() for line in context.last_lines]
    lines += with_arrow(failure.hint, style) if failure.hint else []
    lines.append(style.bad(_bar(style)))
    return "\n".join(lines)


def headline(failure: Failure) -> str:
    """The place and kind of a failure on one line."""
    context = failure.context
    place = context.identifier
    if context.step:
        place = f"{place}: {context.step}" if place else context.step
    return f"{place} failed ({failure.reference})" if place else f"Failed ({failure.reference})"


def _facts(context: ErrorContext) -> list[tuple[str, str]]:
    facts = []
    if context.command:
        facts.append(("command", context.command))
    if context.exit_code is not None:
        facts.append(("ended", f"with {exit_code(context.exit_code)}"))
    if context.log_file:
        facts.append(("log", context.log_file))
    return facts


def _configuration_lines(error: ConfigurationError, style: TerminalStyle) -> list[str]:
    number = count(len(error.mistakes), "mistake")
    lines = [_rule(f"The configuration has {number}", style)]
    for mistake in error.mistakes:
        lines += _mistake_lines(mistake, style)
    lines += with_arrow(error.hint, style) if error.hint else []
    lines.append(style.bad(_bar(style)))
    return lines


def _mistake_lines(mistake: Mistake, style: TerminalStyle) -> list[str]:
    lines = [f"  {style.bad(style.symbol('✗', 'x'))} {style.bold(mistake.place)}"] if mistake.place else []
    lines += wrapped(mistake.message, style, 4)
    for line in mistake.hint.splitlines():
        lines += with_arrow(line, style, 4)
    return lines


def _rule(title: str, style: TerminalStyle) -> str:
    dash = style.symbol("━", "=")
    return style.bad(f"{dash * 2} {title} ".ljust(_rule_width(style), dash))


def _bar(style: TerminalStyle) -> str:
    return style.symbol("━", "=") * _rule_width(style)


def _rule_width(style: TerminalStyle) -> int:
    return min(style.width, 80)


# Findings about a release as text.


def by_rule(findings: Iterable[Finding], severity: Severity) -> dict[str, list[Finding]]:
    """The findings of one severity by rule, in the order of the first finding."""
    alike: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.severity is severity:
            alike.setdefault(finding.rule, []).append(finding)
    return alike


def warning_lines(findings: Iterable[Finding], style: TerminalStyle) -> list[str]:
    """The warnings among some findings, each with its fix."""
    lines = []
    for finding in findings:
        if finding.severity is Severity.WARNING:
            lines.append(style.warning(f"{style.symbol('⚠', '!')} WARNING: {finding.message}"))
            lines.append(f"  {style.symbol('→', '->')} {finding.fix}")
    return lines


def fault_text(findings: Iterable[Finding]) -> str:
    """The findings that stop a release, each with its fix, as an error message."""
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    return "\n".join(f"{finding.message}\n  {finding.fix}" for finding in errors)


# Findings and errors as annotations on the page of a CI run.

_LEVELS = ((Severity.ERROR, Level.ERROR), (Severity.WARNING, Level.WARNING))


def finding_annotations(
    findings: tuple[Finding, ...], group_style: LogGroupStyle, mask: Callable[[str], str]
) -> Iterator[str]:
    """A line for each rule with findings, because a CI shows few annotations; none if the CI does not support them."""
    for severity, level in _LEVELS:
        for rule, members in by_rule(findings, severity).items():
            # Show a fix for several faults only once.
            fixes = dict.fromkeys(one.fix for one in members if one.fix)
            message = "\n".join([*(_message(one) for one in members), *fixes])
            yield from filter(None, [annotation(group_style, level, rule, mask(message))])


def error_annotation(error: CibwError, group_style: LogGroupStyle, mask: Callable[[str], str]) -> str:
    """The line for an error that ends the program, or an empty string if the CI does not support annotations."""
    mistakes = error.mistakes if isinstance(error, ConfigurationError) else ()
    told = [" ".join(filter(None, [one.place, one.message, one.hint])) for one in mistakes] or [error.message]
    message = "\n".join([*told, *filter(None, [error.hint])])
    return annotation(group_style, Level.ERROR, mask(headline(failure_of(error))), mask(message))


def _message(finding: Finding) -> str:
    return f"{', '.join(finding.files)}: {finding.message}" if len(finding.files) == 1 else finding.message
