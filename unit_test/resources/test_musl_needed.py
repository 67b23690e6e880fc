from __future__ import annotations

import base64
import csv
import hashlib
import io
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

import pytest

from cibw.resources.musl_needed import libc_name, main, record, rename_libc

RECORD = "pkg-1.dist-info/RECORD"
X86_64_ELF = b"\x7fELF\x02\x01" + bytes(12) + b"\x3e\x00 needs libc.so"


def digest(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


def edit(content: bytes, libc: str) -> bytes:
    return content.replace(b"libc.so", libc.encode())


def wheel_with(directory: Path, files: dict[str, bytes]) -> Path:
    wheel = directory / "pkg-1-cp313-cp313-linux_x86_64.whl"
    rows = io.StringIO()
    csv.writer(rows, lineterminator="\n").writerows(
        [*([name, digest(content), str(len(content))] for name, content in files.items()), [RECORD, "", ""]]
    )
    with ZipFile(wheel, "w") as archive:
        for number, (name, content) in enumerate([*files.items(), (RECORD, rows.getvalue().encode())]):
            member = ZipInfo(name, (2020, 2, 2, 0, 0, 2 * number))
            member.external_attr = 0o100755 << 16
            archive.writestr(member, content, compress_type=ZIP_STORED if number == 0 else ZIP_DEFLATED)
    return wheel


def described(wheel: Path) -> list[tuple[str, tuple[int, ...], int, int]]:
    with ZipFile(wheel) as archive:
        return [
            (member.filename, member.date_time, member.external_attr, member.compress_type)
            for member in archive.infolist()
        ]


def test_renames_in_libraries_and_keeps_the_rest(tmp_path: Path) -> None:
    files = {"pkg/text": b"libc.so", "pkg/a, b.so": X86_64_ELF, "pkg/other.so": b"\x7fELF\x02\x01" + bytes(20)}
    wheel = wheel_with(tmp_path, files)
    before = described(wheel)
    assert rename_libc(wheel, edit) == ["pkg/a, b.so"]
    assert described(wheel) == before
    new = X86_64_ELF.replace(b"libc.so", b"libc.musl-x86_64.so.1")
    with ZipFile(wheel) as archive:
        assert archive.testzip() is None
        assert archive.read("pkg/text") == b"libc.so"
        assert archive.read("pkg/a, b.so") == new
        rows = list(csv.reader(io.StringIO(archive.read(RECORD).decode())))
    assert rows == [
        ["pkg/text", digest(b"libc.so"), "7"],
        ["pkg/a, b.so", digest(new), str(len(new))],
        ["pkg/other.so", digest(files["pkg/other.so"]), "26"],
        [RECORD, "", ""],
    ]
    assert list(tmp_path.iterdir()) == [wheel]


def test_a_wheel_without_such_a_library_is_left_alone(tmp_path: Path) -> None:
    wheel = wheel_with(tmp_path, {"pkg/__init__.py": b"libc.so"})
    before = wheel.read_bytes()
    assert rename_libc(wheel, edit) == []
    assert wheel.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (X86_64_ELF, "libc.musl-x86_64.so.1"),
        (b"\x7fELF\x01\x01" + bytes(12) + b"\x28\x00", "libc.musl-armv7.so.1"),
        (b"\x7fELF\x01\x01" + bytes(12) + b"\x03\x00", "libc.musl-x86.so.1"),
        (b"\x7fELF\x02\x02" + bytes(12) + b"\x00\x16", "libc.musl-s390x.so.1"),
        (b"\x7fELF\x02\x01" + bytes(12) + b"\xff\xff", ""),
        (b"\x7fELF", ""),
        (b"#!/bin/sh", ""),
    ],
)
def test_libc_name(content: bytes, name: str) -> None:
    assert libc_name(content) == name


def test_record_lines_that_do_not_change_stay_as_they_are() -> None:
    assert record('"a, b",sha256=x,1\n\nc,,\n', {}) == '"a, b",sha256=x,1\n\nc,,\n'


@pytest.mark.parametrize("method", [ZIP_BZIP2, ZIP_LZMA])
def test_a_wheel_of_another_method_ends_with_one_line(tmp_path: Path, method: int) -> None:
    wheel = tmp_path / "pkg-1-py3-none-any.whl"
    with ZipFile(wheel, "w", method) as archive:
        archive.writestr("a", b"content")
    with pytest.raises(SystemExit, match=r"pkg-1-py3-none-any\.whl cannot be read"):
        main(str(wheel))


@pytest.mark.parametrize("place", [45, -30, -5])
def test_a_damaged_wheel_ends_with_one_line(tmp_path: Path, place: int) -> None:
    wheel = wheel_with(tmp_path, {"pkg/m.so": X86_64_ELF * 9})
    data = bytearray(wheel.read_bytes())
    data[place] ^= 0xFF
    wheel.write_bytes(data[:-4] if place == -5 else data)
    with pytest.raises(SystemExit, match="cannot be read"):
        main(str(wheel))
