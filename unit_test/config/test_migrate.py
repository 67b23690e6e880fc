from __future__ import annotations

import pytest

from cibw.config.migrate import migrate, migration_notes
from cibw.config.toml import parse_toml
from cibw.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "new", "table"),
    [
        ("[tool.cibuildwheel]\n", "[tool.cibw]\n", "[tool.cibw]\n"),
        ('[ tool . "cibuildwheel" ]\na = 1\n', '[ tool . "cibw" ]\na = 1\n', None),
        ("[tool.cibuildwheel]\nskip = 'cibuildwheel'", "[tool.cibw]\nskip = 'cibuildwheel'", None),
        (
            "[tool]\ncibuildwheel.skip = 'a'\nruff.x = 1\n",
            "[tool]\ncibw.skip = 'a'\nruff.x = 1\n",
            "[tool]\ncibw.skip = 'a'\n",
        ),
        ("tool.cibuildwheel.skip = 'a'\n", "tool.cibw.skip = 'a'\n", "tool.cibw.skip = 'a'\n"),
        (
            "a = '''\n[tool.cibuildwheel]\n'''\n[tool.cibuildwheel.linux]\nskip = 1\n",
            "a = '''\n[tool.cibuildwheel]\n'''\n[tool.cibw.linux]\nskip = 1\n",
            "[tool.cibw.linux]\nskip = 1\n",
        ),
        (
            "[tool.cibuildwheel]\n[tool.cibuildwheel.linux]\nfree-threaded-support = true # on\n[x]\n",
            "[tool.cibw]\n[tool.cibw.linux]\n[x]\n",
            "[tool.cibw]\n[tool.cibw.linux]\n",
        ),
        (
            "x = 1\n# Why.\n# So.\n[tool.cibuildwheel]\n",
            "x = 1\n# Why.\n# So.\n[tool.cibw]\n",
            "# Why.\n# So.\n[tool.cibw]",
        ),
        ("tool = { cibuildwheel = { skip = 'a' } }\n", "tool = { cibw = { skip = 'a' } }\n", None),
        (
            "[tool.cibuildwheel] # so\r\nfree-threaded-support = [\r\n1,\r\n]\r\n# Why.\r\nskip = 'a'\r\n",
            "[tool.cibw] # so\r\n# Why.\r\nskip = 'a'\r\n",
            None,
        ),
        (
            (
                "[tool.cibuildwheel]\na = 1\n[x]\n[[tool.cibuildwheel.overrides]]\n"
                "[tool.cibuildwheel.overrides.environment]\n"
            ),
            "[tool.cibw]\na = 1\n[x]\n[[tool.cibw.overrides]]\n[tool.cibw.overrides.environment]\n",
            "[tool.cibw]\na = 1\n[[tool.cibw.overrides]]\n[tool.cibw.overrides.environment]\n",
        ),
        ("[tool]\nruff = 1\n[tool.cibuildwheel]\n", "[tool]\nruff = 1\n[tool.cibw]\n", "[tool.cibw]\n"),
    ],
)
def test_only_the_name_changes(text: str, new: str, table: str | None) -> None:
    migration = migrate("pyproject.toml", text)
    assert migration.text == new
    assert migration.table_text.strip() == (new if table is None else table).strip()


def test_changes_name_their_lines() -> None:
    text = "[tool]\ncibuildwheel.skip = ''\n[[tool.cibuildwheel.overrides]]\nselect = '*'\n"
    assert migrate("pyproject.toml", text).changes == (
        "line 2: tool.cibuildwheel.skip becomes tool.cibw.skip",
        "line 3: [[tool.cibuildwheel.overrides]] becomes [[tool.cibw.overrides]]",
    )


def test_changes_in_an_inline_table_name_its_line() -> None:
    text = "[tool]\ncibuildwheel = { linux = { free-threaded-support = true }, enable = ['cpython-freethreading'] }\n"
    migration = migrate("pyproject.toml", text)
    assert migration.text == "[tool]\ncibw = { linux = {  }, enable = [] }\n"
    assert [change.partition(":")[0] for change in migration.changes] == ["line 2"] * 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.cibuildwheel]\n[tool.cibw]\n", "already has a [tool.cibw] table"),
        ("[tool.ruff]\n", "has no [tool.cibuildwheel] table"),
        ("[tool", "is not valid TOML"),
        ("[tool.cibuildwheel]\nlinux.free-threaded-support = true\n", "Cannot rewrite"),
        ("[tool.'cibuildwhee\\u006c'.linux]\n".replace("'", '"'), "Cannot rewrite"),
        ("[tool]\ncibuildwheel = 1\n[tool.cibuildwheel]", "is not valid TOML"),
    ],
)
def test_what_can_not_be_migrated(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=r"pyproject\.toml") as caught:
        migrate("pyproject.toml", text)
    assert said in str(caught.value)


def test_a_table_that_is_none_only_gets_its_name() -> None:
    assert migrate("a.toml", "[tool]\ncibuildwheel = 1\n").text == "[tool]\ncibw = 1\n"


@pytest.mark.parametrize(
    ("value", "new"),
    [
        ('["cpython-freethreading", "pypy"]', '["pypy"]'),
        ("['pypy', 'cpython-freethreading']  # pypy, too", "['pypy']  # pypy, too"),
        ('["cpython-freethreading"]', "[]"),
        ('"cpython-freethreading pypy"', '"pypy"'),
        ('"cpython-experimental-riscv64"', '""'),
        ('[\n  "pypy",\n  "cpython-freethreading",  # fast\n]', '[\n  "pypy",\n]'),
        ('[\n  "cpython-freethreading",  # fast\n  # Why.\n  "pypy",  # on\n]', '[\n  # Why.\n  "pypy",  # on\n]'),
        ('[\n  "pypy",\n  "cpython-freethreading"\n]', '[\n  "pypy",\n]'),
        ("1", "1"),
    ],
)
def test_groups_that_are_gone_leave_enable(value: str, new: str) -> None:
    migration = migrate("a.toml", f"[tool.cibuildwheel]\nenable = {value}\nskip = 'cpython-freethreading'\n")
    assert migration.text == f"[tool.cibw]\nenable = {new}\nskip = 'cpython-freethreading'\n"
    assert sum("removed from enable" in change for change in migration.changes) == (value != new)


QUIET = 'build-frontend = "build"\ncontainer-engine = "docker"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('container-engine = "docker"\n', ["without build-frontend"]),
        ('build-frontend = "default"\ncontainer-engine = "docker"\n', ["without build-frontend"]),
        ('build-frontend = "pip"\n', ["container-engine is not set"]),
        ('build-frontend = "pip"\nlinux.container-engine = "podman"\n', []),
        (QUIET, []),
        (QUIET + 'build = ["cp38-*"]\n', ["build patterns that begin with cp38-"]),
        (QUIET + 'environment = "A=$B"\n', []),
        (QUIET + 'environment = "A=${B:-c}"\n', ["environment is parsed like bash"]),
        (QUIET + "macos.environment = { A = \"$'b'\" }\n", ["environment is parsed like bash"]),
        (QUIET + 'test-environment = "A=$(pwd)"\n', ["commands in test-environment"]),
        (QUIET + 'overrides = [1, { select = "*", test-environment = { A = "`b`", C = 1 } }]\n', ["commands in"]),
    ],
)
def test_notes(text: str, said: list[str]) -> None:
    notes = migration_notes(parse_toml(text), {})
    assert len(notes) == len(said)
    assert all(note.startswith(start) for note, start in zip(notes, said, strict=True))


def test_notes_about_variables() -> None:
    environ = {"CIBW_BUILD_FRONTEND": "pip", "CIBW_CONTAINER_ENGINE": "docker", "CIBW_COMPILER_CACHE": "auto"}
    assert migration_notes({}, environ) == ("CIBW_COMPILER_CACHE is set and takes effect; cibuildwheel ignores it",)
