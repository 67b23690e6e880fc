from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.untrusted.limits import TooDeepError, TooLargeError, in_units, parse_json, read_limited, read_text_limited

_SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
_ENCODABLE = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    _SCALARS | _ENCODABLE, lambda inner: st.lists(inner) | st.dictionaries(_ENCODABLE, inner), max_leaves=30
)


@given(JSON, st.booleans())
def test_json_means_what_it_means_elsewhere(value: object, is_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    assert parse_json(text) == value
    assert parse_json(text.encode("utf-16")) == value


@given(st.text() | st.binary())
def test_any_text_is_json_or_a_value_error(text: str | bytes) -> None:
    try:
        value = parse_json(text)
    except ValueError:
        return
    json.dumps(value, ensure_ascii=False).encode()


@pytest.mark.parametrize("unit", ["[", '{"a":', '[{"a":[', '"a",[', "[]["])
def test_nesting_is_measured_before_it_is_parsed(unit: str) -> None:
    with pytest.raises(TooDeepError, match="nested more than 100 levels deep"):
        parse_json(unit * 500_000)


def test_brackets_in_strings_are_not_nested() -> None:
    assert parse_json(json.dumps(["[" * 1000, '\\"[' * 1000])) == ["[" * 1000, '\\"[' * 1000]
    assert parse_json("[" * 100 + "]" * 100)
    with pytest.raises(TooDeepError):
        parse_json("[" * 101 + "]" * 101)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9" * 4301, "a number with thousands of digits"),
        ("-" + "9" * 100_000, "a number with thousands of digits"),
        ("1e400", "too large"),
        ("NaN", "not JSON"),
        ("-Infinity", "not JSON"),
        (b"\xff\xfe\xff", "codec can't decode"),
        ("[" + "[]," * 1_000_001 + "[]]", "more than 1000000 arrays"),
        ("[{", "Expecting property name"),
        ("[]]" * 40, "Extra data"),
    ],
)
def test_values_that_programs_stumble_over_are_refused(text: str | bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_json(text)


def test_halves_of_surrogate_pairs_are_replaced() -> None:
    assert parse_json(r'{"\ud800": ["\udfff a", "\ud83d\ude00"]}') == {"\ufffd": ["\ufffd a", "\U0001f600"]}


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a\r\nb\rc\n")
    assert read_limited(path, 7) == b"a\r\nb\rc\n"
    assert read_text_limited(path) == "a\nb\nc\n"
    with pytest.raises(TooLargeError, match="larger than 6 bytes"):
        read_limited(path, 6)


def test_a_file_of_endless_zeros_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(TooLargeError, match="larger than 16 MiB"):
        read_limited(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in directories")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="not a regular file"):
        read_limited(tmp_path / "pipe")


def test_what_can_not_be_read_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_limited(tmp_path / "missing")
    with pytest.raises(OSError):  # noqa: PT011 - another one on each system
        read_limited(tmp_path)


@pytest.mark.parametrize(
    ("size", "shown"), [(6, "6 bytes"), (1536, "1.5 KiB"), (16 << 20, "16 MiB"), (3 << 30, "3 GiB")]
)
def test_sizes_have_units(size: int, shown: str) -> None:
    assert in_units(size) == shown
