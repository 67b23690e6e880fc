"""The checks of the house rules find what they should."""

from __future__ import annotations

import ast

import pytest
from house import imports, sizes, words
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
