"""Unpacks archives that others have made."""

from __future__ import annotations

import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from cibw.errors import DownloadError
from cibw.running.fetch import always
from cibw.running.locks import alone
from cibw.running.removal import put_in_place, remove_tree
from cibw.running.unpack_rules import Entry, EntryKind, Listing, UnsafeEntryError

_PIECE = 1 << 20
_ZIP = b"PK\x03\x04"
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, UnicodeError)


def unpack(archive: Path, target: Path, go_on: Callable[[], None] = always) -> Path:
    """Unpack a tar archive (plain, gzip, bzip2 or xz) or a zip archive into the directory `target`; give that.

    A directory that is there already is taken as it is. Otherwise it appears with all that is in it,
    or not at all; runs that want the same one wait for each other. DownloadError for an archive that is
    broken, or with an entry that could reach out of the directory.
    """
    with alone(target, go_on):
        if target.is_dir():
            return target
        partial = target.with_name(f".{target.name}.part")
        _remove(partial)
        try:
            partial.mkdir()
            _unpack(archive, partial, go_on)
            put_in_place(partial, target)
        finally:
            _remove(partial)
    return target


def _remove(directory: Path) -> None:
    if directory.exists():
        remove_tree(directory)


def _unpack(archive: Path, directory: Path, go_on: Callable[[], None]) -> None:
    with archive.open("rb") as file:
        is_zip = file.read(len(_ZIP)) == _ZIP
    try:
        (_unpack_zip if is_zip else _unpack_tar)(archive, directory, go_on)
    except UnsafeEntryError as error:
        raise DownloadError(
            f"{archive} is not unpacked, because an entry is not safe: {error}.",
            hint="Look at where it comes from; an honest archive has no such entry.",
        ) from error
    except (*_BROKEN, OSError) as error:
        # Only what the system itself refuses, such as a full disk, has a number.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DownloadError(
            f"{archive} can't be unpacked: {error}.", hint="Remove it, so that it is fetched once more."
        ) from error


def _unpack_tar(archive: Path, directory: Path, go_on: Callable[[], None]) -> None:
    if not hasattr(tarfile, "data_filter"):
        raise DownloadError(
            "This Python can't unpack archives safely.", hint="Use Python 3.10.12, 3.11.4, or a later one."
        )
    listing = Listing()
    with tarfile.open(archive) as tar:
        for member in tar:
            go_on()
            listing.add(_entry_of_tar(member))
            _extract(tar, member, directory)
        _demand_end(tar)
    listing.finish()


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, directory: Path) -> None:
    try:
        tar.extract(member, directory, filter="data")
    except tarfile.FilterError as error:
        raise UnsafeEntryError(str(error)) from error


def _demand_end(tar: tarfile.TarFile) -> None:
    """TarError where the archive breaks off between two entries, which tarfile takes for its end."""
    file = tar.fileobj
    if file.tell() < tar.offset + tarfile.BLOCKSIZE:
        raise tarfile.ReadError("it breaks off")
    while piece := file.read(_PIECE):
        if piece.strip(b"\0"):
            raise tarfile.ReadError("something follows its end")


def _entry_of_tar(member: tarfile.TarInfo) -> Entry:
    return Entry(name=member.name, kind=_kind_in_tar(member), target=member.linkname)


def _kind_in_tar(member: tarfile.TarInfo) -> EntryKind:
    if member.isdir():
        return EntryKind.DIRECTORY
    if member.issym():
        return EntryKind.SYMBOLIC_LINK
    if member.islnk():
        return EntryKind.HARD_LINK
    return EntryKind.FILE if member.isreg() else EntryKind.SPECIAL


def _unpack_zip(archive: Path, directory: Path, go_on: Callable[[], None]) -> None:
    listing = Listing()
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            go_on()
            entry = _entry_of_zip(opened, info)
            listing.add(entry)
            _write(opened, info, entry, directory / entry.name)
    listing.finish()


def _entry_of_zip(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
    kind = _kind_in_zip(info)
    target = opened.read(info).decode() if kind is EntryKind.SYMBOLIC_LINK else ""
    # zipfile cuts `filename` off, or changes it, to please the file system.
    return Entry(name=info.orig_filename, kind=kind, target=target)


def _kind_in_zip(info: zipfile.ZipInfo) -> EntryKind:
    mode = info.external_attr >> 16
    if info.is_dir():
        return EntryKind.DIRECTORY
    if stat.S_ISLNK(mode):
        return EntryKind.SYMBOLIC_LINK
    return EntryKind.FILE if stat.S_IFMT(mode) in (0, stat.S_IFREG) else EntryKind.SPECIAL


def _write(opened: zipfile.ZipFile, info: zipfile.ZipInfo, entry: Entry, path: Path) -> None:
    if entry.kind is EntryKind.DIRECTORY:
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if entry.kind is EntryKind.SYMBOLIC_LINK:
        path.symlink_to(entry.target)
        return
    with opened.open(info) as source, path.open("xb") as file:
        shutil.copyfileobj(source, file)
    if (info.external_attr >> 16) & stat.S_IXUSR:
        path.chmod(path.stat().st_mode | 0o111)
