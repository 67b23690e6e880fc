"""validate-pyproject finds the schema and validates with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from cibw.config.toml import TomlValue, parse_toml

api = pytest.importorskip("validate_pyproject.api", reason="validate-pyproject is not installed")
errors = pytest.importorskip("validate_pyproject.errors")
plugins = pytest.importorskip("validate_pyproject.plugins")
Validate = Callable[[Mapping[str, TomlValue]], Mapping[str, TomlValue]]


@pytest.fixture(scope="module")
def validator() -> Validate:
    found: Validate = api.Validator(plugins=plugins.list_from_entry_points(lambda entry: entry.name == "cibw"))
    return found


def test_a_good_table(validator: Validate) -> None:
    given = parse_toml('[tool.cibw]\nbuild = "cp312-*"\nlinux.archs = "x86_64"\nenvironment = { A = "1" }\n')
    assert validator(given)["tool"] == given["tool"]


@pytest.mark.parametrize("text", ['biuld = "*"', "build = 1", 'overrides = [{ archs = "all" }]', "macos.jobs = 1"])
def test_bad_tables(validator: Validate, text: str) -> None:
    with pytest.raises(errors.ValidationError, match=r"tool\.cibw"):
        validator(parse_toml(f"[tool.cibw]\n{text}\n"))
