"""The layers of a configuration file: its main table, the platform tables, and the overrides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from cibw.config.inherit import parse_inherit
from cibw.config.kinds import as_texts, blank_words
from cibw.config.layers import RawLayer
from cibw.config.lines import Path, key_lines
from cibw.config.option import Scope
from cibw.config.option_list import ALL_OPTIONS
from cibw.config.problems import Findings, did_you_mean
from cibw.config.selectors import Selector
from cibw.config.switches import REMOVED_OPTIONS
from cibw.config.toml import TomlTable, TomlValue, as_table, type_name
from cibw.exhaustive import assert_never
from cibw.model.target import Platform

_PLATFORMS = {platform.value: platform for platform in Platform}
_SCOPES = {option.facts.name: option.facts.places for option in ALL_OPTIONS}
_OWN = frozenset(option.facts.name for option in ALL_OPTIONS if option.facts.is_own)
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
