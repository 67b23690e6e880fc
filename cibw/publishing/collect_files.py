"""Finds the files of a release in folders, and copies them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from cibw.errors import Mistake, ReleaseFaultError
from cibw.model.collection import CollectedFile
from cibw.model.distribution import ATTESTATION_ENDING, WHEEL_ENDING, Distribution, is_distribution_name
from cibw.model.findings import Finding
from cibw.model.manifest import MANIFEST_NAME
from cibw.untrusted.faults import ArchiveError
from cibw.untrusted.tars import check_sdist
from cibw.untrusted.zips import open_zip

_PIECE = 1 << 20


def folders_below(directory: Path, output: Path) -> Iterator[Path]:
    """A directory and those below it that hold something of a release, but never the output directory.

    Hidden directories and links to directories are left out.
    """
    entries = sorted(directory.iterdir())
    if directory.resolve() != output.resolve() and any(_counts(path) for path in entries):
        yield directory
    for path in entries:
        if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
            yield from folders_below(path, output)


def packed_below(directory: Path) -> Iterator[Path]:
    """The archives in a directory and below it that may be artifacts, as browsers and APIs of CIs hand them out."""
    return (path for path in sorted(directory.glob("**/*.zip")) if is_packed(path))


def is_packed(path: Path) -> bool:
    """Whether an archive is not unpacked beside itself."""
    return path.is_file() and not path.with_suffix("").is_dir()


def files_in(directory: Path, shown: str) -> tuple[CollectedFile, ...]:
    """The distributions and attestations directly in a directory, by name."""
    paths = [path for path in sorted(directory.iterdir()) if _counts(path) and path.name != MANIFEST_NAME]
    return tuple(_described(path, shown) for path in paths)


def odd_names(files: tuple[CollectedFile, ...]) -> tuple[Mistake, ...]:
    """The files whose names are those of no distribution."""
    return tuple(mistake for file in files for mistake in _odd_name(file))


def broken_archives(files: tuple[CollectedFile, ...], root: Path) -> tuple[Finding, ...]:
    """The distributions that can't be read to their end; their paths are relative to a directory."""
    distinct = {file.sha256: file for file in files if is_distribution_name(file.filename)}
    return tuple(finding for file in distinct.values() for finding in _broken(file, root / file.path))


def _broken(file: CollectedFile, path: Path) -> Iterator[Finding]:
    try:
        _read_to_end(path)
    except ArchiveError as error:
        yield Finding(
            rule="broken-archive",
            message=f"{file.path} can't be read to its end: {error}.",
            fix="Hand it on again from where it was built, or build it again.",
            files=(file.path,),
        )


def _read_to_end(path: Path) -> None:
    if not path.name.endswith(WHEEL_ENDING):
        check_sdist(path)
        return
    with open_zip(path) as archive:
        # `cibw check` judges other kinds of compression, which are never unpacked here.
        if archive.is_plain:
            archive.check()


def copy_file(file: CollectedFile, source: Path, output: Path) -> None:
    """Copy a file so that it appears as a whole; ReleaseFaultError if its content has changed since it was listed."""
    # The name of a file may be as long as the file system allows.
    partial = output / f".cibw-{file.sha256[:32]}.part"
    # A link of this name, which others have left, is not followed.
    partial.unlink(missing_ok=True)
    digest = hashlib.sha256()
    try:
        with source.open("rb") as reader, partial.open("xb") as writer:
            while piece := reader.read(_PIECE):
                digest.update(piece)
                writer.write(piece)
        if digest.hexdigest() != file.sha256:
            raise ReleaseFaultError(
                f"{file.path} has changed while it was collected.", hint="Start again when nothing writes to it."
            )
        partial.replace(output / file.filename)
    finally:
        partial.unlink(missing_ok=True)


def _counts(path: Path) -> bool:
    name = path.name
    is_known = is_distribution_name(name) or name.endswith(ATTESTATION_ENDING) or name == MANIFEST_NAME
    return is_known and not name.startswith(".") and path.is_file()


def _described(path: Path, shown: str) -> CollectedFile:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return CollectedFile(filename=path.name, size=size, sha256=digest.hexdigest(), folder=shown)


def _odd_name(file: CollectedFile) -> Iterator[Mistake]:
    try:
        Distribution.parse(file.filename.removesuffix(ATTESTATION_ENDING), size=file.size, sha256=file.sha256)
    except ValueError as error:
        yield Mistake(place=file.path, message=str(error), hint="remove it, or give it its right name")
