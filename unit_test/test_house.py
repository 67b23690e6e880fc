"""The checks of the house rules find what they should."""

from __future__ import annotations

import ast

import pytest
from house import imports, repeats, sizes, words
from house.sources import Finding, Source


def source(text: str, path: str = "cibw/model/thing.py") -> Source:
    return Source(path=path, text=text, tree=ast.parse(text))


def messages(*findings: Finding) -> list[str]:
    return [finding.message for finding in findings]


def test_long_functions_and_files_are_found() -> None:
    function = "def long():\n" + "    pass\n" * sizes.FUNCTION_LINES
    assert messages(*sizes.check(source(function))) == ["long has 41 lines; a function holds up to 40"]
    assert messages(*sizes.check(source("\n" * 301))) == ["301 lines; a file holds up to 300"]
    assert not messages(*sizes.check(source("\n" * 300)))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("from typing import Any", "cibw/model/a.py"),
        ("from typing import cast", "unit_test/a.py"),
        ("import typing\nx: typing.Any", "bin/a.py"),
        ("x = 1  # type: " + "ignore[code]", "cibw/model/a.py"),
        ("x = 1  # type: " + "ignore", "cibw/running/container_sdk.py"),
        ("monkeypatch." + "setattr(a, 'b', 1)", "unit_test/a.py"),
        ("with mock.pat" + "ch('a'): pass", "unit_test/a.py"),
        ("raise " + "NotImplemented" + "Error", "cibw/model/a.py"),
    ],
)
def test_forbidden_words_are_found(text: str, path: str) -> None:
    assert len(messages(*words.check(source(text, path)))) == 1


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("from typing import Protocol", "cibw/model/a.py"),
        ("x = 1  # type: " + "ignore[code]", "cibw/running/container_sdk.py"),
        ("monkeypatch.setenv('a', 'b')", "unit_test/a.py"),
        ("dispatch(1)", "unit_test/a.py"),
    ],
)
def test_other_words_pass(text: str, path: str) -> None:
    assert not messages(*words.check(source(text, path)))


def test_the_hosts_of_registries_are_found() -> None:
    host = "https://" + "py" + "pi.org/simple"
    assert messages(*words.check_text("README.md", f"see\n{host}\n")) == ["names the host of a package registry"]
    assert not messages(*words.check_text("README.md", "https://example.org/simple"))


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        ("import docker", "cibw/running/host.py", True),
        ("from docker.errors import APIError", "cibw/cli/build.py", True),
        ("import docker", "cibw/running/container_sdk.py", False),
        ("import subprocess", "cibw/running/flow.py", True),
        ("import subprocess", "cibw/running/host.py", False),
        ("from urllib import request", "cibw/running/zig.py", True),
        ("from urllib import parse", "cibw/running/zig.py", False),
        ("import os\nos.environ['A']", "cibw/cli/main.py", True),
        ("from os import getenv", "cibw/cli/main.py", True),
        ("import os\nos.environ['A']", "cibw/running/probe.py", False),
        ("import subprocess", "bin/tool.py", False),
    ],
)
def test_misplaced_imports_are_found(text: str, path: str, found: bool) -> None:
    assert bool(messages(*imports.check(source(text, path)))) is found


PLATFORM = "cibw/planning/platforms"
ORIGINAL = "def f(a):\n    b = g(a, 'one')\n    if b:\n        return b + 1\n    return h(b)\n"
RENAMED = "def x(y):\n    z = w(y, f'{y} two')\n\n    if z:  # why\n        return z + 22\n    return v(z)\n"


def platforms(*texts: str) -> list[Source]:
    return [source(text, f"{PLATFORM}/{number}.py") for number, text in enumerate(texts)]


def test_a_platform_file_is_shorter_than_others() -> None:
    assert messages(*repeats.check(platforms("\n" * 251))) == ["251 lines; a platform file holds up to 250"]
    assert not messages(*repeats.check([*platforms("\n" * 250), source("\n" * 251)]))


def test_lines_of_one_shape_are_found_whatever_their_names() -> None:
    (found,) = messages(*repeats.check(platforms(ORIGINAL * 2, RENAMED * 2)))
    assert found == (
        f"10 lines have the shape of {PLATFORM}/1.py (lines 1 to 10 as at 1, 1 to 5 as at 7, 6 to 10 as at 1); "
        "move what is common beside them"
    )


def test_runs_of_one_pair_of_files_are_added_up() -> None:
    two_runs = ORIGINAL + "import a\nif a:\n    pass\n" + ORIGINAL
    assert len(messages(*repeats.check(platforms(two_runs, RENAMED)))) == 1
    assert not messages(*repeats.check(platforms(ORIGINAL, RENAMED)))


def test_short_runs_and_other_files_may_be_alike() -> None:
    apart = "".join(
        f"a = 'x'\nb = c()\nd = e.f\n{'()' * number}\nif {number} + {'g.' * number}h:\n    pass\n"
        for number in (1, 2, 3, 4)
    )
    other = "a = 'x'\nb = c()\nd = e.f\nfor i in j:\n    k()\n" * 4
    assert not messages(*repeats.check(platforms(apart, other)))
    assert not messages(*repeats.check([*platforms(ORIGINAL * 2), source(RENAMED * 2)]))


def test_imports_comments_and_lone_punctuation_do_not_count() -> None:
    text = "from a import (\n    b,\n)\nimport c\n\n# why\nd(\n    e,\n)\n"
    assert [(line.number, line.shape) for line in repeats.lines_of(text)] == [
        (7, ("name", "(")),
        (8, ("name", ",")),
    ]
