"""Findings, collections and sdists as text and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from cibw.errors import assert_never
from cibw.model.manifest import CollectedFile, Collection, Finding, Folder, Severity, stops
from cibw.model.release import ATTESTATION_ENDING, SDIST_ENDING, WHEEL_ENDING, Distribution
from cibw.reporting.codecs import json_text
from cibw.reporting.errors import by_rule
from cibw.reporting.terminal import TerminalStyle, count, duration, size

# The findings about a release as text.

_SHOWN_FILES = 3
_WIDEST = 120
_TITLES = ((Severity.ERROR, "Errors"), (Severity.WARNING, "Warnings"), (Severity.SKIPPED, "Not checked"))


def findings_text(files: tuple[Distribution, ...], findings: tuple[Finding, ...], style: TerminalStyle) -> str:
    """The files with a mark for each, the findings by severity, and the verdict; ends with a newline."""
    lines = [*_file_lines(files, findings, style), *finding_lines(findings, len(files), style)]
    return "\n".join([*lines, _verdict(files, findings, style), ""])


def finding_lines(findings: tuple[Finding, ...], total: int, style: TerminalStyle) -> Iterator[str]:
    """The findings about `total` files by severity and rule; an empty line follows each part."""
    for severity, title in _TITLES:
        alike = by_rule(findings, severity)
        if alike:
            yield style.bold(title)
        for rule, members in alike.items():
            yield f"  {_mark(severity, style)} {style.bold(rule)}"
            yield from _rule_lines(members, total, style)
        if alike:
            yield ""


def _file_lines(files: tuple[Distribution, ...], findings: tuple[Finding, ...], style: TerminalStyle) -> Iterator[str]:
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
        facts = f"{_file_mark(worst, style)} {one.filename.ljust(names)}   {size(one.size).rjust(sizes)}"
        room = style.width - names - sizes - 12
        yield f"  {facts}{_rules(rules, room, style)}".rstrip()
    yield ""


def _rules(rules: str, room: int, style: TerminalStyle) -> str:
    if len(rules) <= room:
        return f"   {style.dim(rules)}" if rules else ""
    # If the rules do not fit next to the name, all of them go below it.
    return "".join(f"\n      {style.dim(line)}" for line in _wrapped(rules, style, 6)) if rules else ""


def _file_mark(severity: Severity | None, style: TerminalStyle) -> str:
    if severity is None or severity is Severity.SKIPPED:
        return style.good(style.symbol("✓", "ok"))
    return _mark(severity, style)


def _mark(severity: Severity, style: TerminalStyle) -> str:
    match severity:
        case Severity.ERROR:
            return style.bad(style.symbol("✗", "x "))
        case Severity.WARNING:
            return style.warning(style.symbol("⚠", "! "))
        case Severity.SKIPPED:
            return style.dim(style.symbol("∅", "- "))
        case _:
            assert_never(severity)


def _rule_lines(findings: list[Finding], total: int, style: TerminalStyle) -> Iterator[str]:
    for finding in findings:
        for paragraph in finding.message.splitlines():
            yield from (f"    {line}" for line in _wrapped(style.clean(paragraph), style, 4))
        yield from (f"    {style.dim(line)}" for line in _files(finding, total))
        # The fix for several faults follows the last one.
        if finding is findings[-1] or finding.fix != findings[findings.index(finding) + 1].fix:
            yield from _fix_lines(finding.fix, style)


def _fix_lines(fix: str, style: TerminalStyle) -> Iterator[str]:
    arrow = style.symbol("→", "->")
    for paragraph in fix.splitlines():
        first, *rest = _wrapped(paragraph, style, 5 + len(arrow)) or [""]
        yield f"    {style.good(arrow)} {first}"
        yield from (f"    {' ' * len(arrow)} {line}" for line in rest)


def _is_of_all(finding: Finding, total: int) -> bool:
    return len(finding.files) == total > _SHOWN_FILES


def _files(finding: Finding, total: int) -> Iterable[str]:
    if _is_of_all(finding, total):
        return [f"in all {total} files"]
    names = finding.files
    more = [f"and {count(len(names) - _SHOWN_FILES, 'more file')}"] if len(names) > _SHOWN_FILES else []
    return [*names[:_SHOWN_FILES], *more]


def _wrapped(text: str, style: TerminalStyle, spare: int) -> list[str]:
    width = max(20, min(style.width, _WIDEST) - spare)
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _verdict(files: tuple[Distribution, ...], findings: tuple[Finding, ...], style: TerminalStyle) -> str:
    text = verdict(files, findings)
    if stops(findings):
        return style.bad(f"{style.symbol('✗', 'x')} {text}")
    return style.good(f"{style.symbol('✓', 'ok')} {text}")


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


# The findings about a release as JSON.

FINDINGS_VERSION = 1


def findings_to_json(files: tuple[Distribution, ...], findings: tuple[Finding, ...]) -> str:
    """An object with the files, the findings and whether they stop the release; ends with a newline."""
    return json_text(
        {
            "version": FINDINGS_VERSION,
            "stops": stops(findings),
            "files": [
                {
                    "filename": one.filename,
                    "project": one.project,
                    "version": str(one.version),
                    "size": one.size,
                    "sha256": one.sha256,
                }
                for one in files
            ],
            "findings": [
                {
                    "rule": one.rule,
                    "severity": one.severity.value,
                    "message": one.message,
                    "fix": one.fix,
                    "files": list(one.files),
                }
                for one in findings
            ],
        }
    )


# The output of `cibw collect`.

_SHOWN = 5


def collection_lines(collection: Collection, output: str, style: TerminalStyle) -> list[str]:
    """The summary: a line for each folder, then missing identifiers, then files that were already in the output."""
    lines = [style.bold(_headline(collection, output)), *_folders(collection, style)]
    lines += _repeated(collection.repeated, style)
    lines += _expected(collection, style)
    lines += _others(collection, output, style)
    return lines


def _headline(collection: Collection, output: str) -> str:
    copied, there = len(collection.copies), len(collection.there)
    if not copied:
        return f"Nothing to do: {output} already has {'all ' * (there > 1)}{count(there, 'file')}"
    rest = f"; {count(there, 'file')} already there" if there else ""
    return f"Collected {count(copied, 'file')} into {output}{rest}"


def _folders(collection: Collection, style: TerminalStyle) -> Iterable[str]:
    rows = [(one.name, _contents(one), size(sum(file.size for file in one.files))) for one in collection.folders]
    names, contents, sizes = (max(map(len, column)) for column in zip(*rows, strict=True))
    for name, content, total in rows:
        gap = " " * (names - len(name))
        yield f"  {style.bold(name)}{gap}  {content.ljust(contents)}  {style.dim(total.rjust(sizes))}"


def _others(collection: Collection, output: str, style: TerminalStyle) -> Iterable[str]:
    if collection.kept:
        yield style.dim(f"  already in {output}: {_listed(collection.kept)}")
    if collection.strangers:
        mark = style.symbol("⚠", "!")
        yield style.warning(f"  {mark} in {output}, but not in these directories: {_listed(collection.strangers)}")
        yield style.dim("    remove files that do not belong to the release; cibw does not remove them")


def _contents(folder: Folder) -> str:
    names = [file.filename for file in folder.files]
    kinds = ((WHEEL_ENDING, "wheel"), (SDIST_ENDING, "sdist"), (ATTESTATION_ENDING, "attestation"))
    counts = [(sum(name.endswith(ending) for name in names), noun) for ending, noun in kinds]
    return ", ".join(count(number, noun) for number, noun in counts if number) or "dist.json alone"


def _repeated(files: Iterable[CollectedFile], style: TerminalStyle) -> Iterable[str]:
    for file in files:
        yield style.dim(f"  {file.filename} is also in {file.folder}, with the same contents")


def _expected(collection: Collection, style: TerminalStyle) -> Iterable[str]:
    manifest = collection.manifest
    if not manifest.expected:
        return
    served = {identifier for entry in manifest.files for identifier in entry.identifiers}
    missing = [str(identifier) for identifier in manifest.expected if identifier not in served]
    total = count(len(manifest.expected), "expected identifier")
    if missing:
        mark = style.symbol("⚠", "!")
        yield style.warning(f"  {mark} {len(missing)} of {total} without a wheel: {_listed(missing)}")
    else:
        yield style.dim(f"  {style.symbol('✓', 'ok')} a wheel for each expected identifier ({len(manifest.expected)})")


def _listed(names: Iterable[str]) -> str:
    words = list(names)
    rest = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


# The output of `cibw sdist`.


def begun_line(directory: str, style: TerminalStyle) -> str:
    """The line before the build."""
    return style.bold(f"Building the sdist into {directory}")


def built_lines(sdist: Distribution, path: str, seconds: float, style: TerminalStyle) -> list[str]:
    """An sdist that was built."""
    mark = style.good(style.symbol("✓", "ok"))
    facts = style.dim(f"{size(sdist.size)}, {duration(seconds)}")
    return [f"{mark} {style.bold(path)} {facts}", _hash(sdist, style)]


def kept_lines(sdist: Distribution, path: str, style: TerminalStyle) -> list[str]:
    """An sdist that already exists."""
    mark = style.good(style.symbol("→", "->"))
    facts = style.dim(f"{size(sdist.size)}, already built from the same source; --force rebuilds it")
    return [f"{mark} {style.bold(path)} {facts}", _hash(sdist, style)]


def _hash(sdist: Distribution, style: TerminalStyle) -> str:
    return style.dim(f"  SHA-256 {sdist.sha256}")
