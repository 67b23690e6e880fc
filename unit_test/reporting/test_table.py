from __future__ import annotations

from dataclasses import replace

import pytest

from cibw.model.events import BuildResult, WheelFile
from cibw.reporting.tables import SHORT_HASH, wheel_table
from cibw.reporting.terminal import TerminalStyle
from unit_test.reporting.scenario import RESULTS

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
LONG = "a_long_name-1.0.0-cp312-cp312-manylinux1_x86_64.manylinux2014_x86_64.manylinux_2_17_x86_64.whl"
BUILT = replace(RESULTS[0], wheel=WheelFile(filename=LONG, size=18_345, sha256=HASH))


def squeezed(lines: list[str]) -> str:
    return "".join("".join(lines).split())


@pytest.mark.parametrize("width", [80, 100, 120, 160, 200, 300])
@pytest.mark.parametrize("unicode", [True, False])
def test_the_table_fits_and_nothing_is_cut(width: int, unicode: bool) -> None:
    lines = wheel_table([BUILT], TerminalStyle(width=width, unicode=unicode))
    assert max(map(len, lines)) <= width
    assert "…" not in "".join(lines)
    assert "\x1b" not in "".join(lines)
    pieces = ["a_long_name-1.0.0-", "manylinux1_x86_64.", "manylinux2014_x86_64.", "manylinux_2_17_x86_64.whl"]
    assert [piece for piece in pieces if piece not in squeezed(lines)] == []
    assert str(BUILT.identifier) in squeezed(lines)


@pytest.mark.parametrize(("width", "digits"), [(80, SHORT_HASH), (120, SHORT_HASH), (160, 64), (300, 64)])
def test_the_whole_hash_stands_where_it_fits(width: int, digits: int) -> None:
    lines = wheel_table([BUILT], TerminalStyle(width=width))
    assert any(line.endswith(f" {HASH[:digits]}") for line in lines)


def test_plain_streams_get_ascii() -> None:
    assert "".join(wheel_table([BUILT], TerminalStyle(unicode=False))).isascii()


def test_colours_come_where_they_are_wanted() -> None:
    assert "\x1b[1m" in "".join(wheel_table([BUILT], TerminalStyle(colour=True)))


@pytest.mark.parametrize("width", [1, 20, 50])
def test_a_tiny_terminal_is_no_failure(width: int) -> None:
    assert wheel_table([BUILT], TerminalStyle(width=width))


def test_signs_of_markup_are_plain_text() -> None:
    wheel = WheelFile(filename="[bold]-1.0-py3-none-linux_x86_64.whl", size=1, sha256=HASH)
    lines = wheel_table([replace(BUILT, wheel=wheel)], TerminalStyle(width=200))
    assert any("[bold]-1.0-" in line for line in lines)


@pytest.mark.parametrize("results", [[], [RESULTS[3]]])
def test_without_wheels_there_is_no_table(results: list[BuildResult]) -> None:
    assert wheel_table(results, TerminalStyle()) == []
