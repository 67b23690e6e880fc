"""Errors and failures as text."""

from __future__ import annotations

import textwrap

from cibw.errors import CibwError, ConfigurationError, ErrorContext, Mistake
from cibw.model.events import Failure, failure_of
from cibw.reporting.look import Look
from cibw.reporting.wording import count, exit_code

_WORST_WIDTH = 100


def error_text(error: CibwError, look: Look) -> str:
    """An error that ends the program, for the terminal: several lines, the last without a newline."""
    if isinstance(error, ConfigurationError) and error.mistakes:
        return "\n".join(_configuration_lines(error, look))
    return failure_text(failure_of(error), look)


def failure_text(failure: Failure, look: Look) -> str:
    """A failure with its place, its last lines of output, its log and what to do."""
    context = failure.context
    lines = [_rule(headline(failure), look), *_wrapped(failure.message, look)]
    lines += [f"  {look.dim(f'{name:<8}')} {text}" for name, text in _facts(context)]
    if context.last_lines:
        bar = look.symbol("│", "|")
        lines.append(f"  {look.dim('its last lines')}")
        lines += [f"    {look.bad(bar)} {look.clean(line)}".rstrip() for line in context.last_lines]
    lines += _hint(failure.hint, look)
    lines.append(look.bad(_bar(look)))
    return "\n".join(lines)


def headline(failure: Failure) -> str:
    """The place and kind of a failure in one line."""
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
    lines += _hint(error.hint, look)
    lines.append(look.bad(_bar(look)))
    return lines


def _mistake_lines(mistake: Mistake, look: Look) -> list[str]:
    lines = [f"  {look.bad(look.symbol('✗', 'x'))} {look.bold(mistake.place)}"] if mistake.place else []
    lines += [f"    {line}" for line in mistake.message.splitlines()]
    lines += [f"    {look.good(look.symbol('→', '->'))} {line}" for line in mistake.hint.splitlines()]
    return lines


def _hint(hint: str, look: Look) -> list[str]:
    if not hint:
        return []
    arrow = look.symbol("→", "->")
    first, *rest = _wrapped(hint, look, spare=len(arrow) + 1)
    return [f"  {look.good(arrow)} {first.strip()}", *(f"{' ' * (len(arrow) + 1)}{line}" for line in rest)]


def _wrapped(text: str, look: Look, spare: int = 0) -> list[str]:
    width = max(20, min(look.width, _WORST_WIDTH) - 2 - spare)
    lines: list[str] = []
    for paragraph in text.splitlines():
        lines += _folded(paragraph, width) or [""]
    return [f"  {line}" for line in lines]


def _folded(paragraph: str, width: int) -> list[str]:
    """A line as several, which keep its indent; a path that is longer than a line stays whole."""
    words = paragraph.strip()
    indent = paragraph[: paragraph.find(words)] if words else ""
    lines = textwrap.wrap(words, max(20, width - len(indent)), break_long_words=False, break_on_hyphens=False)
    return [f"{indent}{line}" for line in lines]


def _rule(title: str, look: Look) -> str:
    dash = look.symbol("━", "=")
    return look.bad(f"{dash * 2} {title} ".ljust(_rule_width(look), dash))


def _bar(look: Look) -> str:
    return look.symbol("━", "=") * _rule_width(look)


def _rule_width(look: Look) -> int:
    return min(look.width, 80)
