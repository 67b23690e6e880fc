from __future__ import annotations

import os
from pathlib import Path

import pytest

from cibw.untrusted.limits import UnreadableFileError
from cibw.untrusted.text import MOST_SOURCE, MOST_TEXT, read_bytes, read_text


def text_of(tmp_path: Path, data: bytes, name: str = "setup.py") -> str | None:
    (tmp_path / name).write_bytes(data)
    return read_text(tmp_path / name, name)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"# -*- coding: latin-1 -*-\nname = '\xe9'", "\u00e9"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nname = '\x80'", "\u20ac"),
        (b"\n# coding=koi8-r\nname = '\xc1'", "\u0430"),
        (b"\xef\xbb\xbfname = '\xc3\xa9'", "\u00e9"),
        (b"\xef\xbb\xbf# coding: latin-1\nname = '\xc3\xa9'", "\u00e9"),
        (b"name = '\xc3\xa9'\n# coding: latin-1\n", "\u00e9"),
        (b"\n\n# coding: latin-1\nname = '\xc3\xa9'", "\u00e9"),
        (b"# coding: utf-8-sig\r\nname = '\xc3\xa9'\r", "\u00e9"),
    ],
)
def test_a_python_source_is_read_by_its_own_encoding(tmp_path: Path, data: bytes, text: str) -> None:
    found = text_of(tmp_path, data)
    assert found is not None
    assert f"name = '{text}'" in found
    assert "\r" not in found
    assert "\ufeff" not in found


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"name = '\xe9'", "is not UTF-8 text: invalid continuation byte at byte 8"),
        (b"# coding: utf-8\nname = '\xe9'", "is not UTF-8 text"),
        (b"# coding: ascii\nname = '\xe9'", "is not ascii text"),
        (b"# coding: klingon\n", "declares the unknown encoding 'klingon'"),
        (b"# coding: hex\n41", "declares the unknown encoding 'hex'"),
        (b"# coding: punycode\n" + b"a" * 100_000, "declares the unknown encoding"),
        (b"# coding: Unicode_Escape\n", "declares the unknown encoding"),
        (b"# coding: utf-16-le\n\n", "is not utf-16-le text"),
        (b"#" * (MOST_SOURCE + 1), "is larger than 1 MiB"),
    ],
)
def test_a_source_that_can_not_be_read_is_named(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFileError, match=rf"^setup\.py {reason}"):
        text_of(tmp_path, data)


@pytest.mark.parametrize("name", ["setup.cfg", "meson.build", "Cargo.toml", "pyproject.toml"])
def test_other_files_are_utf_8(tmp_path: Path, name: str) -> None:
    assert text_of(tmp_path, b"\xef\xbb\xbf# coding: latin-1\r\n\xc3\xa9", name) == "# coding: latin-1\n\u00e9"
    with pytest.raises(UnreadableFileError, match=f"^{name} is not UTF-8 text"):
        text_of(tmp_path, b"# coding: latin-1\n\xe9", name)
    with pytest.raises(UnreadableFileError, match=f"^{name} is larger than 4 MiB"):
        text_of(tmp_path, bytes(MOST_TEXT + 1), name)


def test_no_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "directory").mkdir()
    for name in ("missing", "directory", "file/below"):
        assert read_text(tmp_path / name) is None
        assert read_bytes(tmp_path / name, name) is None


def test_special_files_are_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    for name, reason in (("fifo", "is not a regular file"), ("device", "is not a regular"), ("loop", "cannot be read")):
        with pytest.raises(UnreadableFileError, match=f"^{name} {reason}"):
            read_text(tmp_path / name, name)
    with pytest.raises(UnreadableFileError, match="is not the name of a file"):
        read_text(tmp_path / "a\0b")


def test_a_link_to_a_file_is_fine(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    (tmp_path / "link").symlink_to("file")
    assert read_text(tmp_path / "link") == "text"
