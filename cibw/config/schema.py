"""Generator for the JSON schema of [tool.cibw]."""

from __future__ import annotations

import json
from collections.abc import Iterable

from cibw.config.cascade import Inherit
from cibw.config.kinds import STRING, STRINGS, Schema, closed_table, one_of
from cibw.config.option import AnyOption, Scope
from cibw.config.option_list import ALL_OPTIONS
from cibw.model.target import Platform

SCHEMA_ID = "https://cibw.invalid/cibw.schema.json"
"""The identifier of the schema. Some tools require a URL, but there is no page at this one."""
_RULES: Schema = {"enum": tuple(rule.value for rule in Inherit)}


def schema_text() -> str:
    """The schema of [tool.cibw] as JSON text."""
    return json.dumps(table_schema(), indent=2) + "\n"


def table_schema() -> Schema:
    """The schema of [tool.cibw]."""
    platforms: Schema = {platform.value: _platform_schema(platform) for platform in Platform}
    overrides: Schema = {"overrides": {"type": "array", "items": _override_schema()}}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": SCHEMA_ID,
        "title": "The options of cibw",
        "definitions": {
            "inherit": _inherit_schema(),
            **{option.facts.name: _option_schema(option) for option in ALL_OPTIONS},
        },
        **closed_table({**_references(ALL_OPTIONS), **platforms, **overrides}),
    }


def _option_schema(option: AnyOption) -> Schema:
    facts = option.facts
    return {"title": facts.variable, "description": facts.description, "default": facts.default, **option.form.schema}


def _references(options: Iterable[AnyOption]) -> Schema:
    names = (*(option.facts.name for option in options), "inherit")
    return {name: {"$ref": f"#/definitions/{name}"} for name in names}


def _inherit_schema() -> Schema:
    names = (option.facts.name for option in ALL_OPTIONS if option.form.merging)
    rules = closed_table(dict.fromkeys(names, _RULES))
    return {"description": "How options merge with lower-priority sources.", **one_of(STRING, rules)}


def _platform_schema(platform: Platform) -> Schema:
    options = (option for option in ALL_OPTIONS if platform in option.facts.places.tables)
    return closed_table(_references(options))


def _override_schema() -> Schema:
    options = (option for option in ALL_OPTIONS if option.facts.places.scope is Scope.BUILD)
    select: Schema = {
        "description": "Patterns of the build identifiers that the override applies to.",
        **one_of(STRING, STRINGS),
    }
    return closed_table({"select": select, **_references(options)}, required=("select",))
