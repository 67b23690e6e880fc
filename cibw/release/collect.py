"""Gathers the files of a release from folders into one directory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from cibw.errors import Mistake, ReleaseFaultError
from cibw.model.manifest import (
    MANIFEST_NAME,
    CollectedFile,
    Collection,
    Finding,
    Folder,
    Manifest,
    ManifestFile,
    Severity,
    merged,
)
from cibw.model.release import ATTESTATION_ENDING, SDIST_ENDING, WHEEL_ENDING, Distribution, is_distribution_name
from cibw.untrusted.limits import ArchiveError
from cibw.untrusted.tars import check_sdist
from cibw.untrusted.zips import open_zip

# Find the files of a release in directories and copy them.

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


# Plan which files of several directories make up one release.


def plan_collection(folders: tuple[Folder, ...], output: Folder) -> Collection:
    """The files to copy into the output directory; of identical files, the first."""
    chosen: dict[str, CollectedFile] = {}
    repeated: list[CollectedFile] = []
    for file in _files(folders):
        if file.filename in chosen:
            repeated.append(file)
        chosen.setdefault(file.filename, file)
    there = {file.filename: file for file in output.files}
    known = {entry.filename for entry in (output.manifest or Manifest()).files}
    others = [name for name in there if name not in chosen]
    return Collection(
        folders=folders,
        copies=tuple(file for name, file in chosen.items() if name not in there),
        there=tuple(file for name, file in chosen.items() if name in there),
        repeated=tuple(repeated),
        kept=tuple(name for name in others if _subject(name) in known),
        strangers=tuple(name for name in others if _subject(name) not in known),
        manifest=_manifest(folders, output, chosen),
    )


def collection_findings(folders: tuple[Folder, ...], output: Folder) -> tuple[Finding, ...]:
    """Why the files of the folders and of the output directory conflict."""
    everywhere = (*folders, output)
    return (*_different(folders, output), *_changed(everywhere), *_lone_attestations(everywhere))


def _files(folders: Iterable[Folder]) -> Iterator[CollectedFile]:
    return (file for folder in folders for file in folder.files)


def _subject(filename: str) -> str:
    return filename.removesuffix(ATTESTATION_ENDING)


def _manifest(folders: tuple[Folder, ...], output: Folder, chosen: Mapping[str, CollectedFile]) -> Manifest:
    hashes = {file.filename: file.sha256 for file in (*output.files, *chosen.values())}
    plain = tuple(
        ManifestFile(filename=file.filename, size=file.size, sha256=file.sha256)
        for file in chosen.values()
        if is_distribution_name(file.filename)
    )
    manifests = [folder.manifest for folder in (output, *folders) if folder.manifest is not None]
    # Only entries of collected files count; another folder may list a different file with the same name.
    true = [
        replace(one, files=tuple(entry for entry in one.files if hashes.get(entry.filename) == entry.sha256))
        for one in manifests
    ]
    return merged((Manifest(files=plain), *true))


def _different(folders: tuple[Folder, ...], output: Folder) -> Iterator[Finding]:
    first = {file.filename: file for file in output.files}
    for file in _files(folders):
        other = first.setdefault(file.filename, file)
        if other.sha256 != file.sha256:
            yield _clash(other, file, is_in_output=other in output.files)


def _clash(one: CollectedFile, other: CollectedFile, *, is_in_output: bool) -> Finding:
    if is_in_output:
        fix = f"Remove {one.path} if it is from an earlier build. Existing files are never replaced."
    elif one.filename.endswith(SDIST_ENDING):
        fix = "Two jobs built the sdist, and sdists are not reproducible. Build it in one job with `cibw sdist`."
    elif one.filename.endswith(ATTESTATION_ENDING):
        fix = "Two jobs attested the same file. Attest only in the publishing job."
    else:
        fix = "Two jobs built the same wheel. Select its identifier in only one of them, with `build` or --only."
    return Finding(
        rule="different-bytes",
        message=f"{one.filename} differs between {one.folder} and {other.folder}.",
        fix=fix,
        files=(one.path, other.path),
    )


def _changed(folders: Iterable[Folder]) -> Iterator[Finding]:
    for folder in folders:
        for file in folder.files:
            entry = (folder.manifest or Manifest()).file(file.filename)
            if entry is not None and entry.sha256 != file.sha256:
                yield Finding(
                    rule="changed-file",
                    message=f"{file.path} does not match its entry in {folder.name}/dist.json.",
                    fix="It was changed or replaced after the manifest was written. Rebuild it.",
                    files=(file.path,),
                )


def _lone_attestations(folders: tuple[Folder, ...]) -> Iterator[Finding]:
    names = {file.filename for file in _files(folders)}
    for name in sorted(names):
        if name != _subject(name) and _subject(name) not in names:
            yield Finding(
                rule="lone-attestation",
                message=f"{name} was found, but not the file that it attests.",
                fix="Pass on the attestation together with its file.",
                files=(name,),
                severity=Severity.WARNING,
            )
