"""Migrates a cibuildwheel configuration to cibw without changing the rest of the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cibw.config.layers import OWN_TABLE, PEER_TABLE
from cibw.config.option_list import ALL_OPTIONS
from cibw.config.selectors import REMOVED_GROUPS, REMOVED_OPTIONS
from cibw.config.toml import Path, Statement, TomlTable, TomlValue, as_table, parse_toml, statements
from cibw.errors import ConfigurationError

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
        if option.facts.is_own and option.facts.variable in environ:
            yield f"{option.facts.variable} is set and takes effect; cibuildwheel ignores it"


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
_IS_TEXT = re.compile(r"""[^=]*=\s*["']""")
_ITEM = re.compile(rf"""(["'])(?:{_NAMES})\1[ \t]*,[ \t]*""")
_LAST_ITEM = re.compile(rf"""(?:,[ \t]*)?(["'])(?:{_NAMES})\1(?=\s*(?:\]|$))""")


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
    new, changes = _rewritten(text)
    try:
        after = parse_toml(new)
    except ValueError:
        after = {}
    if after != _expected(before):
        raise ConfigurationError(
            f"Cannot rewrite [tool.{PEER_TABLE}] in {label} without changing other parts of the file.",
            hint=f"Rename it by hand from {PEER_TABLE} to {OWN_TABLE}.",
        )
    table = as_table(as_table(after["tool"]).get(OWN_TABLE))
    return Migration(text=new, table_text=_table_text(new), table=table, changes=changes)


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


def _rewritten(text: str) -> tuple[str, tuple[str, ...]]:
    lines = text.splitlines(keepends=True)
    changes: list[str] = []
    found = list(statements(text))
    ends = [*(statement.number - 1 for statement in found[1:]), len(lines)]
    for statement, end in zip(found, ends, strict=True):
        path = (*statement.table, *statement.key)
        index = statement.number - 1
        if path[:2] != _OLD:
            continue
        if path[2:] == ("enable",):
            changes.extend(_leave_groups_out(lines, range(index, end)))
        if statement.key and path[-1] in REMOVED_OPTIONS and "overrides" not in statement.table:
            changes.append(f"line {statement.number}: {path[-1]} is removed: {REMOVED_OPTIONS[path[-1]]}")
            lines[index] = ""
        elif statement.table[:2] != _OLD or not statement.key:
            lines[index] = re.sub(rf"\b{PEER_TABLE}\b", OWN_TABLE, lines[index], count=1)
            old, new = (_heading(statement, name) for name in (PEER_TABLE, OWN_TABLE))
            changes.append(f"line {statement.number}: {old} becomes {new}")
    return "".join(lines), tuple(changes)


def _leave_groups_out(lines: list[str], of_enable: range) -> Iterator[str]:
    is_text = _IS_TEXT.match(lines[of_enable.start])
    for index in of_enable:
        code, comment, rest = lines[index].partition("#")
        for group in _GROUP.finditer(code):
            yield f"line {index + 1}: {group[1]} is removed from enable: {REMOVED_GROUPS[group[1]]}"
        left = _GROUP.sub("", code) if is_text else _LAST_ITEM.sub("", _ITEM.sub("", code))
        lines[index] = left + comment + rest


def _heading(statement: Statement, name: str) -> str:
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


def _pieces(lines: list[str], found: list[Statement], starts: list[int]) -> Iterator[str]:
    paths = [(*statement.table, *statement.key) for statement in found]
    # Keys such as `cibw.build` need their table header.
    needs_head = any(
        statement.table == ("tool",) and path[:2] == _NEW for statement, path in zip(found, paths, strict=True)
    )
    for number, path in enumerate(paths):
        if path[:2] == _NEW or (needs_head and path == ("tool",)):
            yield "".join(lines[starts[number] : starts[number + 1]])


def _start(lines: list[str], statement: Statement) -> int:
    """The first line (from 0) of a statement, including the comments directly above it."""
    start = statement.number - 1
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return start
