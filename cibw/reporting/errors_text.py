"""Format errors and failures as text."""

from __future__ import annotations

from cibw.errors import CibwError, ConfigurationError, ErrorContext, Mistake
from cibw.model.events import Failure, failure_of
from cibw.reporting.folding import folded, with_arrow
from cibw.reporting.look import Look
from cibw.reporting.wording import count, exit_code


def error_text(error: CibwError, look: Look) -> str:
    """An error that ends the program, for the terminal: several lines, the last without a newline."""
    if isinstance(error, ConfigurationError) and error.mistakes:
        return "\n".join(_configuration_lines(error, look))
    return failure_text(failure_of(error), look)


def failure_text(failure: Failure, look: Look) -> str:
    """A failure with its place, its last lines of output, its log and its hint."""
    context = failure.context
    lines = [_rule(headline(failure), look), *folded(failure.message, look)]
    lines += [f"  {look.dim(f'{name:<8}')} {text}" for name, text in _facts(context)]
    if context.last_lines:
        bar = look.symbol("│", "|")
        lines.append(f"  {look.dim('last lines')}")
        lines += [f"    {look.bad(bar)} {look.clean(line)}".rstrip() for line in context.last_lines]
    lines += with_arrow(failure.hint, look) if failure.hint else []
    lines.append(look.bad(_bar(look)))
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


def _configuration_lines(error: ConfigurationError, look: Look) -> list[str]:
    number = count(len(error.mistakes), "mistake")
    lines = [_rule(f"The configuration has {number}", look)]
    for mistake in error.mistakes:
        lines += _mistake_lines(mistake, look)
    lines += with_arrow(error.hint, look) if error.hint else []
    lines.append(look.bad(_bar(look)))
    return lines


def _mistake_lines(mistake: Mistake, look: Look) -> list[str]:
    lines = [f"  {look.bad(look.symbol('✗', 'x'))} {look.bold(mistake.place)}"] if mistake.place else []
    lines += folded(mistake.message, look, 4)
    for line in mistake.hint.splitlines():
        lines += with_arrow(line, look, 4)
    return lines


def _rule(title: str, look: Look) -> str:
    dash = look.symbol("━", "=")
    return look.bad(f"{dash * 2} {title} ".ljust(_rule_width(look), dash))


def _bar(look: Look) -> str:
    return look.symbol("━", "=") * _rule_width(look)


def _rule_width(look: Look) -> int:
    return min(look.width, 80)
