from __future__ import annotations

import pytest

from cibw.config.enable import EnableGroup, group_of, parse_enable
from cibw.model.identifier import BuildIdentifier


@pytest.mark.parametrize(
    ("words", "groups"),
    [
        ([], set()),
        (["pypy", "graalpy", "pypy"], {EnableGroup.PYPY, EnableGroup.GRAALPY}),
        (["all"], set(EnableGroup)),
        (["pypy-eol", "all"], set(EnableGroup)),
    ],
)
def test_groups_are_read(words: list[str], groups: set[EnableGroup]) -> None:
    assert parse_enable(words) == groups


def test_an_unknown_group_is_refused_with_the_list() -> None:
    with pytest.raises(ValueError, match=r"unknown enable group 'pipy'; the groups are cpython-prerelease, .*, all"):
        parse_enable(["pypy", "pipy"])


@pytest.mark.parametrize(
    ("identifier", "group"),
    [
        ("cp39-manylinux_x86_64", None),
        ("cp315t-win_amd64", None),
        ("cp316-manylinux_x86_64", EnableGroup.CPYTHON_PRERELEASE),
        ("cp316t-win32", EnableGroup.CPYTHON_PRERELEASE),
        ("pp39-manylinux_i686", EnableGroup.PYPY_EOL),
        ("pp310-macosx_arm64", EnableGroup.PYPY_EOL),
        ("pp311-win_amd64", EnableGroup.PYPY),
        ("gp312_250-manylinux_x86_64", EnableGroup.GRAALPY),
        ("cp312-pyodide_wasm32", EnableGroup.PYODIDE_EOL),
        ("cp313-pyodide_wasm32", None),
    ],
)
def test_each_identifier_knows_its_group(identifier: str, group: EnableGroup | None) -> None:
    assert group_of(BuildIdentifier.parse(identifier)) is group
