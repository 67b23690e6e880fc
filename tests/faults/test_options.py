"""Real processes with configurations that hypothesis makes from the schema."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.builds import ROOT, command, environment
from tests.faults.checks import check_output
from tests.faults.runs import PATIENCE

SCHEMA: Mapping[str, object] = json.loads((ROOT / "cibw" / "resources" / "cibw.schema.json").read_text())
KNOWN_CODES = {0, 2, 3, 4}
"""Success, mistakes, nothing selected, a selector or an image of a past release."""
PLATFORMS = ("linux", "macos", "windows", "pyodide", "android", "ios")
WORDS = st.sampled_from(
    [
        *("", "*", "cp3*", "cp313-*", "pp*", "{a,b}", "[0-9", "all", "auto", "native", "docker", "host", "uv", "pip"),
        *("latest", "A=1", 'B="$(echo 1)"', "$(", "{project}", "{nothing}", "a; args: --x", "x" * 300, "-1", "1e99"),
        "\u00e4\u2028\n",
    ]
)
TEXTS = WORDS | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


def objects(schema: Mapping[str, object]) -> st.SearchStrategy[object]:
    """Tables that a schema allows, and some that it does not."""
    inner = schema.get("properties", {})
    assert isinstance(inner, dict)
    more = schema.get("additionalProperties")
    known = {name: values(of) for name, of in inner.items()}
    if isinstance(more, dict):
        return st.dictionaries(TEXTS, values(more), max_size=3)
    names = st.lists(st.sampled_from(sorted(known)), unique=True, max_size=5) if known else st.just([])
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: known[name] for name in chosen}))


def values(schema: object) -> st.SearchStrategy[object]:
    """Values that a part of the schema allows, and now and then one of another type."""
    assert isinstance(schema, dict)
    wrong = st.one_of(st.integers(-5, 5), st.booleans(), st.floats(allow_nan=False), TEXTS, st.just([]), st.just({}))
    right = st.deferred(lambda: allowed(schema))
    return st.integers(0, 9).flatmap(lambda number: right if number else wrong)


def allowed(schema: Mapping[str, object]) -> st.SearchStrategy[object]:
    """Values that a part of the schema allows."""
    match schema:
        case {"$ref": str(reference)}:
            definitions = SCHEMA["definitions"]
            assert isinstance(definitions, dict)
            return values(definitions[reference.rpartition("/")[2]])
        case {"anyOf": list(choices)}:
            return st.one_of([values(choice) for choice in choices])
        case {"enum": list(members)}:
            return st.sampled_from(members)
        case {"const": member}:
            return st.just(member)
        case _:
            return typed(schema)


def typed(schema: Mapping[str, object]) -> st.SearchStrategy[object]:
    """Values of the type that a part of the schema names."""
    match schema.get("type"):
        case "array":
            return st.lists(values(schema.get("items", {})), max_size=4)
        case "object":
            return objects(schema)
        case "boolean":
            return st.booleans()
        case "integer" | "number":
            return st.integers(-2, 10**6)
        case _:
            return TEXTS


def toml(value: object) -> str:
    """A value as TOML; JSON's quotes are those of TOML."""
    match value:
        case bool() | str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            return "{" + ", ".join(f"{toml(name)} = {toml(inner)}" for name, inner in value.items()) + "}"
        case _:
            return repr(value)


def variables(table: Mapping[str, object]) -> dict[str, str]:
    """Some of the options as variables in place of the file."""
    texts = {f"CIBW_{name.upper().replace('-', '_')}": value for name, value in table.items()}
    return {name: value for name, value in texts.items() if isinstance(value, str) and "\0" not in value}


def check(table: Mapping[str, object], platform: str, *, by_variables: bool) -> None:
    """Ask cibw what it would build, in both forms."""
    moved = variables(table) if by_variables else {}
    names = {name for name in table if f"CIBW_{name.upper().replace('-', '_')}" not in moved}
    with TemporaryDirectory() as directory:
        lines = ["[project]", 'name = "demo"', 'version = "1.0"', "[tool.cibw]"]
        lines += [f"{name} = {toml(table[name])}" for name in sorted(names)]
        Path(directory, "pyproject.toml").write_text("\n".join(lines), encoding="utf-8")
        for words in (("--print-build-identifiers",), ("plan", "--json")):
            done = subprocess.run(
                command(*words, "--platform", platform),
                cwd=directory,
                env=environment({**moved, "CIBW_CACHE_PATH": f"{directory}/cache"}),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=PATIENCE,
            )
            told = done.stderr.decode(errors="replace")
            check_output(told)
            assert done.returncode in KNOWN_CODES, f"exit code {done.returncode}\n{lines}\n{moved}\n{told}"
            assert (done.returncode == 0) or told, "failed without a message"
            if words[0] == "plan" and done.returncode == 0:
                json.loads(done.stdout)


CHECKED = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
TABLES = objects(SCHEMA)


@settings(CHECKED, max_examples=8, phases=[Phase.generate])
@given(table=TABLES, platform=st.sampled_from(PLATFORMS), by_variables=st.booleans())
def test_a_few_configurations(table: Mapping[str, object], platform: str, by_variables: bool) -> None:
    check(table, platform, by_variables=by_variables)


@pytest.mark.faults_long
@settings(CHECKED, max_examples=150, phases=[Phase.generate])
@given(table=TABLES, platform=st.sampled_from(PLATFORMS), by_variables=st.booleans())
def test_many_configurations(table: Mapping[str, object], platform: str, by_variables: bool) -> None:
    check(table, platform, by_variables=by_variables)
