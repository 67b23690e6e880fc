from __future__ import annotations

import json
from pathlib import Path

import pytest

from cibw.config.documents import options_page, schema_text, table_schema
from cibw.config.option_list import ALL_OPTIONS
from cibw.config.selectors import SWITCHES
from cibw.config.toml import as_table
from cibw.config.values.types import Scope
from cibw.model.identifiers import Platform

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("path", "text"), [("cibw/resources/cibw.schema.json", schema_text()), ("docs/options.md", options_page())]
)
def test_the_committed_copy_is_up_to_date(path: str, text: str) -> None:
    assert (ROOT / path).read_text("utf-8") == text, "run bin/generate_files.py"


def test_the_schema_is_json_with_every_option() -> None:
    schema = table_schema()
    assert json.loads(schema_text())["additionalProperties"] is False
    properties = as_table(schema["properties"])
    assert {option.meta.name for option in ALL_OPTIONS} <= set(properties)
    assert {platform.value for platform in Platform} <= set(properties)


def test_tables_allow_what_their_scope_allows() -> None:
    properties = as_table(table_schema()["properties"])
    linux = as_table(as_table(properties["linux"])["properties"])
    override = as_table(as_table(as_table(properties["overrides"])["items"])["properties"])
    assert "archs" in linux
    assert "dependency-versions" not in linux
    assert "archs" not in override
    assert {"select", "inherit"} <= set(override)


def test_every_reference_leads_somewhere() -> None:
    definitions = as_table(table_schema()["definitions"])
    assert {f'"#/definitions/{name}"' for name in definitions} >= {
        line.split(": ")[1].rstrip(",") for line in schema_text().splitlines() if '"$ref"' in line
    }


def test_every_option_and_variable_is_documented() -> None:
    page = options_page()
    assert all(f"## {option.meta.name}\n" in page for option in ALL_OPTIONS)
    assert all(name in page for name in SWITCHES)


def test_options_of_the_run_have_no_tables_of_platforms() -> None:
    for option in ALL_OPTIONS:
        assert (option.meta.places.scope is Scope.RUN) == (not option.meta.places.tables)
