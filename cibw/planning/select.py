"""Which build identifiers are built, and why the others are not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from cibw.catalog import Catalog, CatalogEntry
from cibw.config.options import Options
from cibw.config.selectors import EnableGroup, Selector, group_of
from cibw.config.toml import MOST_MISTAKES, did_you_mean
from cibw.errors import ConfigurationError, DeprecatedError, Mistake, UnfitArchitectureError
from cibw.model.identifiers import ARCHITECTURES, Architecture, BuildIdentifier, Implementation, NotBuilt, Platform
from cibw.model.machines import HostFacts

# Errors in a selection, collected to report all of them together.


@dataclass(slots=True)
class SelectionProblems:
    """Errors, unsupported architectures, deprecated selectors, and notes."""

    mistakes: list[Mistake] = field(default_factory=list)
    unfit: list[Mistake] = field(default_factory=list)
    ended: list[Mistake] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_bad(self) -> bool:
        """Whether there are errors."""
        return bool(self.mistakes or self.unfit or self.ended)

    def add(self, other: SelectionProblems) -> None:
        """Add the findings of another verdict."""
        self.mistakes += other.mistakes
        self.unfit += other.unfit
        self.ended += other.ended
        self.notes += other.notes

    def raise_if_bad(self, places: Mapping[str, str]) -> None:
        """Raise ConfigurationError, UnfitArchitectureError or DeprecatedError if there are errors.

        The first of them that applies determines the exit code, and contains all errors.
        `places` maps option names to where they were set.
        """
        everything = tuple(_placed(mistake, places) for mistake in (*self.mistakes, *self.unfit, *self.ended))
        if self.mistakes:
            raise ConfigurationError("the build selection is invalid", mistakes=everything)
        if self.unfit:
            raise UnfitArchitectureError("archs does not fit the platform", mistakes=everything)
        if self.ended:
            message = "; ".join(f"{mistake.place}: {mistake.message}" for mistake in everything)
            raise DeprecatedError(message, hint="; ".join(dict.fromkeys(mistake.hint for mistake in everything)))


def _placed(mistake: Mistake, places: Mapping[str, str]) -> Mistake:
    place = places.get(mistake.place, "default")
    return mistake if place == "default" else replace(mistake, place=place)


# The architectures selected by `archs` on a given host.

WORDS = ("auto", "native", "auto64", "auto32", "all")
_SAME_PROCESSOR: tuple[dict[Platform, Architecture], ...] = (
    {
        Platform.LINUX: Architecture.X86_64,
        Platform.MACOS: Architecture.X86_64,
        Platform.WINDOWS: Architecture.WIN_AMD64,
        Platform.ANDROID: Architecture.X86_64,
    },
    {Platform.LINUX: Architecture.I686, Platform.WINDOWS: Architecture.WIN_X86},
    {
        Platform.LINUX: Architecture.AARCH64,
        Platform.MACOS: Architecture.ARM64,
        Platform.WINDOWS: Architecture.WIN_ARM64,
        Platform.ANDROID: Architecture.ARM64_V8A,
    },
)
_32_BIT = {
    Architecture.X86_64: Architecture.I686,
    Architecture.WIN_AMD64: Architecture.WIN_X86,
    Architecture.AARCH64: Architecture.ARMV7L,
}
_WITH_NATIVE = {
    Architecture.WIN_AMD64: Architecture.WIN_X86,
    Architecture.ARM64_IPHONESIMULATOR: Architecture.ARM64_IPHONEOS,
}


def native_architecture(platform: Platform, facts: HostFacts) -> Architecture | None:
    """The platform's name for the host's architecture; None if the platform does not have it.

    For iOS it is the simulator on a Mac, and None on other hosts.
    """
    host = _named(facts.machine, facts.platform)
    if platform is Platform.PYODIDE:
        return Architecture.WASM32
    if platform is Platform.IOS:
        return _simulator(host) if facts.platform is Platform.MACOS else None
    if platform is facts.platform or host is None:
        return host
    row = next((row for row in _SAME_PROCESSOR if row.get(facts.platform) is host), {platform: host})
    native = row.get(platform)
    return native if native in ARCHITECTURES[platform] else None


def wanted_architectures(
    words: tuple[str, ...], platform: Platform, facts: HostFacts, problems: SelectionProblems
) -> frozenset[Architecture]:
    """The architectures that words such as `auto` or `aarch64` select; errors are added to the verdict.

    The words are ignored for Pyodide, which has only one architecture.
    """
    found: set[Architecture] = set()
    judged = SelectionProblems()
    for word in islice(dict.fromkeys(words), MOST_MISTAKES):
        found.update(_meaning(word, platform, facts, judged))
    if platform is Platform.PYODIDE:
        found.update(ARCHITECTURES[platform])
    elif not found and not judged.is_bad:
        message = f"{' '.join(words)!r} selects no architecture for {platform.value} on this host ({facts.machine})"
        judged.unfit.append(Mistake(place="archs", message=message, hint=_choices(platform)))
    problems.add(judged)
    return frozenset(found)


def _meaning(word: str, platform: Platform, facts: HostFacts, problems: SelectionProblems) -> tuple[Architecture, ...]:
    if word == "all":
        return ARCHITECTURES[platform]
    if word not in WORDS:
        return _by_name(word, platform, problems)
    native = native_architecture(platform, facts)
    return () if native is None else _on_host(word, native, platform, facts)


def _on_host(word: str, native: Architecture, platform: Platform, facts: HostFacts) -> tuple[Architecture, ...]:
    is_32_bit = native in _32_BIT.values() or native is Architecture.WASM32
    match word:
        case "native":
            return (native,)
        case "auto":
            return (native, _WITH_NATIVE.get(native, native))
        case "auto64":
            return () if is_32_bit else (native,)
        case _:
            return (native,) if is_32_bit else _32_bit_form(native, platform, facts)


def _32_bit_form(native: Architecture, platform: Platform, facts: HostFacts) -> tuple[Architecture, ...]:
    if native not in _32_BIT or platform not in {Platform.LINUX, Platform.WINDOWS}:
        return ()
    if native is Architecture.AARCH64 and not facts.runs_32bit:
        return ()
    return (_32_BIT[native],)


def _by_name(word: str, platform: Platform, problems: SelectionProblems) -> tuple[Architecture, ...]:
    named = _named(word, platform)
    if named is not None:
        return (named,)
    hint = _choices(platform)
    if any(_named(word, other) for other in Platform):
        message = f"{platform.value} has no architecture {word!r}"
        if platform is not Platform.PYODIDE:
            problems.unfit.append(Mistake(place="archs", message=message, hint=hint))
        return ()
    known = (*WORDS, *(architecture.value for architecture in ARCHITECTURES[platform]))
    problems.mistakes.append(
        Mistake(place="archs", message=f"unknown architecture {word!r}", hint=did_you_mean(word, known) or hint)
    )
    return ()


def _named(word: str, platform: Platform) -> Architecture | None:
    found = (one for one in ARCHITECTURES[platform] if one.value.lower() == word.lower())
    return next(found, None)


def _simulator(host: Architecture | None) -> Architecture:
    return Architecture.X86_64_IPHONESIMULATOR if host is Architecture.X86_64 else Architecture.ARM64_IPHONESIMULATOR


def _choices(platform: Platform) -> str:
    names = ", ".join(architecture.value for architecture in ARCHITECTURES[platform])
    return f"{platform.value} has {names}; or use {', '.join(WORDS)}"


# Checks that the patterns of build, skip and test-skip match anything.

_OF_PAST_RELEASES = re.compile(r"p2|p3[5-8]|cp313t")


def judge_patterns(options: Options, catalog: Catalog) -> SelectionProblems:
    """Check that each pattern matches an enabled identifier of any platform.

    A `build` pattern that matches nothing is an error. A `build` pattern that matches only groups that are not
    enabled, and `skip` and `test-skip` patterns without effect, give notes. With `only`, patterns are not checked.
    At most 100 patterns without effect are reported.
    """
    problems = SelectionProblems()
    if options.only is not None:
        return problems
    for pattern in _without_effect(options.build.patterns, options, catalog):
        _judge_build(pattern, options, catalog, problems)
    for pattern in dict.fromkeys(options.build.patterns):
        if _OF_PAST_RELEASES.search(pattern):
            problems.notes.extend(_notes_on_ended(pattern, options, catalog))
    tested = _without_architectures(options.test_skip.patterns, catalog)
    for name, patterns in (("skip", options.skip.patterns), ("test-skip", tested)):
        for pattern in _without_effect(patterns, options, catalog):
            problems.notes.append(
                f"{name}: the pattern {pattern!r} matches no enabled build identifier and has no effect"
            )
    return problems


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


def _judge_build(pattern: str, options: Options, catalog: Catalog, problems: SelectionProblems) -> None:
    selector = Selector((pattern,))
    matching = [entry for entry in _entries(catalog, options.platform) if selector.matches(str(entry.identifier))]
    groups = sorted(group.value for group in {_missing_group(entry, options) for entry in matching} if group)
    ended = sorted({str(entry.identifier.interpreter) for entry in matching if entry.eol})
    if groups and not ended:
        problems.notes.append(
            f"build: the pattern {pattern!r} selects nothing because its identifiers belong to groups that are not "
            f'enabled; to build them, set enable = "{" ".join(groups)}"'
        )
    elif ended:
        message = f"the pattern {pattern!r} matches only Python versions that have reached their end of life"
        problems.ended.append(
            Mistake(place="build", message=message, hint=f'to build them, name the version: "{ended[0]}-*"')
        )
    elif _OF_PAST_RELEASES.search(pattern):
        message = f"the pattern {pattern!r} names a Python version that is no longer built"
        problems.ended.append(Mistake(place="build", message=message, hint="remove the pattern"))
    else:
        hint = did_you_mean(pattern, _known_patterns(catalog, options)) or "see `cibw --print-build-identifiers`"
        message = f"the pattern {pattern!r} matches no build identifier of any platform"
        problems.mistakes.append(Mistake(place="build", message=message, hint=hint))


def _known_patterns(catalog: Catalog, options: Options) -> set[str]:
    identifiers = [entry.identifier for entry in _entries(catalog, options.platform)]
    tags = {f"{identifier.interpreter}-*" for identifier in identifiers}
    targets = {f"*-{identifier.target}" for identifier in identifiers}
    return tags | targets | {str(identifier) for identifier in identifiers}


def _without_architectures(patterns: tuple[str, ...], catalog: Catalog) -> Iterator[str]:
    """Remove `:arm64` and `:x86_64` from patterns for one architecture of a universal2 test."""
    if not any(":" in pattern for pattern in patterns):
        return iter(patterns)
    tests = [
        f"{entry.identifier}:{target}"
        for entry in catalog.interpreters(Platform.MACOS)
        for target in ("arm64", "x86_64")
        if str(entry.identifier).endswith("universal2")
    ]
    return (_whole(pattern, tests) for pattern in patterns)


def _whole(pattern: str, tests: list[str]) -> str:
    identifier, _, target = pattern.partition(":")
    names_architecture = target and ":" not in target and any(map(Selector((pattern,)).matches, tests))
    return identifier if names_architecture else pattern


# Selection of the build identifiers to build, with reasons for the others.

__all__ = ["Selection", "native_architecture", "select"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The entries to build, in catalog order, and the other identifiers with reasons."""

    selected: tuple[CatalogEntry, ...]
    not_built: tuple[NotBuilt, ...]
    notes: tuple[str, ...] = ()


def select(options: Options, catalog: Catalog, facts: HostFacts) -> Selection:
    """Select from the identifiers of the platform.

    ConfigurationError (exit code 2) for patterns that match nothing and unknown architectures,
    UnfitArchitectureError (4) for architectures of another platform or no architecture, and
    DeprecatedError (4) for patterns of end-of-life Python versions.
    """
    problems = judge_patterns(options, catalog)
    words = ("all",) if options.only else options.archs
    architectures = wanted_architectures(words, options.platform, facts, problems)
    _judge_only(options, catalog, problems)
    problems.raise_if_bad(dict(options.places))
    selected: list[CatalogEntry] = []
    not_built: list[NotBuilt] = []
    for entry in catalog.interpreters(options.platform):
        reason = _reason_against(entry, options, architectures) or _reason_of_host(entry.identifier, facts)
        if reason:
            not_built.append(NotBuilt(identifier=entry.identifier, reason=reason))
        else:
            selected.append(entry)
    return Selection(selected=tuple(selected), not_built=tuple(not_built), notes=tuple(problems.notes))


def _judge_only(options: Options, catalog: Catalog, problems: SelectionProblems) -> None:
    known = [str(entry.identifier) for entry in catalog.interpreters(options.platform)]
    only = str(options.only)
    if options.only is not None and only not in known:
        message = f"{only} is not among the identifiers of {options.platform.value}"
        problems.mistakes.append(Mistake(place="--only", message=message, hint=did_you_mean(only, known)))


def _reason_against(entry: CatalogEntry, options: Options, architectures: frozenset[Architecture]) -> str:
    identifier = entry.identifier
    if options.only is not None:
        is_other = identifier != options.only
        return f"--only selects {options.only}" if is_other else _reason_of_version(identifier, options)
    if not options.build.matches(str(identifier)):
        return "not matched by build"
    if not is_offered(entry, options.build):
        tag = identifier.interpreter
        return f"Python {tag.version} has reached its end of life; to build it, add {tag}-* to build"
    if options.skip.matches(str(identifier)):
        return "matched by skip"
    return _reason_of_version(identifier, options) or _reason_of_group(identifier, options, architectures)


def _reason_of_version(identifier: BuildIdentifier, options: Options) -> str:
    wanted = options.requires_python
    if wanted is None or wanted.admits(identifier.interpreter):
        return ""
    return f"requires-python is {wanted}"


def _reason_of_group(identifier: BuildIdentifier, options: Options, architectures: frozenset[Architecture]) -> str:
    group = group_of(identifier)
    if group is not None and group not in options.enable:
        return f"the group {group.value} is not enabled"
    if identifier.target.architecture not in architectures:
        return f"archs ({' '.join(options.archs)}) does not include the architecture"
    return ""


def _reason_of_host(identifier: BuildIdentifier, facts: HostFacts) -> str:
    is_cpython = identifier.interpreter.implementation is Implementation.CPYTHON
    is_arm_mac = identifier.platform is Platform.MACOS and identifier.target.architecture is Architecture.ARM64
    if is_arm_mac and not is_cpython and facts.machine == "x86_64":
        return "PyPy and GraalPy for arm64 cannot be built on an x86_64 processor"
    return ""
