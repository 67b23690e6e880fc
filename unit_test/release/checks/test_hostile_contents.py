"""Distributions that were made to harm those who look at them: each ends with one finding, and no traceback."""

from __future__ import annotations

import base64
import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cibw.errors import ReleaseFaultError
from cibw.release.checks.contents import OddFile, read_contents, read_metadata
from cibw.release.checks.rules import MOST_FAULTS
from cibw.release.sdist import read_sdist, sdist_findings
from unit_test.release.archives import FIELDS, Made, digest
from unit_test.release.checks.checking import contents, found, rules
from unit_test.untrusted.hostile import END, header, member, overlapping, tar_bytes
from unit_test.untrusted.hostile import hostile_tars as tars

INFO = "demo-1.0.dist-info"


def with_members(directory: Path, **members: bytes) -> Path:
    """A wheel with other files in its directory of metadata; RECORD fits unless it is one of them."""
    made = Made(extra={f"{INFO}/{name}": data for name, data in members.items() if name != "RECORD"})
    files = made.wheel_files()
    if "RECORD" in members:
        files[f"{INFO}/RECORD"] = members["RECORD"]
    return made.wheel(directory, files)


def metadata(*fields: str, body: str = "text") -> bytes:
    return "\n".join(("Metadata-Version: 2.4", "Name: demo", "Version: 1.0", *fields, "", body)).encode()


def one_error(path: Path) -> str:
    """The message of the only error that is found about an archive."""
    (finding,) = [one for one in found(path) if one.rule == "broken-archive"]
    assert "\n" not in finding.message
    return finding.message


@pytest.mark.parametrize("name", ["METADATA", "WHEEL", "entry_points.txt"])
def test_a_file_of_metadata_has_a_largest_size(tmp_path: Path, name: str) -> None:
    assert f"{name}' has 9437184 bytes, but the limit is 8388608" in one_error(
        with_members(tmp_path, **{name: bytes(9 << 20)})
    )


def test_a_record_has_a_largest_size(tmp_path: Path) -> None:
    assert "but the limit is" in one_error(with_members(tmp_path, RECORD=bytes(65 << 20)))


def test_a_size_in_a_header_is_not_trusted(tmp_path: Path) -> None:
    path = with_members(tmp_path, METADATA=bytes(9 << 20))
    data = path.read_bytes().replace((9 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    path.write_bytes(data)
    assert "as a zip file: " in one_error(path)


def test_a_pkg_info_has_a_largest_size(tmp_path: Path) -> None:
    path = Made().sdist(tmp_path, {"demo-1.0/PKG-INFO": bytes(9 << 20)})
    assert "has 9437184 bytes" in one_error(path)
    with pytest.raises(ReleaseFaultError, match="has 9437184 bytes"):
        read_sdist(path)


def test_an_sdist_that_swells_in_its_headers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0.tar.gz"
    long = header(b"name", b"L", b"%o" % (1 << 20)) + bytes(1 << 20)
    path.write_bytes(gzip.compress(long * 80 + header(b"demo-1.0/PKG-INFO") + END))
    assert "200 times" in one_error(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_without_a_limit_is_found_and_not_read(tmp_path: Path, method: int) -> None:
    path = Made(method=method).wheel(tmp_path)
    data = bytearray(path.read_bytes())
    data[data.index(b"METADATA") + 12] ^= 0xFF
    path.write_bytes(data)
    assert [one for one in rules(found(path)) if one != "missing-sdist"] == ["compression"]


@pytest.mark.parametrize(
    "field",
    [
        "Content-Type: multipart/mixed; boundary=b",
        "Content-Type: message/rfc822",
        "content-type : multipart/mixed;\n boundary=b",
        "MIME-Version: 1.0",
    ],
)
def test_fields_of_mail_are_faults(tmp_path: Path, field: str) -> None:
    read = read_metadata(metadata(field, body="--b\n\npart\n\n--b--\n"))
    assert read.one("name") == "demo"
    assert read.one("description").startswith("--b")
    assert [name for name, _ in read.faults] == [field.partition(":")[0].strip().lower()]
    assert "invalid-metadata" in rules(found(with_members(tmp_path, METADATA=metadata(field, body="--b\n"))))


def test_a_description_is_never_decoded() -> None:
    hidden = base64.b64encode(b"another text").decode()
    assert read_metadata(metadata("Content-Transfer-Encoding: base64", body=hidden)).one("description") == hidden


@pytest.mark.parametrize(
    "fields",
    [
        (f"Requires-Dist: a; {'(' * 30_000}",),
        (f"Requires-Python: >={'9' * 5000}",),
        (f"Author-email: {'(' * 30_000}",),
        (f"Author-email: {'<' * 9_000}",),
        (f"Maintainer-email: {'a@b.org,' * 100_000}",),
        (f"Summary: {'x' * 1_000_000}",),
        (f"License-Expression: {'(' * 10_000}MIT",),
        (f"Description-Content-Type: {';' * 100_000}",),
        ("\udcff: \udcff",),
    ],
    ids=lambda fields: fields[0][:20].encode("ascii", "replace").decode(),
)
def test_no_field_ends_with_a_traceback(tmp_path: Path, fields: tuple[str, ...]) -> None:
    text = "\n".join(("Metadata-Version: 2.4", "Name: demo", "Version: 1.0", *fields, "", "text"))
    findings = found(with_members(tmp_path, METADATA=text.encode("utf-8", "surrogateescape")))
    assert all(len(finding.message) < 1100 for finding in findings)


@pytest.mark.parametrize("version", ["9" * 5000, "1." * 5000 + "0", "1!" * 100])
def test_a_version_of_any_length(tmp_path: Path, version: str) -> None:
    data = f"Metadata-Version: 2.4\nName: demo\nVersion: {version}\n\ntext".encode()
    assert {"metadata-name", "invalid-metadata"}.intersection(rules(found(with_members(tmp_path, METADATA=data))))
    sdist = Made().sdist(tmp_path, {"demo-1.0/PKG-INFO": data})
    assert {"metadata-name", "invalid-metadata"}.intersection(rules(found(sdist)))
    assert [one.rule for one in sdist_findings(contents(sdist).distribution, read_sdist(sdist))] == ["sdist-metadata"]


@pytest.mark.parametrize("version", ["\u00b2.4", "2.\u00b2", f"2.{'9' * 5000}", "2"])
def test_a_version_of_metadata_that_is_no_number(version: str) -> None:
    read = read_metadata(f"Metadata-Version: {version}\nName: demo\nVersion: 1.0\n".encode())
    assert not read.has_license_files


@pytest.mark.parametrize(
    "fields",
    [("Classifier: x",) * 400_000, tuple(f"Field-{number}: x" for number in range(201))],
    ids=["many", "many names"],
)
def test_too_many_fields_are_one_fault(tmp_path: Path, fields: tuple[str, ...]) -> None:
    path = with_members(tmp_path, METADATA=metadata(*fields))
    (finding,) = [one for one in found(path) if one.rule == "invalid-metadata"]
    assert "nothing was read" in finding.message


def test_faults_of_one_kind_are_listed_up_to_a_limit(tmp_path: Path) -> None:
    fields = [f"Classifier: Bogus :: {number}" for number in range(10_000)]
    findings = [one for one in found(Made(fields=(*FIELDS, *fields)).wheel(tmp_path)) if "classifier" in one.rule]
    assert len(findings) == MOST_FAULTS + 1
    assert findings[-1].message == "More problems of this kind are not listed."


def test_a_tag_that_stands_for_a_billion(tmp_path: Path) -> None:
    part = ".".join(f"x{number}" for number in range(1000))
    findings = found(with_members(tmp_path, WHEEL=f"Tag: {part}-{part}-{part}\n".encode()))
    assert "more than 10000 tags" in next(one.message for one in findings if one.rule == "wheel-tags")


@pytest.mark.parametrize("record", ["demo/__init__.py,sha256=x,0\ndemo/__init__.py\n", "\0,\0", '"', "a" * 200_000])
def test_a_record_of_any_form(tmp_path: Path, record: str) -> None:
    assert "record" in rules(found(with_members(tmp_path, RECORD=record.encode())))


def test_entry_points_that_no_parser_reads(tmp_path: Path) -> None:
    findings = found(with_members(tmp_path, **{"entry_points.txt": b"x\n" * 100_000}))
    assert "more than 10000 lines" in next(one.message for one in findings if one.rule == "entry-points")


def test_messages_hold_no_control_characters(tmp_path: Path) -> None:
    data = b"Metadata-Version: 2.4\nName: \x1b[2Jdemo\nVersion: 1.0\n\ntext"
    findings = found(with_members(tmp_path, METADATA=data))
    assert findings
    assert not any("\x1b" in finding.message + finding.fix for finding in findings)


def many_members(count: int) -> bytes:
    """A small zip archive whose directory has one entry many times."""
    with io.BytesIO() as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("a", b"")
        whole = stream.getvalue()
    start, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    directory = whole[start:end] * count
    tail = bytearray(whole[end:])
    tail[8:12] = b"\xff" * 4
    tail[12:16] = len(directory).to_bytes(4, "little")
    return whole[:start] + directory + bytes(tail)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (many_members(200_001), "more than 200000 members"),
        (many_members(2), "overlaps with another member"),
        (overlapping(), "overlaps with another member"),
    ],
    ids=["many", "twice", "overlapping"],
)
def test_a_directory_that_is_not_honest(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / Made().wheel(tmp_path).name
    path.write_bytes(data)
    assert reason in one_error(path)


@pytest.mark.parametrize("trick", tars())
def test_an_sdist_that_can_not_be_unpacked_is_not_fit(tmp_path: Path, trick: str) -> None:
    path = tmp_path / "demo-1.0.tar.gz"
    path.write_bytes(gzip.compress(tars()[trick]))
    assert {"archive-form", "broken-archive"}.intersection(rules(found(path)))


def compressed_part(data: bytes) -> tuple[int, int]:
    """Where the compressed data of a gzip file lies, or that of METADATA in a wheel."""
    if data.startswith(b"PK"):
        return data.index(b"METADATA") + 8, data.index(b"PK", data.index(b"METADATA"))
    return data.index(b"\0", 10) + 1, len(data)


@pytest.mark.parametrize("make", [Made.wheel, Made.sdist], ids=["wheel", "sdist"])
def test_a_changed_byte_of_the_compressed_data_is_found(tmp_path: Path, make: Callable[[Made, Path], Path]) -> None:
    text = "".join(chr(32 + number * 7919 % 90) for number in range(2000))
    path = make(Made(readme=f"Title\n=====\n\n::\n\n  {text}\n"), tmp_path)
    data = path.read_bytes()
    whole = rules(found(path))
    start, end = compressed_part(data)
    for place in range(start, end, 9):
        changed = bytearray(data)
        changed[place] ^= 0xFF
        path.write_bytes(changed)
        assert rules(found(path)) != whole


@pytest.mark.parametrize(
    "ending", [b"x", b"\0" * 30 + b"x", gzip.compress(tar_bytes([member("a")]))], ids=["text", "zeros", "archive"]
)
def test_what_follows_an_sdist_is_found(tmp_path: Path, ending: bytes) -> None:
    path = Made().sdist(tmp_path)
    path.write_bytes(path.read_bytes() + ending)
    assert one_error(path)


@pytest.mark.parametrize("place", [-8, -4, -1])
def test_the_checksum_and_the_length_of_gzip_count(tmp_path: Path, place: int) -> None:
    path = Made().sdist(tmp_path)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    assert one_error(path)
    with pytest.raises(ReleaseFaultError, match="Cannot read"):
        read_sdist(path)


def test_a_member_that_no_record_lists_is_read_as_well(tmp_path: Path) -> None:
    made = Made()
    path = made.wheel(tmp_path, {**made.wheel_files(), "demo/extra.bin": b"content" * 50})
    data = bytearray(path.read_bytes())
    data[data.index(b"demo/extra.bin") + 20] ^= 0xFF
    path.write_bytes(data)
    assert "as a zip file: " in one_error(path)


def test_a_fifo_is_no_distribution(tmp_path: Path) -> None:
    for name in ("demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl"):
        os.mkfifo(tmp_path / name)
        read = read_contents(tmp_path / name)
        assert isinstance(read, OddFile)
        assert "is not a regular file" in read.reason


def test_hashes_that_this_python_does_not_know(tmp_path: Path) -> None:
    made = Made()
    files = made.wheel_files()
    files[f"{INFO}/RECORD"] = f"demo/__init__.py,nohash=x,0\na,shake_128=x,0\n{INFO}/WHEEL,{digest(b'x')},1\n".encode()
    assert "record" in rules(found(made.wheel(tmp_path, files)))


def test_a_tar_with_a_damaged_header_does_not_end_there(tmp_path: Path) -> None:
    path = Made().sdist(tmp_path)
    with tarfile.open(path) as archive:
        second = archive.getmembers()[1].offset
    data = bytearray(gzip.decompress(path.read_bytes()))
    data[second + 5] ^= 1
    path.write_bytes(gzip.compress(bytes(data)))
    assert "checksum" in one_error(path)
