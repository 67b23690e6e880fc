"""The page that documents every option, out of the list of options."""

from __future__ import annotations

import json
from collections.abc import Iterator

from cibw.config.option import AnyOption, Facts
from cibw.config.option_list import ALL_OPTIONS
from cibw.config.switches import SWITCHES
from cibw.config.toml import TomlValue
from cibw.model.target import Platform

_HEAD = """\
# Options

This page is written by `bin/generate_files.py` from the list of options in `cibw/config/option_list.py`.

Options can be set in `[tool.cibw]` of `pyproject.toml`, in a platform's table such as `[tool.cibw.linux]`, in
`[[tool.cibw.overrides]]`, and in environment variables. Later sources override earlier ones: the default, the
platform's default, `[tool.cibw]`, the platform's table, each override whose `select` matches, the variable, the
variable with the platform's suffix. `[tool.cibuildwheel]` is read if there is no `[tool.cibw]`.

With `inherit` a value is appended or prepended to the earlier one instead, which may be the default. It stands in each
of those tables, as a table (`inherit.environment = "append"`) or as a string (`"environment; before-all: prepend"`,
where `append` goes unsaid). For variables it is `CIBW_INHERIT`, a string of the same form; there `environment` means
`CIBW_ENVIRONMENT`, and `environment-linux` means `CIBW_ENVIRONMENT_LINUX`.

`cibw config show` prints the value of each option for the selected builds, or for the identifier that it is given, and
with `--explain` every place that sets it, the strongest first; `--json` prints the same for programs. Secrets are
masked.
`cibw config schema` prints a JSON schema; [validate-pyproject](https://validate-pyproject.readthedocs.io) finds it by
itself where both are installed.

| Option | What it is | Default | Variable |
|---|---|---|---|
"""


def options_page() -> str:
    """The page as Markdown."""
    rows = "".join(_row(option.facts) for option in ALL_OPTIONS)
    sections = "".join("\n".join((*_section(option), "")) for option in ALL_OPTIONS)
    return f"{_HEAD}{rows}\n{sections}{_switches()}"


def _row(facts: Facts) -> str:
    link = f"[`{facts.name}`](#{facts.name})"
    return f"| {link} | {_cell(facts.description)} | {_cell(_code(facts.default))} | `{facts.variable}` |\n"


def _section(option: AnyOption) -> Iterator[str]:
    facts, form = option.facts, option.form
    yield f"## {facts.name}\n\n{facts.description}\n"
    yield f"- Value: {form.shape}."
    yield f"- Default: {_code(facts.default)}."
    for platform, default in facts.platform_defaults.items():
        yield f"- Default on {platform.value}: {_code(default)}."
    yield f"- Variable: {_variables(facts)}."
    yield f"- Where: {facts.places.scope.value}{_tables(facts)}."
    yield f"- `inherit`: {form.merging or 'values of this option do not merge'}."
    if form.placeholders:
        yield f"- Placeholders: {', '.join(f'`{{{name}}}`' for name in form.placeholders)}."
    yield ""


def _variables(facts: Facts) -> str:
    suffixes = facts.places.suffixes
    adds = "; it adds to the file" if facts.env_adds else ""
    empty = "; an empty one does not count" if facts.ignore_empty else ""
    if not suffixes:
        return f"`{facts.variable}`{adds}{empty}"
    if len(suffixes) == len(Platform):
        return f"`{facts.variable}`, or with the suffix of a platform, as in `{facts.variable}_LINUX`{adds}{empty}"
    names = ", ".join(f"`{facts.variable_for(platform)}`" for platform in Platform if platform in suffixes)
    return f"`{facts.variable}` or {names}{adds}{empty}"


def _tables(facts: Facts) -> str:
    tables = facts.places.tables
    if not tables or len(tables) == len(Platform):
        return ""
    return f"; of the platforms {', '.join(platform.value for platform in Platform if platform in tables)}"


def _switches() -> str:
    rows = "".join(f"| `{name}` | {_cell(text)} |\n" for name, text in SWITCHES.items())
    return f"# Variables without an option\n\n| Variable | What it does |\n|---|---|\n{rows}"


def _code(value: TomlValue) -> str:
    return f"`{json.dumps(value)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
