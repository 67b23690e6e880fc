"""Checks that the patterns of build, skip and test-skip match anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from cibw.catalog import Catalog, CatalogEntry
from cibw.config.enable import EnableGroup, group_of
from cibw.config.options import Options
from cibw.config.problems import MOST_MISTAKES, did_you_mean
from cibw.config.selectors import Selector
from cibw.errors import Mistake
from cibw.model.target import Platform
from cibw.planning.verdict import Verdict

_OF_PAST_RELEASES = re.compile(r"p2|p3[5-8]|cp313t")


def judge_patterns(options: Options, catalog: Catalog) -> Verdict:
    """Check that each pattern matches an enabled identifier of any platform.

    A `build` pattern that matches nothing is an error. A `build` pattern that matches only groups that are not
    enabled, and `skip` and `test-skip` patterns without effect, give notes. With `only`, patterns are not checked.
    At most 100 patterns without effect are reported.
    """
    verdict = Verdict()
    if options.only is not None:
        return verdict
    for pattern in _without_effect(options.build.patterns, options, catalog):
        _judge_build(pattern, options, catalog, verdict)
    for pattern in dict.fromkeys(options.build.patterns):
        if _OF_PAST_RELEASES.search(pattern):
            verdict.notes.extend(_notes_on_ended(pattern, options, catalog))
    tested = _without_halves(options.test_skip.patterns, catalog)
    for name, patterns in (("skip", options.skip.patterns), ("test-skip", tested)):
        for pattern in _without_effect(patterns, options, catalog):
            verdict.notes.append(
                f"{name}: the pattern {pattern!r} matches no enabled build identifier and has no effect"
            )
    return verdict


def is_offered(entry: CatalogEntry, selector: Selector) -> bool:
    """Whether a selector can select an entry: its Python is maintained, or the selector names it exactly."""
    return not entry.eol or selector.names_exactly(str(entry.identifier.interpreter))


def _notes_on_ended(pattern: str, options: Options, catalog: Catalog) -> Iterator[str]:
    """Notes about a pattern that selects an end-of-life Python only on other platforms."""
    selector = Selector((pattern,))
    found = [entry for entry in _entries(catalog, options.platform) if _has_effect(selector, entry, options)]
    platforms = {entry.identifier.platform for entry in found}
    if found and options.platform not in platforms and all(entry.eol for entry in found):
        names = ", ".join(sorted({platform.value for platform in platforms}))
        here, python = options.platform.value, found[0].identifier.interpreter
        yield f"build: the pattern {pattern!r} selects nothing on {here}: {python} is built only on {names}"


def _without_effect(patterns: Iterable[str], options: Options, catalog: Catalog) -> Iterator[str]:
    def has_none(pattern: str) -> bool:
        alone = Selector((pattern,))
        return not any(_has_effect(alone, entry, options) for entry in _entries(catalog, options.platform))

    return islice(filter(has_none, dict.fromkeys(patterns)), MOST_MISTAKES)


def _has_effect(selector: Selector, entry: CatalogEntry, options: Options) -> bool:
    return (
        selector.matches(str(entry.identifier))
        and is_offered(entry, selector)
        and _missing_group(entry, options) is None
    )


def _entries(catalog: Catalog, first: Platform) -> Iterator[CatalogEntry]:
    """All entries, those of one platform first; the others are read only if needed."""
    yield from catalog.interpreters(first)
    for platform in Platform:
        if platform is not first:
            yield from catalog.interpreters(platform)


def _missing_group(entry: CatalogEntry, options: Options) -> EnableGroup | None:
    group = group_of(entry.identifier)
    return None if group in options.enable else group


def _judge_build(pattern: str, options: Options, catalog: Catalog, verdict: Verdict) -> None:
    selector = Selector((pattern,))
    matching = [entry for entry in _entries(catalog, options.platform) if selector.matches(str(entry.identifier))]
    groups = sorted(group.value for group in {_missing_group(entry, options) for entry in matching} if group)
    ended = sorted({str(entry.identifier.interpreter) for entry in matching if entry.eol})
    if groups and not ended:
        verdict.notes.append(
            f"build: the pattern {pattern!r} selects nothing because its identifiers belong to groups that are not "
            f'enabled; to build them, set enable = "{" ".join(groups)}"'
        )
    elif ended:
        message = f"the pattern {pattern!r} matches only Python versions that have reached their end of life"
        verdict.ended.append(
            Mistake(place="build", message=message, hint=f'to build them, name the version: "{ended[0]}-*"')
        )
    elif _OF_PAST_RELEASES.search(pattern):
        message = f"the pattern {pattern!r} names a Python version that is no longer built"
        verdict.ended.append(Mistake(place="build", message=message, hint="remove the pattern"))
    else:
        hint = did_you_mean(pattern, _known_patterns(catalog, options)) or "see `cibw --print-build-identifiers`"
        message = f"the pattern {pattern!r} matches no build identifier of any platform"
        verdict.mistakes.append(Mistake(place="build", message=message, hint=hint))


def _known_patterns(catalog: Catalog, options: Options) -> set[str]:
    identifiers = [entry.identifier for entry in _entries(catalog, options.platform)]
    tags = {f"{identifier.interpreter}-*" for identifier in identifiers}
    targets = {f"*-{identifier.target}" for identifier in identifiers}
    return tags | targets | {str(identifier) for identifier in identifiers}


def _without_halves(patterns: tuple[str, ...], catalog: Catalog) -> Iterator[str]:
    """Remove `:arm64` and `:x86_64` from patterns for one architecture of a universal2 test."""
    if not any(":" in pattern for pattern in patterns):
        return iter(patterns)
    tests = [
        f"{entry.identifier}:{half}"
        for entry in catalog.interpreters(Platform.MACOS)
        for half in ("arm64", "x86_64")
        if str(entry.identifier).endswith("universal2")
    ]
    return (_whole(pattern, tests) for pattern in patterns)


def _whole(pattern: str, tests: list[str]) -> str:
    identifier, _, half = pattern.partition(":")
    names_half = half and ":" not in half and any(map(Selector((pattern,)).matches, tests))
    return identifier if names_half else pattern
