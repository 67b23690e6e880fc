"""Plan which files of several directories make up one release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cibw.model.collection import CollectedFile, Collection, Folder
from cibw.model.distribution import ATTESTATION_ENDING, SDIST_ENDING, is_distribution_name
from cibw.model.findings import Finding, Severity
from cibw.model.manifest import Manifest, ManifestFile, merged


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
