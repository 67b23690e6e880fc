"""Archives that want to write where they should not, and helpers to make archives of any kind."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

Member = tuple[tarfile.TarInfo, bytes]
ROOT = "demo-1.0"


def member(name: str, content: bytes = b"", **fields: int | str | bytes) -> Member:
    """A member of a tar archive; `fields` are attributes of tarfile.TarInfo."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o644
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def directory(name: str) -> Member:
    return member(name, type=tarfile.DIRTYPE, mode=0o755)


def link(name: str, target: str) -> Member:
    return member(name, type=tarfile.SYMTYPE, linkname=target)


def hard_link(name: str, target: str) -> Member:
    return member(name, type=tarfile.LNKTYPE, linkname=target)


def tar_bytes(members: Sequence[Member], form: int = tarfile.PAX_FORMAT) -> bytes:
    """An uncompressed tar archive."""
    with io.BytesIO() as stream:
        with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
            for info, content in members:
                archive.addfile(info, io.BytesIO(content))
        return stream.getvalue()


def header(name: bytes, flag: bytes = b"0", size: bytes = b"0", **fields: bytes) -> bytes:
    """A block of 512 bytes with any content in its fields, and a right checksum."""
    values = {"mode": b"644", "mtime": b"0", "target": b"", "magic": b"ustar\x0000", **fields}
    block = bytearray(512)
    for start, length, value in (
        (0, 100, name),
        (100, 8, values["mode"]),
        (124, 12, size),
        (136, 12, values["mtime"]),
        (148, 8, b" " * 8),
        (156, 1, flag),
        (157, 100, values["target"]),
        (257, 8, values["magic"]),
        (345, 155, values.get("prefix", b"")),
    ):
        block[start : start + length] = value[:length].ljust(length, b"\0")
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(content: bytes) -> bytes:
    """Content as it follows a header, in whole blocks."""
    return content + bytes(-len(content) % 512)


def pax(records: Sequence[tuple[str, bytes]], flag: bytes = b"x") -> bytes:
    """A pax header."""
    content = b""
    for key, value in records:
        text = b" " + key.encode() + b"=" + value + b"\n"
        length = len(text) + len(str(len(text) + 3))
        content += b"%d" % length + text
    return header(b"pax", flag, b"%o" % len(content)) + padded(content)


END = bytes(1024)


def beyond_the_longest_path(outside: str) -> list[Member]:
    """The public form of CVE-2025-4517: a path that is too long for the system is no longer resolved."""
    long, steps, path = "d" * 247, "abcdefghijklmnop", ROOT
    members = [directory(ROOT)]
    for step in steps:
        members += [directory(f"{path}/{long}"), link(f"{path}/{step}", long)]
        path = f"{path}/{long}"
    through = f"{ROOT}/{'/'.join(steps)}/{'l' * 254}"
    return [
        *members,
        link(through, "../" * len(steps)),
        link(f"{ROOT}/escape", f"{'/'.join(steps)}/{'l' * 254}/../../../../../../../../../..{outside}"),
        hard_link(f"{ROOT}/flag", f"{ROOT}/escape"),
        member(f"{ROOT}/flag", b"overwritten"),
        member(f"{ROOT}/pyproject.toml"),
    ]


def honest_tar(long: str) -> bytes:
    """A tar archive with all that sdists of thirty years have, among it a name of 200 letters."""
    return (
        pax([("comment", b"0" * 40)], b"g")
        + header(b"./", b"5")
        + header(b"./demo-1.0", b"5", mode=b"0")
        + header(b"./demo-1.0/", b"5")
        + header(b"demo-1.0/old/", b"\0", magic=b"")
        + header(b"demo-1.0/old/v7", b"\0", b"         1 \0", magic=b"")
        + padded(b"7")
        + header(b"name", prefix=b"demo-1.0/prefixed", size=b"1")
        + padded(b"p")
        + header(b"././@LongLink", b"L", b"%o" % 210, magic=b"ustar  \0")
        + padded(f"demo-1.0/{long}\0".encode())
        + header(b"demo-1.0/cut", size=b"1", magic=b"ustar  \0")
        + padded(b"l")
        + header(b"././@LongLink", b"K", b"%o" % 3)
        + padded(b"old")
        + header(b"demo-1.0/link", b"2", target=b"cut")
        + header(b"demo-1.0/read only", size=b"3", mode=b"0000444", mtime=b"17777777777")
        + padded(b"abc")
        + header(b"demo-1.0/configure", size=b"1", mode=b"0006755")
        + padded(b"#")
        + pax([("mtime", b"1234567890.5"), ("size", b"2"), ("path", "demo-1.0/caf\u00e9".encode())])
        + header(b"short", size=b"0")
        + padded(b"ab")
        + header(b"demo-1.0/latin-\xe9")
        + header(b"demo-1.0/again", size=b"3")
        + padded(b"one")
        + header(b"demo-1.0/again", size=b"\x80" + bytes(10) + b"\x03")
        + padded(b"two")
        + header(b"demo-1.0/hard", b"1", target=b"demo-1.0/again")
        + END
    )


def _hostile_members() -> dict[str, list[Member]]:
    return {
        "path beyond the longest": beyond_the_longest_path("/tmp/cibw-outside"),
        "long links": beyond_the_longest_path("")[:33],
        "above": [member(f"{ROOT}/../../outside", b"x")],
        "absolute": [member("/tmp/cibw-outside", b"x")],
        "backslash": [member(f"{ROOT}\\..\\..\\outside", b"x")],
        "drive": [member("C:/outside", b"x")],
        "through a link": [link(f"{ROOT}/l", ".."), member(f"{ROOT}/l/outside", b"x")],
        "through a link in other case": [link(f"{ROOT}/l", "."), member(f"{ROOT}/L/outside", b"x")],
        "through a link in other form": [link(f"{ROOT}/\u00e9", "."), member(f"{ROOT}/e\u0301/outside", b"x")],
        "over a link": [link(f"{ROOT}/l", "../outside"), member(f"{ROOT}/l", b"x")],
        "over a link in other case": [link(f"{ROOT}/l", "a"), member(f"{ROOT}/L", b"x")],
        "link over a file": [member(f"{ROOT}/l"), link(f"{ROOT}/l", "a")],
        "link over a directory": [member(f"{ROOT}/l/a"), link(f"{ROOT}/l", "a")],
        "two targets": [link(f"{ROOT}/l", "a"), link(f"{ROOT}/l", "b")],
        "absolute link": [link(f"{ROOT}/l", "/etc/passwd")],
        "link out": [link(f"{ROOT}/l", "../../outside")],
        "link of links": [link(f"{ROOT}/up", "."), link(f"{ROOT}/out", "up/../../..")],
        "hard link out": [hard_link(f"{ROOT}/h", "../secret")],
        "absolute hard link": [hard_link(f"{ROOT}/h", "/etc/passwd")],
        "hard link to a link": [link(f"{ROOT}/l", "x"), hard_link(f"{ROOT}/h", f"{ROOT}/l")],
        "hard link to a later file": [hard_link(f"{ROOT}/h", f"{ROOT}/f"), member(f"{ROOT}/f")],
        "file over a hard link": [
            member(f"{ROOT}/f"),
            hard_link(f"{ROOT}/h", f"{ROOT}/f"),
            member(f"{ROOT}/h", b"x"),
        ],
        "file over what is linked": [
            member(f"{ROOT}/f"),
            hard_link(f"{ROOT}/h", f"{ROOT}/f"),
            member(f"{ROOT}/f", b"x"),
        ],
        "device": [member(f"{ROOT}/d", type=tarfile.CHRTYPE, devmajor=1, devminor=3)],
        "pipe": [member(f"{ROOT}/p", type=tarfile.FIFOTYPE)],
        "name of 256 bytes": [member(f"{ROOT}/{'n' * 256}")],
        "name of 128 letters in 256 bytes": [member(f"{ROOT}/{chr(0xE9) * 128}")],
        "escape sequence": [member(f"{ROOT}/\x1b[2J")],
    }


def hostile_tars() -> dict[str, bytes]:
    """Tar archives that must be refused, by what they try."""
    raw = {
        "pax name with NUL": pax([("path", b"demo-1.0/a\0b")]) + header(b"a"),
        "pax name above": pax([("path", b"../outside")]) + header(b"demo-1.0/a"),
        "pax target above": pax([("linkpath", b"../../outside")]) + header(b"demo-1.0/a", b"2", target=b"b"),
        "prefix above": header(b"outside", prefix=b"demo-1.0/../.."),
        "long name above": header(b"x", b"L", b"13") + padded(b"../../outside") + header(b"demo-1.0/a"),
        "sparse": header(b"demo-1.0/s", b"S"),
        "pax sparse": pax([("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0")]) + header(b"demo-1.0/s"),
        "unknown type": header(b"demo-1.0/m", b"M"),
        "no name": header(b""),
    }
    return {name: tar_bytes(value) for name, value in _hostile_members().items()} | {
        name: value + END for name, value in raw.items()
    }


def zip_bytes(members: Sequence[tuple[str, int, bytes]]) -> bytes:
    """A zip archive of names, modes with the type of the file, and contents."""
    with io.BytesIO() as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            for name, mode, content in members:
                info = zipfile.ZipInfo(name)
                info.filename = info.orig_filename = name
                info.create_system, info.compress_type = 3, zipfile.ZIP_DEFLATED
                info.external_attr = mode << 16
                archive.writestr(info, content)
        return stream.getvalue()


def hostile_zips() -> dict[str, bytes]:
    """Zip archives that must be refused, by what they try."""
    target = stat.S_IFLNK | 0o777
    return {
        "above": zip_bytes([(f"{ROOT}/../../outside", 0, b"x")]),
        "absolute": zip_bytes([("/tmp/cibw-outside", 0, b"x")]),
        "backslash": zip_bytes([(f"{ROOT}\\..\\..\\outside", 0, b"x")]),
        "through a link": zip_bytes([(f"{ROOT}/l", target, b".."), (f"{ROOT}/l/outside", 0, b"x")]),
        "link out": zip_bytes([(f"{ROOT}/l", target, b"../../outside")]),
        "empty link": zip_bytes([(f"{ROOT}/l", target, b"")]),
        "endless link": zip_bytes([(f"{ROOT}/l", target, b"a/" * 100_000)]),
        "device": zip_bytes([(f"{ROOT}/d", stat.S_IFCHR | 0o644, b"")]),
        "name with NUL": zip_bytes([(f"{ROOT}/ab", 0, b"x")]).replace(b"/ab", b"/\0b"),
        "other local name": zip_bytes([(f"{ROOT}/ab", 0, b"x")]).replace(b"/ab", b"/ac", 1),
        "members that overlap": overlapping(),
    }


def overlapping() -> bytes:
    """A zip archive whose two members are the same bytes."""
    whole = zip_bytes([(f"{ROOT}/a", 0, b"x" * 100), (f"{ROOT}/b", 0, b"x" * 100)])
    second = whole.rindex(b"PK\x01\x02")
    return whole[: second + 42] + bytes(4) + whole[second + 46 :]


def write(path: Path, content: bytes) -> Path:
    """Write a file and give its path."""
    path.write_bytes(content)
    return path
