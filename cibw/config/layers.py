"""The layers of a configuration: tables, overrides and variables, and how they merge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from cibw.config.cascade import Inherit
from cibw.config.option_list import ALL_OPTIONS
from cibw.config.selectors import REMOVED_OPTIONS, REMOVED_VARIABLES, SWITCHES, Selector
from cibw.config.toml import Findings, Path, TomlTable, TomlValue, as_table, did_you_mean, key_lines, type_name
from cibw.config.values.types import Scope, as_texts, blank_words, named_fields
from cibw.errors import assert_never
from cibw.model.identifiers import Platform

# The `inherit` key and the CIBW_INHERIT variable: which options merge with lower-priority layers.

Rules = Mapping[str, Inherit]
_RULES = {rule.value: rule for rule in Inherit}
_MERGEABLE = {option.meta.name: bool(option.form.merging) for option in ALL_OPTIONS}


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    rule: str


def parse_inherit(value: TomlValue | None, place: str, findings: Findings) -> Rules:
    """Parse rules from a table, or from a string such as `test-command: prepend; before-all`; the default is append."""
    return _rules(_entries(value, place, findings), _MERGEABLE, place, findings)


def parse_variable_inherit(text: str, findings: Findings) -> Mapping[Platform | None, Rules]:
    """Parse CIBW_INHERIT; a platform after a name (`test-command-linux`) refers to that platform's variable."""
    meta = [option.meta for option in ALL_OPTIONS]
    suffixed = {f"{fact.name}-{place.value}": (fact.name, place) for fact in meta for place in fact.places.suffixes}
    mergeable = _MERGEABLE | {full: _MERGEABLE[name] for full, (name, _) in suffixed.items()}
    place = "CIBW_INHERIT"
    result: dict[Platform | None, dict[str, Inherit]] = {}
    for full, rule in _rules(_entries(text, place, findings), mergeable, place, findings).items():
        name, platform = suffixed.get(full, (full, None))
        result.setdefault(platform, {})[name] = rule
    return result


def _entries(value: TomlValue | None, place: str, findings: Findings) -> Iterable[_Entry]:
    match value:
        case None:
            return ()
        case str():
            return _text_entries(value, place, findings)
        case Mapping():
            return tuple(_Entry(name, str(rule)) for name, rule in value.items())
        case _:
            findings.add(place, f"inherit must be a string or a table, not {type_name(value)}")
            return ()


def _text_entries(text: str, place: str, findings: Findings) -> Iterable[_Entry]:
    try:
        fields = named_fields(text)
    except ValueError as error:
        findings.add_error(place, error)
        return ()
    entries: list[_Entry] = []
    for name, words in fields:
        unsaid = [_Entry(word, Inherit.APPEND.value) for word in words]
        entries.extend([_Entry(name, " ".join(words))] if name else unsaid)
    return entries


def _rules(entries: Iterable[_Entry], mergeable: Mapping[str, bool], place: str, findings: Findings) -> Rules:
    rules: dict[str, Inherit] = {}
    for entry in entries:
        if findings.is_full:
            break
        if entry.name not in mergeable:
            hint = did_you_mean(entry.name, mergeable)
            findings.add(place, f"inherit names {entry.name!r}, which is not an option", hint)
        elif entry.rule not in _RULES:
            known = f"use one of {', '.join(_RULES)}"
            findings.add(place, f"unknown inherit rule {entry.rule!r} for {entry.name}", known)
        elif not mergeable[entry.name] and entry.rule != Inherit.NONE.value:
            findings.add(place, f"{entry.name} cannot be merged", f"remove {entry.name} from inherit")
        else:
            rules[entry.name] = _RULES[entry.rule]
    return rules


# Unparsed option values, by the place that sets them.


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLayer:
    """Unparsed values of options by name, all from one place.

    `place` and `origin` return the location of an option for error messages and explanations. `platform` is the
    platform that the values apply to, or None for any. A layer that does not count is validated but not used;
    errors in a layer that `is_lenient` become notes.
    """

    values: TomlTable
    place: Callable[[str], str]
    origin: Callable[[str], str]
    inherit: Mapping[str, Inherit] = field(default_factory=dict)
    platform: Platform | None = None
    select: Selector | None = None
    counts: bool = True
    is_lenient: bool = False


def variable_layers(environ: Mapping[str, str], platform: Platform, findings: Findings) -> tuple[RawLayer, ...]:
    """The layers of CIBW_ variables: first those for every platform, then the platform-specific ones.

    Unknown variables that begin with CIBW_ are errors.
    """
    _judge_names(environ, findings)
    rules = parse_variable_inherit(environ.get("CIBW_INHERIT", ""), findings)
    always = {option.meta.name: Inherit.APPEND for option in ALL_OPTIONS if option.meta.env_adds}
    general = _variable_layer(environ, None, {**always, **rules.get(None, {})}, platform)
    special = (_variable_layer(environ, other, rules.get(other, {}), platform) for other in Platform)
    return (general, *(layer for layer in special if layer.values))


def _variable_layer(
    environ: Mapping[str, str], suffix: Platform | None, inherit: Mapping[str, Inherit], platform: Platform
) -> RawLayer:
    names = _variables(suffix)
    return RawLayer(
        values={option: environ[name] for option, name in names.items() if name in environ},
        place=names.__getitem__,
        origin=names.__getitem__,
        inherit=inherit,
        platform=suffix or platform,
        counts=suffix in (None, platform),
    )


def _variables(suffix: Platform | None) -> dict[str, str]:
    meta = [option.meta for option in ALL_OPTIONS]
    if suffix is None:
        return {fact.name: fact.variable for fact in meta}
    return {fact.name: fact.variable_for(suffix) for fact in meta if suffix in fact.places.suffixes}


def known_variables() -> frozenset[str]:
    """The names of all known CIBW_ variables."""
    names = (name for suffix in (None, *Platform) for name in _variables(suffix).values())
    return frozenset((*names, *SWITCHES))


def _judge_names(environ: Mapping[str, str], findings: Findings) -> None:
    known = known_variables()
    for name in sorted(environ):
        if name.startswith("CIBW_") and name not in known and not findings.is_full:
            hint = REMOVED_VARIABLES.get(name) or _without_suffix(name, known)
            hint = hint or did_you_mean(name, known, fallback="unset it")
            findings.add(name, "unknown variable", hint)


def _without_suffix(name: str, known: frozenset[str]) -> str:
    """A hint for a variable with a platform suffix that its option does not support; empty otherwise."""
    start, _, suffix = name.rpartition("_")
    platforms = {platform.value.upper(): platform for platform in Platform}
    if start not in known or suffix not in platforms:
        return ""
    meta = next((option.meta for option in ALL_OPTIONS if option.meta.variable == start), None)
    if meta is None:
        return f"use {start}"
    table = platforms[suffix].value
    if platforms[suffix] in meta.places.tables:
        return f"set {start} in the jobs for this platform, or {meta.name} in [tool.cibw.{table}]"
    return (
        f"unset it: {meta.name} does not differ by platform"
        if not meta.places.tables
        else (f"unset it: {meta.name} has no effect on {table}")
    )


# The layers of a configuration file: its main table, the platform tables, and the overrides.

_PLATFORMS = {platform.value: platform for platform in Platform}
_SCOPES = {option.meta.name: option.meta.places for option in ALL_OPTIONS}
_OWN = frozenset(option.meta.name for option in ALL_OPTIONS if option.meta.is_own)
_DASHED = {name.replace("_", "-"): name for name in _SCOPES}
OWN_TABLE = "cibw"
PEER_TABLE = "cibuildwheel"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """A configuration file: its name, its parsed content, and the lines of its keys."""

    label: str
    table: TomlTable
    lines: Mapping[Path, int] = field(default_factory=dict)

    @classmethod
    def of(cls, label: str, table: TomlTable, text: str) -> ConfigFile:
        """Create a file from its text and the table parsed from it."""
        return cls(label=label, table=table, lines=key_lines(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """One table of the file that sets options.

    `is_lenient` marks a table that cibuildwheel does not validate.
    """

    file: ConfigFile
    path: Path
    heading: str
    table: TomlTable
    allowed: frozenset[str]
    is_lenient: bool = False

    def place(self, key: str) -> str:
        line = self.file.lines.get((*self.path, key)) or self.file.lines.get(self.path)
        number = f":{line}" if line else ""
        return f"{self.file.label}{number}: {self.heading} {key}".rstrip()

    def origin(self, key: str) -> str:
        return f"{self.file.label} {self.heading} {key}"

    def refuses(self, key: str) -> bool:
        """Whether this is cibuildwheel's table, and cibuildwheel does not have the option."""
        return self.path[1] == PEER_TABLE and key in _OWN

    @property
    def values(self) -> TomlTable:
        """The options that are allowed in this table; other keys are checked elsewhere."""
        names = self.allowed & _SCOPES.keys()
        return {key: value for key, value in self.table.items() if key in names and not self.refuses(key)}


def file_layers(file: ConfigFile, platform: Platform, findings: Findings) -> tuple[RawLayer, ...]:
    """The layers of a file, lowest priority first; every table is validated.

    cibuildwheel's table is read if there is no [tool.cibw], with a note.
    """
    name = _table_name(file, findings)
    value = as_table(file.table.get("tool")).get(name, {})
    if not isinstance(value, Mapping):
        findings.add(f"{file.label}: [tool.{name}]", f"must be a table, not {type_name(value)}")
        return ()
    main = _Section(file=file, path=("tool", name), heading=f"[tool.{name}]", table=value, allowed=_MAIN)
    return (_layer(main, platform, findings), *_platform_layers(main, platform, findings), *_overrides(main, findings))


def _table_name(file: ConfigFile, findings: Findings) -> str:
    tools = as_table(file.table.get("tool"))
    if OWN_TABLE in tools or PEER_TABLE not in tools:
        if PEER_TABLE in tools:
            findings.note(f"[tool.{PEER_TABLE}] in {file.label} is ignored because [tool.{OWN_TABLE}] exists")
        return OWN_TABLE
    findings.note(f"[tool.{PEER_TABLE}] in {file.label} is used because there is no [tool.{OWN_TABLE}]")
    return PEER_TABLE


def _layer(section: _Section, platform: Platform, findings: Findings) -> RawLayer:
    _judge_keys(section, findings)
    return RawLayer(
        values=section.values,
        place=section.place,
        origin=section.origin,
        inherit=parse_inherit(section.table.get("inherit"), section.place("inherit"), findings),
        platform=platform,
    )


def _platform_layers(main: _Section, platform: Platform, findings: Findings) -> Iterator[RawLayer]:
    for name, other in _PLATFORMS.items():
        value = main.table.get(name, {})
        if not isinstance(value, Mapping):
            findings.add(main.place(name), f"must be a table, not {type_name(value)}")
            continue
        section = _Section(
            file=main.file,
            path=(*main.path, name),
            heading=f"[{'.'.join((*main.path, name))}]",
            table=value,
            allowed=_allowed_for(other),
            is_lenient=main.path[1] == PEER_TABLE and other is not platform,
        )
        layer = _layer(section, other, findings)
        yield layer if other is platform else replace(layer, inherit={}, counts=False, is_lenient=section.is_lenient)


def _overrides(main: _Section, findings: Findings) -> Iterator[RawLayer]:
    tables = main.table.get("overrides", ())
    if not isinstance(tables, tuple):
        message = f"must be an array of tables, not {type_name(tables)}"
        findings.add(main.place("overrides"), message, f"write [[{'.'.join(main.path)}.overrides]]")
        return
    for number, table in enumerate(tables, start=1):
        yield from _override(main, number, table, findings)


def _override(main: _Section, number: int, table: TomlValue, findings: Findings) -> Iterator[RawLayer]:
    path = (*main.path, "overrides")
    section = _Section(
        file=main.file,
        path=(*path, str(number)),
        heading=f"[[{'.'.join(path)}]] {number}",
        table=as_table(table),
        allowed=_OVERRIDE,
        is_lenient=main.path[1] == PEER_TABLE,
    )
    if not isinstance(table, Mapping):
        findings.add(section.place(""), f"must be a table, not {type_name(table)}")
        return
    _judge_keys(section, findings)
    select = _select(section, findings)
    yield RawLayer(
        values=section.values,
        place=section.place,
        origin=_override_origin(number, select),
        inherit=parse_inherit(section.table.get("inherit"), section.place("inherit"), findings),
        select=select,
    )


def _override_origin(number: int, select: Selector) -> Callable[[str], str]:
    patterns = " ".join(select.patterns)
    return lambda _key: f"override {number} (select = {patterns!r})"


def _select(section: _Section, findings: Findings) -> Selector:
    place, value = section.place("select"), section.table.get("select", "")
    try:
        selector = Selector.parse(as_texts(value, blank_words))
    except ValueError as error:
        findings.add_error(place, error)
        return Selector.parse(())
    if not selector.patterns:
        findings.add(place, "the override has no select", "add a select with the build identifiers that it applies to")
    return selector


def _judge_keys(section: _Section, findings: Findings) -> None:
    for key in section.table:
        if findings.is_full:
            return
        if key in section.allowed and not section.refuses(key):
            continue
        message, hint = _fault(section, key)
        if section.is_lenient and not section.refuses(key):
            findings.note(f"{section.place(key)} has no effect: {message}{f'; {hint}' if hint else ''}")
        else:
            findings.add(section.place(key), message, hint)


def _fault(section: _Section, key: str) -> tuple[str, str]:
    """The message and the hint for a key that is not allowed in a table."""
    if section.refuses(key):
        return (
            f"{key} cannot be set in another tool's table",
            f"set it in [tool.{OWN_TABLE}] or with an environment variable",
        )
    if key in _SCOPES or key in _PLATFORMS or key == "overrides":
        return f"{key} cannot be set in {section.heading}", _where_allowed(key)
    if dashed := _DASHED.get(key.replace("_", "-"), ""):
        return f"{key} is not an option: option names use dashes", f"write {dashed}"
    if key in REMOVED_OPTIONS:
        return f"{key} is no longer an option", f"remove it: {REMOVED_OPTIONS[key]}"
    known = ("inherit", *(name for name in section.allowed if name in _SCOPES))
    return f"{key} is not an option", did_you_mean(key, (*known, *section.allowed))


def _where_allowed(key: str) -> str:
    places = _SCOPES.get(key)
    if places is None:
        return "set it in the main table"
    tables = ", ".join(platform.value for platform in Platform if platform in places.tables)
    match places.scope:
        case Scope.RUN:
            return f"it can be set in {Scope.RUN.value}"
        case Scope.PLATFORM:
            return f"it can be set in {Scope.PLATFORM.value}"
        case Scope.BUILD:
            return f"of the platform tables, it can be set in: {tables}"
        case _:
            assert_never(places.scope)


def _allowed_for(platform: Platform) -> frozenset[str]:
    return frozenset(("inherit", *(name for name, places in _SCOPES.items() if platform in places.tables)))


_MAIN = frozenset((*_SCOPES, *_PLATFORMS, "inherit", "overrides"))
_OVERRIDE = frozenset(("select", "inherit", *(name for name, places in _SCOPES.items() if places.scope is Scope.BUILD)))
