"""Findings, collections and sdists as text and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from cibw.errors import assert_never
from cibw.model.manifest import CollectedFile, Collection, Finding, Folder, Severity, stops
from cibw.model.release import ATTESTATION_ENDING, SDIST_ENDING, WHEEL_ENDING, Distribution
from cibw.reporting.codecs import json_text
from cibw.reporting.errors import by_rule
from cibw.reporting.terminal import Look, count, duration, size

# The findings about a release as text.

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


def collection_lines(collection: Collection, output: str, look: Look) -> list[str]:
    """The summary: a line for each folder, then missing identifiers, then files that were already in the output."""
    lines = [look.bold(_headline(collection, output)), *_folders(collection, look)]
    lines += _repeated(collection.repeated, look)
    lines += _expected(collection, look)
    lines += _others(collection, output, look)
    return lines


def _headline(collection: Collection, output: str) -> str:
    copied, there = len(collection.copies), len(collection.there)
    if not copied:
        return f"Nothing to do: {output} already has {'all ' * (there > 1)}{count(there, 'file')}"
    rest = f"; {count(there, 'file')} already there" if there else ""
    return f"Collected {count(copied, 'file')} into {output}{rest}"


def _folders(collection: Collection, look: Look) -> Iterable[str]:
    rows = [(one.name, _contents(one), size(sum(file.size for file in one.files))) for one in collection.folders]
    names, contents, sizes = (max(map(len, column)) for column in zip(*rows, strict=True))
    for name, content, total in rows:
        gap = " " * (names - len(name))
        yield f"  {look.bold(name)}{gap}  {content.ljust(contents)}  {look.dim(total.rjust(sizes))}"


def _others(collection: Collection, output: str, look: Look) -> Iterable[str]:
    if collection.kept:
        yield look.dim(f"  already in {output}: {_listed(collection.kept)}")
    if collection.strangers:
        mark = look.symbol("⚠", "!")
        yield look.warning(f"  {mark} in {output}, but not in these directories: {_listed(collection.strangers)}")
        yield look.dim("    remove files that do not belong to the release; cibw does not remove them")


def _contents(folder: Folder) -> str:
    names = [file.filename for file in folder.files]
    kinds = ((WHEEL_ENDING, "wheel"), (SDIST_ENDING, "sdist"), (ATTESTATION_ENDING, "attestation"))
    counts = [(sum(name.endswith(ending) for name in names), noun) for ending, noun in kinds]
    return ", ".join(count(number, noun) for number, noun in counts if number) or "dist.json alone"


def _repeated(files: Iterable[CollectedFile], look: Look) -> Iterable[str]:
    for file in files:
        yield look.dim(f"  {file.filename} is also in {file.folder}, with the same contents")


def _expected(collection: Collection, look: Look) -> Iterable[str]:
    manifest = collection.manifest
    if not manifest.expected:
        return
    served = {identifier for entry in manifest.files for identifier in entry.identifiers}
    missing = [str(identifier) for identifier in manifest.expected if identifier not in served]
    total = count(len(manifest.expected), "expected identifier")
    if missing:
        mark = look.symbol("⚠", "!")
        yield look.warning(f"  {mark} {len(missing)} of {total} without a wheel: {_listed(missing)}")
    else:
        yield look.dim(f"  {look.symbol('✓', 'ok')} a wheel for each expected identifier ({len(manifest.expected)})")


def _listed(names: Iterable[str]) -> str:
    words = list(names)
    rest = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


# The output of `cibw sdist`.


def begun_line(directory: str, look: Look) -> str:
    """The line before the build."""
    return look.bold(f"Building the sdist into {directory}")


def built_lines(sdist: Distribution, path: str, seconds: float, look: Look) -> list[str]:
    """An sdist that was built."""
    mark = look.good(look.symbol("✓", "ok"))
    facts = look.dim(f"{size(sdist.size)}, {duration(seconds)}")
    return [f"{mark} {look.bold(path)} {facts}", _hash(sdist, look)]


def kept_lines(sdist: Distribution, path: str, look: Look) -> list[str]:
    """An sdist that already exists."""
    mark = look.good(look.symbol("→", "->"))
    facts = look.dim(f"{size(sdist.size)}, already built from the same source; --force rebuilds it")
    return [f"{mark} {look.bold(path)} {facts}", _hash(sdist, look)]


def _hash(sdist: Distribution, look: Look) -> str:
    return look.dim(f"  SHA-256 {sdist.sha256}")
