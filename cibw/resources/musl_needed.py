"""Renames musl's libc in every library of a wheel to the name that Alpine uses: musl_needed.py WHEEL [PATCHELF].

zig links with `libc.so`, the name that musl itself gives its library. Distributions, and therefore
auditwheel and the musllinux tags, know it as `libc.musl-x86_64.so.1`. Runs with any Python from 3.8 on.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

# The machine field of an ELF header, and the architecture name of musl's distributions.
_MACHINES = {3: "x86", 21: "ppc64le", 22: "s390x", 40: "armv7", 62: "x86_64", 183: "aarch64", 243: "riscv64"}

_LARGEST = 8 << 30
"""The maximum unpacked size of a wheel, in bytes."""
_BROKEN = (zipfile.BadZipFile, zlib.error, csv.Error, EOFError, LookupError, RuntimeError, ValueError)
"""Errors for a wheel that is broken or encrypted."""


def rename_libc(wheel: Path, edit: Callable[[bytes, str], bytes]) -> list[str]:
    """Replace each ELF file with the result of `edit` for its libc name. Return the changed files."""
    with zipfile.ZipFile(wheel) as archive:
        if sum(member.file_size for member in archive.infolist()) > _LARGEST:
            raise zipfile.BadZipFile(f"it unpacks to more than {_LARGEST >> 30} GiB")
        for member in archive.infolist():
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise zipfile.BadZipFile(f"{member.filename!r} is neither stored nor deflated")
        members = [(member, archive.read(member)) for member in archive.infolist()]
    changed = {}
    for member, content in members:
        libc = libc_name(content)
        edited = edit(content, libc) if libc else content
        if edited != content:
            changed[member.filename] = edited
    if changed:
        _write(wheel, members, changed)
    return list(changed)


def libc_name(content: bytes) -> str:
    """Return the name of musl's libc for the machine of an ELF file, or an empty string for other files."""
    if content[:4] != b"\x7fELF" or len(content) < 20:
        return ""
    number = int.from_bytes(content[18:20], "big") if content[5] == 2 else int.from_bytes(content[18:20], "little")
    architecture = _MACHINES.get(number, "")
    return f"libc.musl-{architecture}.so.1" if architecture else ""


def record(text: str, changed: dict[str, bytes]) -> str:
    """Return the lines of a RECORD file, with the hashes and sizes of the changed files."""
    result = io.StringIO()
    writer = csv.writer(result, lineterminator="\n")
    for row in csv.reader(io.StringIO(text, newline="")):
        writer.writerow(_row(row[0], changed[row[0]]) if row and row[0] in changed else row)
    return result.getvalue()


def _row(path: str, content: bytes) -> list[str]:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    return [path, f"sha256={digest}", str(len(content))]


def _write(wheel: Path, members: list[tuple[zipfile.ZipInfo, bytes]], changed: dict[str, bytes]) -> None:
    # Written beside the wheel first, so that an interrupted run does not damage the wheel.
    unfinished = wheel.with_name("unfinished.part")
    with zipfile.ZipFile(unfinished, "w") as archive:
        for member, content in members:
            new = changed.get(member.filename, content)
            if _is_record(member.filename):
                new = record(content.decode("utf-8"), changed).encode("utf-8")
            archive.writestr(member, new, compress_type=member.compress_type)
    unfinished.replace(wheel)


def _is_record(path: str) -> bool:
    return path.count("/") == 1 and path.endswith(".dist-info/RECORD")


def patched(content: bytes, libc: str, patchelf: str = "patchelf") -> bytes:
    """Return an ELF file that needs `libc` instead of `libc.so`. Runs patchelf."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "library.so")
        file.write_bytes(content)
        subprocess.run([patchelf, "--replace-needed", "libc.so", libc, str(file)], check=True)
        return file.read_bytes()


def main(wheel: str, patchelf: str = "patchelf") -> None:
    """Rename the libc in a wheel and print the changed files. Exit with one line if the wheel is broken."""
    try:
        changed = rename_libc(Path(wheel), lambda content, libc: patched(content, libc, patchelf))
    except _BROKEN as error:
        sys.exit(f"{Path(wheel).name} cannot be read: {error}")
    for path in changed:
        sys.stdout.write(f"{path} names musl's libc as distributions do\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
