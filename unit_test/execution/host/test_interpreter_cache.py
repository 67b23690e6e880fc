"""The file that keeps what the Pythons of the host say of themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cibw.execution.host.interpreters import read_cache, write_cache

FACTS = {
    "implementation": "cpython",
    "major": "3",
    "minor": "11",
    "free_threaded": "0",
    "path": "/usr/bin/python3.11",
    "libc": "glibc",
}


def test_facts_are_kept(tmp_path: Path) -> None:
    write_cache(tmp_path / "interpreters.json", {"a": FACTS})
    assert read_cache(tmp_path / "interpreters.json") == {"a": FACTS}


@pytest.mark.parametrize(
    "damaged",
    [
        *("", "{", "[]", "null", '{"a": 1}', '{"a": []}', '{"a": {}}', '{"a": {"implementation": "cpython"}}'),
        *(json.dumps({"a": {**FACTS, name: "x"}}) for name in ("major", "minor", "free_threaded", "libc", "path")),
        *(json.dumps({"a": {**FACTS, name: None}}) for name in FACTS if name != "implementation"),
    ],
)
def test_damaged_facts_are_asked_for_again(tmp_path: Path, damaged: str) -> None:
    (tmp_path / "interpreters.json").write_text(damaged)
    assert read_cache(tmp_path / "interpreters.json") == {}


def test_a_directory_in_place_of_the_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "interpreters.json" / "inner").mkdir(parents=True)
    assert read_cache(tmp_path / "interpreters.json") == {}
    write_cache(tmp_path / "interpreters.json", {"a": FACTS})
    assert read_cache(tmp_path / "interpreters.json") == {"a": FACTS}


def test_a_file_that_cannot_be_written_fails_no_run(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    write_cache(tmp_path / "cache" / "interpreters.json", {"a": FACTS})
