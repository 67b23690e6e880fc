"""Find the files of a release in directories and copy them."""

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
    """The directory and its subdirectories that contain release files, except the output directory.

    Hidden directories and symlinks to directories are skipped.
    """
    entries = sorted(directory.iterdir())
    if directory.resolve() != output.resolve() and any(_counts(path) for path in entries):
        yield directory
    for path in entries:
        if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
            yield from folders_below(path, output)


def packed_below(directory: Path) -> Iterator[Path]:
    """The archives in a directory and its subdirectories that may be downloaded CI artifacts."""
    return (path for path in sorted(directory.glob("**/*.zip")) if is_packed(path))


def is_packed(path: Path) -> bool:
    """Whether an archive was not unpacked next to itself."""
    return path.is_file() and not path.with_suffix("").is_dir()


def files_in(directory: Path, shown: str) -> tuple[CollectedFile, ...]:
    """The distributions and attestations directly in a directory, by name."""
    paths = [path for path in sorted(directory.iterdir()) if _counts(path) and path.name != MANIFEST_NAME]
    return tuple(_described(path, shown) for path in paths)


def odd_names(files: tuple[CollectedFile, ...]) -> tuple[Mistake, ...]:
    """The files without a valid distribution name."""
    return tuple(mistake for file in files for mistake in _odd_name(file))


def broken_archives(files: tuple[CollectedFile, ...], root: Path) -> tuple[Finding, ...]:
    """The distributions that cannot be read completely; their paths are relative to `root`."""
    distinct = {file.sha256: file for file in files if is_distribution_name(file.filename)}
    return tuple(finding for file in distinct.values() for finding in _broken(file, root / file.path))


def _broken(file: CollectedFile, path: Path) -> Iterator[Finding]:
    try:
        _read_to_end(path)
    except ArchiveError as error:
        yield Finding(
            rule="broken-archive",
            message=f"Cannot read {file.path} completely: {error}.",
            fix="Transfer it again from the job that built it, or rebuild it.",
            files=(file.path,),
        )


def _read_to_end(path: Path) -> None:
    if not path.name.endswith(WHEEL_ENDING):
        check_sdist(path)
        return
    with open_zip(path) as archive:
        # Other compression methods are checked by `cibw check` and never unpacked here.
        if archive.is_plain:
            archive.check()


def copy_file(file: CollectedFile, source: Path, output: Path) -> None:
    """Copy a file atomically; ReleaseFaultError if its contents have changed since it was listed."""
    # The file name may already have the maximum length of the file system.
    partial = output / f".cibw-{file.sha256[:32]}.part"
    # An existing symlink of this name must not be followed.
    partial.unlink(missing_ok=True)
    digest = hashlib.sha256()
    try:
        with source.open("rb") as reader, partial.open("xb") as writer:
            while piece := reader.read(_PIECE):
                digest.update(piece)
                writer.write(piece)
        if digest.hexdigest() != file.sha256:
            raise ReleaseFaultError(
                f"{file.path} changed while it was being collected.",
                hint="Run the command again when nothing writes to it.",
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
        yield Mistake(place=file.path, message=str(error), hint="remove or rename it")
