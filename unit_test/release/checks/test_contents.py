from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import Buffer

from cibw.model.manifest import stops
from cibw.release.checks.contents import OddFile, dist_info, is_bomb, read_contents, read_metadata, sdist_root
from cibw.release.upload_plan import distributions_in
from unit_test.release.archives import Made, digest
from unit_test.release.checks.checking import contents, found, rules

WHEEL = "demo-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"


def test_a_wheel_with_all_that_counts(tmp_path: Path) -> None:
    read = contents(
        Made(extra={"demo-1.0.dist-info/entry_points.txt": b"[console_scripts]\ndemo = demo:main\n"}).wheel(tmp_path)
    )
    assert (read.filename, read.broken, read.framing) == (WHEEL, "", ())
    assert read.metadata is not None
    assert read.metadata.one("name") == "demo"
    assert read.metadata.all("requires_dist") == ("packaging>=24",)
    assert read.metadata.all("project_urls") == ("Source, https://example.org/demo",)
    assert read.metadata.faults == ()
    assert "Tag: cp312" in (read.wheel_file or "")
    assert (read.entry_points or "").startswith("[console_scripts]")
    licence = next(member for member in read.members if member.name.endswith("LICENSE"))
    assert (licence.size, licence.method, licence.digest, licence.kind) == (3, "deflated", digest(b"MIT"), "")
    assert read.unpacked == sum(member.size for member in read.members)


def test_an_sdist(tmp_path: Path) -> None:
    read = contents(Made().sdist(tmp_path))
    assert (read.is_wheel, read.broken, read.framing, read.record) == (False, "", (), None)
    assert [member.name for member in read.members] == ["demo-1.0/PKG-INFO", "demo-1.0/LICENSE"]
    assert read.metadata is not None
    assert read.metadata.one("version") == "1.0"


def test_links_and_directories(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, kind in (
            ("demo-1.0", tarfile.DIRTYPE),
            ("demo-1.0/a", tarfile.SYMTYPE),
            ("demo-1.0/b", tarfile.LNKTYPE),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "demo-1.0/c"
            archive.addfile(entry)
    assert [(one.name, one.kind) for one in contents(path).members] == [
        ("demo-1.0/a", "a symbolic link"),
        ("demo-1.0/b", "a hard link"),
    ]


@pytest.mark.parametrize("name", [WHEEL, "demo-1.0.tar.gz"])
@pytest.mark.parametrize("data", [b"", b"not an archive", b"PK\x03\x04 and no more", b"\x1f\x8b\x08 and no more"])
def test_what_is_no_archive(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    assert name in contents(tmp_path / name).broken
    assert "broken-archive" in rules(found(tmp_path / name))


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
@given(place=st.integers(0, 2000), value=st.integers(0, 255), cut=st.booleans())
def test_no_damage_ends_with_a_traceback(kind: str, place: int, value: int, *, cut: bool) -> None:
    with TemporaryDirectory() as directory:
        path = Made().wheel(Path(directory)) if kind == "wheel" else Made().sdist(Path(directory))
        data = bytearray(path.read_bytes())
        place %= len(data)
        data[place] = value
        path.write_bytes(data[:place] if cut else data)
        assert found(path) is not None


@given(st.binary(max_size=200))
def test_any_bytes_may_stand_in_for_metadata(data: bytes) -> None:
    assert read_metadata(data).faults


@given(
    st.lists(
        st.sampled_from(
            ["Name: a b", "Version: one", "Requires-Dist: ???", "Classifier: x", "Odd-Field: y", "Name: c"]
        ),
        max_size=6,
    )
)
def test_faults_of_metadata_have_a_field(lines: list[str]) -> None:
    read = read_metadata("\n".join(("Metadata-Version: 2.1", *lines, "")).encode())
    assert all(field and text for field, text in read.faults)
    assert read.all("classifiers") == tuple("x" for line in lines if line == "Classifier: x")


def test_a_locked_member_is_no_traceback(tmp_path: Path) -> None:
    path = Made().wheel(tmp_path)
    data = bytearray(path.read_bytes())
    # The flag of a member that is encrypted, in the directory at the end of the zip file.
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert "encrypted" in contents(path).broken


def test_a_member_without_a_name_is_no_traceback(tmp_path: Path) -> None:
    path = Made().wheel(tmp_path)
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    # The name of the last member becomes a comment on it.
    data[entry + 32 : entry + 34] = data[entry + 28 : entry + 30]
    data[entry + 28 : entry + 30] = b"\0\0"
    path.write_bytes(data)
    assert "as a zip file: " in contents(path).broken


def test_odd_archives(tmp_path: Path) -> None:
    path = Made().wheel(tmp_path)
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../evil.py", "")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("demo/__init__.py", "")
    assert contents(path).framing == (
        "there is data before the first member of the zip file",
        "demo/__init__.py is in the zip file more than once",
        "it is not safe to unpack: '../evil.py' points outside the archive",
    )
    sdist = Made().sdist(tmp_path, {"other/PKG-INFO": b"", "demo-1.0/../x": b""})
    assert contents(sdist).framing == (
        "other/PKG-INFO is not in the directory demo-1.0; an sdist must have one top-level directory",
        "it is not safe to unpack: 'demo-1.0/../x' points outside the archive",
    )


def test_a_sparse_file(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0.tar.gz"
    entry = tarfile.TarInfo("demo-1.0/holes")
    entry.type = tarfile.GNUTYPE_SPARSE
    with tarfile.open(path, "w:gz", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(entry, io.BytesIO())
    assert contents(path).framing == ("it is not safe to unpack: 'demo-1.0/holes' is a sparse file",)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    zeros = bytes(65 * 1024 * 1024)
    wheel = Made(extra={"demo/zeros": zeros}).wheel(tmp_path)
    assert {member.digest for member in contents(wheel).members} == {""}
    sdist = Made().sdist(tmp_path, {"demo-1.0/zeros": zeros, "demo-1.0/PKG-INFO": b""})
    assert [member.name for member in contents(sdist).members] == ["demo-1.0/zeros"]
    assert "compression-ratio" in rules(found(wheel))
    assert "compression-ratio" in rules(found(sdist))


@pytest.mark.parametrize(
    ("unpacked", "packed", "is_one"), [(10**9, 10**6, True), (10**7, 1, False), (10**9, 10**8, False)]
)
def test_what_a_bomb_is(unpacked: int, packed: int, *, is_one: bool) -> None:
    assert is_bomb(unpacked, packed) is is_one


def test_names_of_directories() -> None:
    assert dist_info("a_b-1.0-1-py3-none-any.whl") == "a_b-1.0.dist-info"
    assert sdist_root("a_b-1.0.tar.gz") == "a_b-1.0"


def test_files_that_are_no_distributions(tmp_path: Path) -> None:
    for name in ("demo.whl", "demo-1.0.zip", ".hidden-1.0.tar.gz", "b-1.0.tar.gz", "report.json"):
        (tmp_path / name).touch()
    (tmp_path / "dir.whl").mkdir()
    assert [path.name for path in distributions_in(tmp_path)] == ["b-1.0.tar.gz", "demo.whl"]
    odd = [read_contents(tmp_path / name) for name in ("demo.whl", "demo-1.0.zip", "none-1.0.tar.gz")]
    assert [one.filename for one in odd if isinstance(one, OddFile)] == ["demo.whl", "demo-1.0.zip", "none-1.0.tar.gz"]
    assert rules(found(tmp_path / "demo.whl"))[-1:] == ["odd-file"]


class Unseekable(io.RawIOBase):
    """A file that an archive can only be written to from its beginning to its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.write_bytes(b"")

    def writable(self) -> bool:
        """It is there to be written."""
        return True

    def write(self, data: Buffer) -> int:
        """Append some bytes."""
        with self._path.open("ab") as file:
            return file.write(data)


def streamed(path: Path) -> None:
    """Write a wheel again whose sizes follow its members."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(Unseekable(path), "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def commented(path: Path) -> None:
    """Put a comment on a member."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.infolist()[1].comment = b"note"
        archive.comment = b"this one is harmless"


def resized(path: Path) -> None:
    """Give the first member a different size in its own header."""
    data = bytearray(path.read_bytes())
    data[22] += 1
    path.write_bytes(data)


def with_gap(path: Path) -> None:
    """Leave a member out of the directory."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("demo/hidden.py", b"")
        archive.writestr("demo/shown.py", b"")
        archive.filelist = [one for one in archive.filelist if one.filename != "demo/hidden.py"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (streamed, "follows its content (a data descriptor)"),
        (commented, "the directory has a comment about 'demo-1.0.dist-info/METADATA'"),
        (resized, "'demo/__init__.py' has a different size in its own header"),
        (with_gap, "data that does not belong to a member follows 'demo-1.0.dist-info/RECORD'"),
    ],
)
def test_archives_that_programs_may_read_in_two_ways(
    tmp_path: Path, change: Callable[[Path], None], words: str
) -> None:
    path = Made().wheel(tmp_path)
    change(path)
    findings = [one for one in found(path) if one.rule == "archive-form"]
    assert words in findings[0].message
    assert stops(tuple(findings))
    assert len(findings) <= 3


@pytest.mark.parametrize("name", ["wheel", "sdist"])
@pytest.mark.parametrize("tail", [b"more", b"PK\x05\x06", bytes(30) + b"\x01"])
def test_bytes_after_the_end(tmp_path: Path, name: str, tail: bytes) -> None:
    path = Made().wheel(tmp_path) if name == "wheel" else Made().sdist(tmp_path)
    path.write_bytes(path.read_bytes() + tail)
    assert "broken-archive" in rules(found(path))


def test_a_member_with_two_names(tmp_path: Path) -> None:
    path = Made().wheel(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"demo/__init__.py", b"demo/__exit__.py", 1))
    assert "broken-archive" in rules(found(path))


def test_a_comment_at_the_end_of_a_zip_file_is_harmless(tmp_path: Path) -> None:
    path = Made().wheel(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"note"
    assert contents(path).framing == ()


def test_entries_for_directories_are_no_files(tmp_path: Path) -> None:
    path = Made().wheel(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("demo/", b"")
    assert contents(path).framing == ()


def test_members_that_are_there_twice_are_one_finding(tmp_path: Path) -> None:
    path = Made(extra={f"demo/{name}.py": b"" for name in "abcd"}).wheel(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        for name in "abcd":
            with pytest.warns(UserWarning, match="Duplicate"):
                archive.writestr(f"demo/{name}.py", "")
    assert contents(path).framing == ("demo/a.py and 3 more members are in the zip file more than once",)
