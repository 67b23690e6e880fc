"""The findings about a release as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from cibw.exhaustive import assert_never
from cibw.model.distribution import Distribution
from cibw.model.findings import Finding, Severity, stops
from cibw.reporting.findings_text import by_rule
from cibw.reporting.look import Look
from cibw.reporting.wording import count, size

_SHOWN_FILES = 3
_WIDEST = 120
_TITLES = ((Severity.ERROR, "Errors"), (Severity.WARNING, "Warnings"), (Severity.SKIPPED, "Not checked"))


def findings_text(files: tuple[Distribution, ...], findings: tuple[Finding, ...], look: Look) -> str:
    """The files with a mark for each, the findings by severity, and the verdict; ends with a newline."""
    lines = [*_file_lines(files, findings, look), *finding_lines(findings, len(files), look)]
    return "\n".join([*lines, _verdict(files, findings, look), ""])


def finding_lines(findings: tuple[Finding, ...], total: int, look: Look) -> Iterator[str]:
    """The findings about `total` files by severity and rule; an empty line follows each part."""
    for severity, title in _TITLES:
        alike = by_rule(findings, severity)
        if alike:
            yield look.bold(title)
        for rule, members in alike.items():
            yield f"  {_mark(severity, look)} {look.bold(rule)}"
            yield from _rule_lines(members, total, look)
        if alike:
            yield ""


def _file_lines(files: tuple[Distribution, ...], findings: tuple[Finding, ...], look: Look) -> Iterator[str]:
    if not files:
        return
    names = max(len(one.filename) for one in files)
    sizes = max(len(size(one.size)) for one in files)
    for one in files:
        found = [finding for finding in findings if one.filename in finding.files]
        worst = next((severity for severity, _ in _TITLES if any(f.severity is severity for f in found)), None)
        # Findings about all files are shown once, below.
        own = [finding.rule for finding in found if not _is_of_all(finding, len(files))]
        rules = ", ".join(dict.fromkeys(own))
        facts = f"{_file_mark(worst, look)} {one.filename.ljust(names)}   {size(one.size).rjust(sizes)}"
        room = look.width - names - sizes - 12
        yield f"  {facts}{_rules(rules, room, look)}".rstrip()
    yield ""


def _rules(rules: str, room: int, look: Look) -> str:
    if len(rules) <= room:
        return f"   {look.dim(rules)}" if rules else ""
    # If the rules do not fit next to the name, all of them go below it.
    return "".join(f"\n      {look.dim(line)}" for line in _wrapped(rules, look, 6)) if rules else ""


def _file_mark(severity: Severity | None, look: Look) -> str:
    if severity is None or severity is Severity.SKIPPED:
        return look.good(look.symbol("✓", "ok"))
    return _mark(severity, look)


def _mark(severity: Severity, look: Look) -> str:
    match severity:
        case Severity.ERROR:
            return look.bad(look.symbol("✗", "x "))
        case Severity.WARNING:
            return look.warning(look.symbol("⚠", "! "))
        case Severity.SKIPPED:
            return look.dim(look.symbol("∅", "- "))
        case _:
            assert_never(severity)


def _rule_lines(findings: list[Finding], total: int, look: Look) -> Iterator[str]:
    for finding in findings:
        for paragraph in finding.message.splitlines():
            yield from (f"    {line}" for line in _wrapped(look.clean(paragraph), look, 4))
        yield from (f"    {look.dim(line)}" for line in _files(finding, total))
        # The fix for several faults follows the last one.
        if finding is findings[-1] or finding.fix != findings[findings.index(finding) + 1].fix:
            yield from _fix_lines(finding.fix, look)


def _fix_lines(fix: str, look: Look) -> Iterator[str]:
    arrow = look.symbol("→", "->")
    for paragraph in fix.splitlines():
        first, *rest = _wrapped(paragraph, look, 5 + len(arrow)) or [""]
        yield f"    {look.good(arrow)} {first}"
        yield from (f"    {' ' * len(arrow)} {line}" for line in rest)


def _is_of_all(finding: Finding, total: int) -> bool:
    return len(finding.files) == total > _SHOWN_FILES


def _files(finding: Finding, total: int) -> Iterable[str]:
    if _is_of_all(finding, total):
        return [f"in all {total} files"]
    names = finding.files
    more = [f"and {count(len(names) - _SHOWN_FILES, 'more file')}"] if len(names) > _SHOWN_FILES else []
    return [*names[:_SHOWN_FILES], *more]


def _wrapped(text: str, look: Look, spare: int) -> list[str]:
    width = max(20, min(look.width, _WIDEST) - spare)
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _verdict(files: tuple[Distribution, ...], findings: tuple[Finding, ...], look: Look) -> str:
    text = verdict(files, findings)
    if stops(findings):
        return look.bad(f"{look.symbol('✗', 'x')} {text}")
    return look.good(f"{look.symbol('✓', 'ok')} {text}")


def verdict(files: tuple[Distribution, ...], findings: tuple[Finding, ...]) -> str:
    """The checked files, the number of findings and the result, on one line."""
    numbers = {severity: sum(one.severity is severity for one in findings) for severity in Severity}
    parts = [
        count(numbers[severity], word)
        for severity, word in ((Severity.ERROR, "error"), (Severity.WARNING, "warning"))
        if numbers[severity]
    ]
    found = f" with {' and '.join(parts)}" if parts else ""
    return f"{_release(files)}{found}: {'not' if stops(findings) else 'fit'} to be published"


def _release(files: tuple[Distribution, ...]) -> str:
    projects = sorted({f"{one.project} {one.version}" for one in files})
    total = f"{count(len(files), 'file')}, {size(sum(one.size for one in files))}"
    return f"{', '.join(projects)} ({total})" if files else "No release"
