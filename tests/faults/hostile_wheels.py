"""Hostile wheels: paths that lead outside, bombs, broken archives, odd names and odd metadata."""

from __future__ import annotations

import os
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path

from tests.faults.hostile import BLOCK, INFO, TAG, Kinds, Setting, many_headers, multipart
from tests.releases import make_wheel, metadata

WHEEL_TEXT = f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\nTag: {TAG}\n"
wheel = Kinds()


def zipped(
    setting: Setting,
    files: Iterable[tuple[str, bytes]],
    name: str = f"demo-1.0-{TAG}.whl",
    method: int = zipfile.ZIP_DEFLATED,
) -> Path:
    """A zip archive of files in their order."""
    path = setting.directory / name
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as archive:
        warnings.simplefilter("ignore", UserWarning)
        for inner, data in files:
            archive.writestr(zipfile.ZipInfo(inner, (2026, 1, 1, 0, 0, 0)), data, compress_type=method)
    return path


def wheel_files(**changed: bytes) -> list[tuple[str, bytes]]:
    """The files of a wheel; METADATA, WHEEL and RECORD may be others."""
    record = f"demo.py,,\n{INFO}/METADATA,,\n{INFO}/WHEEL,,\n{INFO}/RECORD,,\n".encode()
    texts = {"METADATA": metadata("demo", "1.0").encode(), "WHEEL": WHEEL_TEXT.encode(), "RECORD": record}
    return [("demo.py", b"x = 1\n"), *((f"{INFO}/{name}", changed.get(name, data)) for name, data in texts.items())]


def zip_bomb(setting: Setting, name: str) -> Path:
    """A wheel with a file of 4 GiB minus a little, which is written without ever being in memory."""
    path = setting.directory / f"demo-1.0-{TAG}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for inner, data in wheel_files():
            if inner != name:
                archive.writestr(zipfile.ZipInfo(inner), data)
        with archive.open(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), "w", force_zip64=True) as stream:
            for _ in range(64):
                stream.write(bytes(BLOCK))
    return path


@wheel("plain")
def _plain_wheel(setting: Setting) -> Path:
    return make_wheel(setting.directory, "demo", "1.0", tag=TAG)


@wheel("traversal", refused=True)
def _wheel_traversal(setting: Setting) -> Path:
    name = setting.chance.choice(
        ["../escaped.py", str(setting.target / "absolute.py"), "a/../../escaped.py", "C:/x.py"]
    )
    return zipped(setting, [*wheel_files(), (name, b"x")])


@wheel("link")
def _wheel_link(setting: Setting) -> Path:
    path = zipped(setting, wheel_files())
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("out")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, str(setting.target))
        archive.writestr(zipfile.ZipInfo("out/through.py"), "x")
    return path


@wheel("metadata-bomb", refused=True)
def _wheel_metadata_bomb(setting: Setting) -> Path:
    return zip_bomb(setting, f"{INFO}/{setting.chance.choice(['METADATA', 'WHEEL', 'RECORD'])}")


@wheel("bomb")
def _wheel_bomb(setting: Setting) -> Path:
    return zip_bomb(setting, "zeros.bin")


@wheel("flipped-byte", refused=True)
def _wheel_flipped(setting: Setting) -> Path:
    path = zipped(setting, [("random.bin", setting.chance.randbytes(4000)), *wheel_files()])
    data = bytearray(path.read_bytes())
    data[setting.chance.randrange(60, 4000)] ^= 1 << setting.chance.randrange(8)
    path.write_bytes(data)
    return path


@wheel("truncated", refused=True)
def _wheel_truncated(setting: Setting) -> Path:
    path = zipped(setting, wheel_files())
    data = path.read_bytes()
    path.write_bytes(data[: setting.chance.randrange(len(data) - 1)])
    return path


@wheel("broken-compression", refused=True)
def _wheel_broken_compression(setting: Setting) -> Path:
    method = setting.chance.choice([zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
    path = zipped(setting, wheel_files(), method=method)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            start = info.header_offset + 30 + len(info.filename)
            for offset in range(start, start + min(info.compress_size, 12)):
                data[offset] = 0xFF
    path.write_bytes(data)
    return path


@wheel("unknown-method", refused=True)
def _wheel_unknown_method(setting: Setting) -> Path:
    return _patched(setting, 10, 8, setting.chance.choice([1, 6, 9, 97, 99]))


@wheel("encrypted", refused=True)
def _wheel_encrypted(setting: Setting) -> Path:
    return _patched(setting, 8, 6, 1)


def _patched(setting: Setting, central: int, local: int, value: int) -> Path:
    """A wheel with another number of 16 bits in all headers."""
    path = zipped(setting, wheel_files())
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x01\x02", central), (b"PK\x03\x04", local)):
        position = data.find(signature)
        while position >= 0:
            data[position + offset : position + offset + 2] = value.to_bytes(2, "little")
            position = data.find(signature, position + 4)
    path.write_bytes(data)
    return path


@wheel("overlap", refused=True)
def _wheel_overlap(setting: Setting) -> Path:
    """Many entries of the directory that share one member, as zip bombs do it."""
    path = zipped(setting, [*wheel_files(), ("kernel.bin", bytes(1 << 20))])
    with zipfile.ZipFile(path, "a") as archive:
        kernel = archive.getinfo("kernel.bin")
        for number in range(2000):
            copy = zipfile.ZipInfo(f"copy-{number}.bin")
            for name in ("compress_type", "CRC", "compress_size", "file_size", "header_offset", "flag_bits"):
                setattr(copy, name, getattr(kernel, name))
            archive.filelist.append(copy)
        archive.comment = b"x"
    return path


@wheel("lying-size", refused=True)
def _wheel_lying_size(setting: Setting) -> Path:
    path = zipped(setting, wheel_files(METADATA=metadata("demo", "1.0").encode() + bytes(1 << 20)))
    data = bytearray(path.read_bytes())
    position = data.find(b"PK\x01\x02")
    while position >= 0:
        data[position + 24 : position + 28] = (10).to_bytes(4, "little")
        position = data.find(b"PK\x01\x02", position + 4)
    path.write_bytes(data)
    return path


@wheel("duplicates", refused=True)
def _wheel_duplicates(setting: Setting) -> Path:
    return zipped(setting, [*wheel_files(), (f"{INFO}/METADATA", metadata("evil", "2.0").encode())])


@wheel("two-infos", refused=True)
def _wheel_two_infos(setting: Setting) -> Path:
    other = setting.chance.choice(["evil-1.0.dist-info", "Demo-1.0.dist-info", "demo-1.0.DIST-INFO"])
    return zipped(setting, [*wheel_files(), (f"{other}/METADATA", metadata("evil", "1.0").encode())])


@wheel("multipart")
def _wheel_multipart(setting: Setting) -> Path:
    return zipped(setting, wheel_files(METADATA=multipart(setting)))


@wheel("classifiers")
def _wheel_classifiers(setting: Setting) -> Path:
    return zipped(setting, wheel_files(METADATA=many_headers(setting)))


@wheel("encoding")
def _wheel_encoding(setting: Setting) -> Path:
    name = setting.chance.choice(["METADATA", "WHEEL", "RECORD"])
    data = setting.chance.choice([b"\xff\xfe\0", "Name: demo\n".encode("utf-16"), b"Name: d\xe4mo\n", b"\0" * 100])
    return zipped(setting, wheel_files(**{name: data}))


@wheel("record")
def _wheel_record(setting: Setting) -> Path:
    rows = ['"' * 200_001, "x," * 200_000, "demo.py,sha256=,-1\n", 'demo.py,md5=x,6\n"', "a\rb\n" * 10_000]
    return zipped(setting, wheel_files(RECORD=setting.chance.choice(rows).encode()))


@wheel("description")
def _wheel_description(setting: Setting) -> Path:
    rst = ".. include:: /etc/passwd\n\n.. raw:: html\n   :file: /etc/passwd\n\n.. csv-table::\n   :url: http://127.0.0.1:9/\n"
    texts = [rst, "*" * 50_000, "[" * 20_000, "`" * 20_000, "> " * 5_000, "<" * 50_000]
    kind = setting.chance.choice(["text/x-rst", "text/markdown", "text/markdown; variant=GFM", "x/y; \0"])
    text = metadata("demo", "1.0", f"Description-Content-Type: {kind}") + setting.chance.choice(texts)
    return zipped(setting, wheel_files(METADATA=text.encode()))


@wheel("names")
def _wheel_names(setting: Setting) -> Path:
    odd = ["new\nline.py", "\x1b[2J.py", "\u202e.py", "NUL.py", "dot./x.py", "\u0131.py", "::error::x.py", "x" * 60_000]
    return zipped(setting, [*wheel_files(), *((name, b"") for name in odd)])


@wheel("file-name")
def _wheel_file_name(setting: Setting) -> Path:
    many = ".".join(f"cp3{number}" for number in range(10, 35))
    names = [
        f"demo-1.0-{many}-none-{'.'.join(f'p{number}' for number in range(20))}.whl",
        f"{'d' * 240}-1-x-y-z.whl"[:251] + ".whl",
        "demo-1.0-\u0661-cp311-cp311-any.whl",
        "demo-1!0+\u00e4-py3-none-any.whl",
        "-----.whl",
        ".whl",
        "demo-1.0-py3-none-any.whl.whl",
        "de\nmo-1.0-py3-none-any.whl",
    ]
    return zipped(setting, wheel_files(), setting.chance.choice(names).encode()[:255].decode(errors="ignore"))


@wheel("no-file")
def _wheel_no_file(setting: Setting) -> Path:
    path = setting.directory / f"demo-1.0-{TAG}.whl"
    kind = setting.chance.choice(["directory", "fifo", "loop", "missing", "empty", "device"])
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "empty":
        path.touch()
    else:
        path.symlink_to({"loop": path.name, "missing": "missing.whl", "device": "/dev/zero"}[kind])
    return path


@wheel("mutated")
def _wheel_mutated(setting: Setting) -> Path:
    path = zipped(setting, wheel_files())
    data = bytearray(path.read_bytes())
    for _ in range(setting.chance.randint(1, 12)):
        data[setting.chance.randrange(len(data))] = setting.chance.randrange(256)
    path.write_bytes(data)
    return path
