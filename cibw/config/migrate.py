"""Migrates a cibuildwheel configuration to cibw without changing the rest of the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from cibw.config.layers import OWN_TABLE, PEER_TABLE
from cibw.config.option_list import ALL_OPTIONS
from cibw.config.selectors import REMOVED_GROUPS, REMOVED_OPTIONS
from cibw.config.toml import Path, TomlStatement, TomlTable, TomlValue, as_table, key_lines, parse_toml, statements
from cibw.errors import ConfigurationError

if TYPE_CHECKING:
    from tomlkit.items import InlineTable, Item, Table

# Differences in behavior after migrating a configuration from cibuildwheel.

_OF_BASH = re.compile(r"\$\{\w+[^\w}]|\$'|\n")
_COMMAND = re.compile(r"\$\(|`")


def migration_notes(table: TomlTable, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Notes for the user about a migrated table."""
    return (*_defaults(table, environ), *_selection(table), *_environments(table), *_variables(environ))


def _defaults(table: TomlTable, environ: Mapping[str, str]) -> Iterator[str]:
    frontends = [*_values(table, "build-frontend")] or [environ.get("CIBW_BUILD_FRONTEND", "default")]
    if "default" in frontends:
        yield (
            "without build-frontend, cibw builds with uv; "
            'build-frontend = "build" uses build and pip, as cibuildwheel does'
        )
    if not any(_values(table, "container-engine")) and "CIBW_CONTAINER_ENGINE" not in environ:
        yield (
            "container-engine is not set, so cibw tries Docker, then Podman, then builds on the host; "
            'container-engine = "docker" uses only Docker'
        )


def _selection(table: TomlTable) -> Iterator[str]:
    if any("cp38" in text for value in _values(table, "build") for text in _texts(value)):
        yield "build patterns that begin with cp38- build CPython 3.8 on Linux; cibuildwheel no longer supports it"


def _environments(table: TomlTable) -> Iterator[str]:
    for option in ("environment", "test-environment"):
        texts = [text for value in _values(table, option) for text in _texts(value)]
        if any(_OF_BASH.search(text) for text in texts):
            yield f"{option} is parsed like bash: defaults in ${{...}}, $'...' and multiple lines are supported"
        if option == "test-environment" and any(_COMMAND.search(text) for text in texts):
            yield f"commands in {option} run where the tests run, such as in the container, not on the host"


def _variables(environ: Mapping[str, str]) -> Iterator[str]:
    for option in ALL_OPTIONS:
        if option.meta.is_own and option.meta.variable in environ:
            yield f"{option.meta.variable} is set and takes effect; cibuildwheel ignores it"


def _values(table: TomlTable, option: str) -> Iterator[TomlValue]:
    """The values of an option in the main table, the platform tables and the overrides."""
    for key, value in table.items():
        if key == option:
            yield value
        elif isinstance(value, Mapping):
            yield from (item for name, item in value.items() if name == option)
        elif key == "overrides" and isinstance(value, tuple):
            for override in value:
                yield from _values(override, option) if isinstance(override, Mapping) else ()


def _texts(value: TomlValue) -> Iterator[str]:
    match value:
        case str():
            yield value
        case tuple():
            yield from (text for item in value for text in _texts(item))
        case Mapping():
            yield from (text for item in value.values() for text in _texts(item))
        case _:
            pass


# Conversion of the text.

_OLD: Path = ("tool", PEER_TABLE)
_NEW: Path = ("tool", OWN_TABLE)
_NAMES = "|".join(REMOVED_GROUPS)
_GROUP = re.compile(rf"\b({_NAMES})\b[ \t]*")
_Change = tuple[int, str]
"""The line and the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """The new text of the file, the new table as text and parsed, and the list of changes."""

    text: str
    table_text: str
    table: TomlTable
    changes: tuple[str, ...]


def migrate(label: str, text: str) -> Migration:
    """Rewrite the text of a file; ConfigurationError if there is nothing to migrate or no safe way to do it."""
    before = _checked(label, text)
    new, changes = text, list[str]()
    after: TomlTable = {}
    with suppress(ValueError):
        new, changes = _rewritten(text)
        after = parse_toml(new)
    if after != _expected(before):
        raise ConfigurationError(
            f"Cannot rewrite [tool.{PEER_TABLE}] in {label} without changing other parts of the file.",
            hint=f"Rename it by hand from {PEER_TABLE} to {OWN_TABLE}.",
        )
    table = as_table(as_table(after["tool"]).get(OWN_TABLE))
    return Migration(text=new, table_text=_table_text(new), table=table, changes=tuple(changes))


def _checked(label: str, text: str) -> TomlTable:
    try:
        table = parse_toml(text)
    except ValueError as error:
        raise ConfigurationError(f"{label} is not valid TOML: {error}") from error
    tools = as_table(table.get("tool"))
    if OWN_TABLE in tools:
        raise ConfigurationError(
            f"{label} already has a [tool.{OWN_TABLE}] table.",
            hint=f"[tool.{PEER_TABLE}] is ignored while it exists. Copy missing options by hand.",
        )
    if PEER_TABLE not in tools:
        raise ConfigurationError(
            f"{label} has no [tool.{PEER_TABLE}] table.", hint="Use --config-file to name a file that has one."
        )
    return table


def _expected(before: TomlTable) -> TomlTable:
    tools = dict(as_table(before["tool"]))
    table = _without_removed(tools.pop(PEER_TABLE))
    if isinstance(table, Mapping) and "enable" in table:
        table = {**table, "enable": _without_groups(table["enable"])}
    tools[OWN_TABLE] = table
    return {**before, "tool": tools}


def _without_removed(value: TomlValue) -> TomlValue:
    """The table and its nested tables without removed options."""
    if not isinstance(value, Mapping):
        return value
    return {key: _without_removed(item) for key, item in value.items() if key not in REMOVED_OPTIONS}


def _without_groups(value: TomlValue) -> TomlValue:
    match value:
        case str():
            return _GROUP.sub("", value)
        case tuple():
            return tuple(item for item in value if item not in REMOVED_GROUPS)
        case _:
            return value


def _rewritten(text: str) -> tuple[str, list[str]]:
    import tomlkit

    document = tomlkit.parse(text)
    changes = list(_renames(text))
    for tools in (item for key, item in document.body if key is not None and key.key == "tool"):
        changes.extend(_edited(tools, key_lines(text)))
    return document.as_string(), [message for _, message in sorted(changes, key=itemgetter(0))]


def _renames(text: str) -> Iterator[_Change]:
    for statement in statements(text):
        path = (*statement.table, *statement.key)
        is_removed = bool(statement.key) and path[-1] in REMOVED_OPTIONS and "overrides" not in statement.table
        is_name = path[:2] == _OLD and (statement.table[:2] != _OLD or not statement.key)
        if (is_name and not is_removed) or path == statement.key == _OLD[:1]:
            old, new = (_heading(statement, name) for name in (PEER_TABLE, OWN_TABLE))
            yield statement.number, f"line {statement.number}: {old} becomes {new}"


def _edited(tools: Item, lines: Mapping[Path, int]) -> Iterator[_Change]:
    """Edit a part of the table `tool`; a file may have several, since its tables may be in any order."""
    from tomlkit.items import InlineTable, SingleKey, Table

    body = tools.value.body if isinstance(tools, Table | InlineTable) else []
    for index, (key, item) in enumerate(body):
        if key is not None and key.key == PEER_TABLE:
            name = SingleKey(OWN_TABLE, sep=key.sep, original=key.as_string().replace(PEER_TABLE, OWN_TABLE))
            name._dotted = key.is_dotted()  # noqa: SLF001 - no public method makes a key of a dotted one
            body[index] = (name, item)
            yield from _cleaned(item, _OLD, lines)


def _cleaned(item: Item, path: Path, lines: Mapping[Path, int]) -> Iterator[_Change]:
    from tomlkit.items import AoT, InlineTable, Table

    if isinstance(item, AoT):
        for number, table in enumerate(item.body, start=1):
            yield from _cleaned(table, (*path, str(number)), lines)
    if not isinstance(item, Table | InlineTable):
        return
    if isinstance(item, Table) and item.display_name:
        item.display_name = item.display_name.replace(PEER_TABLE, OWN_TABLE, 1)
    for key, value in list(item.value.body):
        if key is None:
            continue
        place = (*path, key.key)
        if key.key in REMOVED_OPTIONS and "overrides" not in path:
            item.remove(key)
            number = _line(place, lines)
            yield number, f"line {number}: {key.key} is removed: {REMOVED_OPTIONS[key.key]}"
        elif place == (*_OLD, "enable"):
            number = _line(place, lines)
            for group in _leave_groups_out(item, value):
                yield number, f"line {number}: {group} is removed from enable: {REMOVED_GROUPS[group]}"
        else:
            yield from _cleaned(value, place, lines)


def _line(path: Path, lines: Mapping[Path, int]) -> int:
    """The line of a key, or of the key or table whose inline table it is in."""
    starts = (path[:length] for length in range(len(path), 0, -1))
    return next((lines[start] for start in starts if start in lines), 1)


def _leave_groups_out(table: Table | InlineTable, enable: Item) -> Iterator[str]:
    import tomlkit
    from tomlkit.items import Array, String

    if isinstance(enable, String):
        yield from _GROUP.findall(enable)
        table["enable"] = tomlkit.value(_GROUP.sub("", enable.as_string()))
    elif isinstance(enable, Array):
        for index in reversed(range(len(enable))):
            if enable[index] in REMOVED_GROUPS:
                yield str(enable[index])
                del enable[index]


def _heading(statement: TomlStatement, name: str) -> str:
    path = ["tool", name, *(*statement.table, *statement.key)[2:]]
    if statement.key:
        return ".".join(path)
    is_one_of_many = path[-1].isdigit()
    return f"[[{'.'.join(path[:-1])}]]" if is_one_of_many else f"[{'.'.join(path)}]"


def _table_text(text: str) -> str:
    lines = text.splitlines(keepends=True)
    found = list(statements(text))
    starts = [_start(lines, statement) for statement in found]
    pieces = list(_pieces(lines, found, [*starts, len(lines)]))
    return f"{''.join(pieces).strip()}\n"


def _pieces(lines: list[str], found: list[TomlStatement], starts: list[int]) -> Iterator[str]:
    paths = [(*statement.table, *statement.key) for statement in found]
    # Keys such as `cibw.build` need their table header.
    needs_head = any(
        statement.table == ("tool",) and path[:2] == _NEW for statement, path in zip(found, paths, strict=True)
    )
    for number, path in enumerate(paths):
        is_inline = path == found[number].key == _NEW[:1]
        if path[:2] == _NEW or is_inline or (needs_head and path == ("tool",)):
            yield "".join(lines[starts[number] : starts[number + 1]])


def _start(lines: list[str], statement: TomlStatement) -> int:
    """The first line (from 0) of a statement, including the comments directly above it."""
    start = statement.number - 1
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return start
