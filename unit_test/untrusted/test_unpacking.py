from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from cibw.untrusted.limits import ArchiveError, Limits, UnsafeEntryError
from cibw.untrusted.tars import TarReader
from cibw.untrusted.unpacking import unpack_into
from unit_test.untrusted.hostile import (
    END,
    ROOT,
    beyond_the_longest_path,
    directory,
    hard_link,
    header,
    honest_tar,
    hostile_tars,
    hostile_zips,
    link,
    member,
    padded,
    pax,
    tar_bytes,
    write,
    zip_bytes,
)


def unpacked(tmp_path: Path, archive: bytes, limits: Limits | None = None) -> Path:
    target = tmp_path / "target"
    target.mkdir()
    unpack_into(target, write(tmp_path / "archive", archive), limits=limits or Limits())
    return target


def refused(tmp_path: Path, archive: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(ArchiveError) as raised:
        unpacked(tmp_path, archive, limits)
    assert list((tmp_path / "target").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "target"]
    assert "\x1b" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("trick", hostile_tars())
def test_a_hostile_tar_is_refused_before_anything_is_written(tmp_path: Path, trick: str) -> None:
    refused(tmp_path, gzip.compress(hostile_tars()[trick]))
    assert not Path("/tmp/cibw-outside").exists()


@pytest.mark.parametrize("trick", hostile_zips())
def test_a_hostile_zip_is_refused_before_anything_is_written(tmp_path: Path, trick: str) -> None:
    refused(tmp_path, hostile_zips()[trick])
    assert not Path("/tmp/cibw-outside").exists()


def test_a_path_that_no_system_resolves_overwrites_nothing(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside.txt", b"kept")
    archive = gzip.compress(tar_bytes(beyond_the_longest_path(str(outside))))
    with pytest.raises(UnsafeEntryError, match="longer than 1024 bytes"):
        unpacked(tmp_path, archive)
    assert outside.read_bytes() == b"kept"
    assert list((tmp_path / "target").iterdir()) == []


def test_an_unsafe_entry_at_the_end_leaves_nothing(tmp_path: Path) -> None:
    members = [member(f"{ROOT}/{number}", b"x") for number in range(100)]
    assert "points outside the archive" in refused(tmp_path, tar_bytes([*members, member("../outside")]))


def test_an_honest_sdist_of_any_age(tmp_path: Path) -> None:
    long = "n" * 200
    root = unpacked(tmp_path, gzip.compress(honest_tar(long))) / ROOT
    assert (root / "old" / "v7").read_bytes() == b"7"
    assert (root / "prefixed" / "name").read_bytes() == b"p"
    assert (root / long).read_bytes() == b"l"
    assert (root / "link").readlink() == Path("old")
    assert (root / "read only").read_bytes() == b"abc"
    assert stat.S_IMODE((root / "read only").stat().st_mode) == 0o644
    assert stat.S_IMODE((root / "configure").stat().st_mode) == 0o755
    assert stat.S_IMODE(root.stat().st_mode) & 0o700 == 0o700
    assert (root / "caf\u00e9").read_bytes() == b"ab"
    assert (root / "caf\u00e9").stat().st_mtime == 1234567890.5
    assert (root / os.fsdecode(b"latin-\xe9")).exists()
    assert (root / "again").read_bytes() == (root / "hard").read_bytes() == b"two"
    assert (root / "again").stat().st_ino != (root / "hard").stat().st_ino


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_what_the_standard_library_writes_is_read_alike(form: int) -> None:
    names = [f"{ROOT}/{'a' * 60}/{'b' * 60}/{index}" for index in range(3)]
    members = [directory(ROOT), *(member(name, name.encode(), mtime=index) for index, name in enumerate(names))]
    data = tar_bytes([*members, link(f"{ROOT}/l", "x" * 90), hard_link(f"{ROOT}/h", f"{ROOT}/l")], form)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        wanted = [(info.name, info.linkname, info.size, info.mode, info.mtime) for info in archive]
    found = [
        (one.entry.name.rstrip("/"), one.entry.target, one.size, one.mode, one.mtime)
        for one in TarReader(io.BytesIO(data), 100)
    ]
    assert found == wanted


def test_a_zip_keeps_times_and_programs(tmp_path: Path) -> None:
    data = zip_bytes([(f"{ROOT}/", stat.S_IFDIR | 0o700, b""), (f"{ROOT}/run", stat.S_IFREG | 0o4755, b"x")])
    file = unpacked(tmp_path, data) / ROOT / "run"
    assert stat.S_IMODE(file.stat().st_mode) == 0o755
    assert file.stat().st_mtime < 400_000_000


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it ends too early"),
        (b"<html>", "it ends too early"),
        (b"\1" * 512, "no valid checksum"),
        (header(b"demo-1.0/a") + header(b"demo-1.0/b"), "it ends too early"),
        (header(b"demo-1.0/a", size=b"10000000000") + END, "it ends too early"),
        (header(b"demo-1.0/a", size=b"\xff" * 12) + END, "no valid size"),
        (header(b"demo-1.0/a", size=b"-1") + END, "no valid size"),
        (header(b"demo-1.0/a", size=b"\x80" + b"\xff" * 11) + END, "impossible size"),
        (header(b"demo-1.0/a", b"L", b"-1") + END, "no valid size"),
        (header(b"demo-1.0/a", b"L", b"77777777") + bytes(20_000_000), "but the limit is"),
        (header(b"demo-1.0/a", b"x", b"77777777") + bytes(20_000_000), "but the limit is"),
        (pax([("size", b"-5")]) + header(b"demo-1.0/a") + END, "no valid size"),
        (pax([("size", b"9" * 30)]) + header(b"demo-1.0/a") + END, "no valid size"),
        (pax([("path", b"demo-1.0/b")], b"g") + header(b"demo-1.0/a") + END, "global"),
        (pax([("path", b"demo-1.0/b")]) + END, "describes another member"),
        (header(b"p", b"x", b"4") + padded(b"9 a=") + header(b"demo-1.0/a") + END, "malformed"),
        (header(b"demo-1.0/a") + END + header(b"demo-1.0/b") + END, "data after its end"),
        (header(b"demo-1.0/a")[:-1] + b"x" + END, "checksum"),
    ],
)
def test_a_broken_tar_is_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    assert reason in refused(tmp_path, gzip.compress(data))


def test_what_follows_a_compressed_stream_is_refused(tmp_path: Path) -> None:
    data = gzip.compress(tar_bytes([member(f"{ROOT}/a")]))
    assert refused(tmp_path, data + b"junk")
    (tmp_path / "target").rmdir()
    assert refused(tmp_path, data + data) == "it has data after its end"


def test_several_gzip_members_are_one_stream(tmp_path: Path) -> None:
    plain = tar_bytes([member(f"{ROOT}/a", b"content")])
    parts = gzip.compress(plain[:700]) + gzip.compress(plain[700:]) + bytes(100)
    assert (unpacked(tmp_path, parts) / ROOT / "a").read_bytes() == b"content"


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_any_changed_byte_of_the_compressed_data_is_found(tmp_path: Path, kind: str) -> None:
    content = bytes(number * 7919 % 251 for number in range(3000))
    if kind == "zip":
        data = zip_bytes([(f"{ROOT}/a", 0, content)])
        start, end = data.index(b"/a") + 2, data.index(b"PK\x01\x02")
    else:
        data = gzip.compress(tar_bytes([member(f"{ROOT}/a", content)]), mtime=0)
        start, end = 10, len(data)
    for place in range(start, end, 7):
        changed = bytearray(data)
        changed[place] ^= 0xFF
        with pytest.raises(ArchiveError):
            unpack_into(tmp_path, write(tmp_path / "archive", bytes(changed)))
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_a_bomb_is_stopped_by_what_it_unpacks_to(tmp_path: Path) -> None:
    zeros = bytes(1 << 20)
    limits = Limits(size=1 << 24, any_ratio=1 << 16)
    assert "200 times" in refused(tmp_path, gzip.compress(tar_bytes([member(f"{ROOT}/a", zeros)])), limits)
    (tmp_path / "target").rmdir()
    assert "200 times" in refused(tmp_path, zip_bytes([(f"{ROOT}/a", 0, zeros)]), limits)
    (tmp_path / "target").rmdir()
    plain = tar_bytes([member(f"{ROOT}/a", zeros), *(hard_link(f"{ROOT}/{one}", f"{ROOT}/a") for one in range(20))])
    assert "16 MiB" in refused(tmp_path, plain, Limits(size=1 << 24))


def test_the_number_of_entries_has_a_limit(tmp_path: Path) -> None:
    limits = Limits(entries=10)
    many = [member(f"{ROOT}/{number}") for number in range(11)]
    assert "too many" in refused(tmp_path, tar_bytes(many), limits)
    (tmp_path / "target").rmdir()
    assert "more than 10" in refused(tmp_path, zip_bytes([(info.name, 0, b"") for info, _ in many]), limits)
    (tmp_path / "target").rmdir()
    headers = b"".join(pax([("comment", b"x")]) for _ in range(11))
    assert "too many" in refused(tmp_path, headers + header(b"a") + END, limits)


def test_a_zip_member_may_not_swell_beyond_its_header(tmp_path: Path) -> None:
    data = bytearray(zip_bytes([(f"{ROOT}/a", 0, bytes(1 << 20))]))
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(signature) + place
        data[start : start + 4] = (10).to_bytes(4, "little")
    refused(tmp_path, bytes(data))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_without_a_limit_are_never_read(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "archive", "w", method) as archive:
        archive.writestr(f"{ROOT}/a", bytes(1 << 20))
    assert "only stored and deflated" in refused(tmp_path, (tmp_path / "archive").read_bytes())


@pytest.mark.parametrize("place", [6, 8])
def test_a_locked_zip_is_refused(tmp_path: Path, place: int) -> None:
    data = bytearray(zip_bytes([(f"{ROOT}/a", 0, b"x")]))
    data[data.index(b"PK\x01\x02" if place == 8 else b"PK\x03\x04") + place] |= 1
    refused(tmp_path, bytes(data))


@pytest.mark.parametrize("cut", [1, 10, 30, 60])
def test_a_zip_that_is_cut_or_continued_is_refused(tmp_path: Path, cut: int) -> None:
    data = zip_bytes([(f"{ROOT}/a", 0, b"x")])
    refused(tmp_path, data[:-cut])
    (tmp_path / "target").rmdir()
    assert "data after its end" in refused(tmp_path, data + bytes(cut))


def test_a_zip_may_have_a_comment(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "made", "w") as archive:
        archive.writestr(f"{ROOT}/a", b"x")
        archive.comment = b"a comment"
    assert (unpacked(tmp_path, (tmp_path / "made").read_bytes()) / ROOT / "a").exists()


def test_a_full_disk_is_told_by_the_system(tmp_path: Path) -> None:
    archive = write(tmp_path / "archive", tar_bytes([member(f"{ROOT}/a", b"x")]))
    with pytest.raises(FileNotFoundError):
        unpack_into(tmp_path / "nowhere" / "target", archive)
