"""Reads an sdist, and checks it and the source it was made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath

from packaging.utils import canonicalize_name
from packaging.version import Version

from cibw.errors import ReleaseFaultError
from cibw.model.manifest import Finding, SdistContents, Severity, SourceState
from cibw.model.release import SDIST_ENDING, VERSION_TOOLS, Distribution, required_names
from cibw.untrusted.limits import METADATA, ArchiveError
from cibw.untrusted.tars import TarReader, open_sdist

# Read the top level of an sdist.


def read_sdist(path: Path) -> SdistContents:
    """The top-level entries and the PKG-INFO of an sdist; ReleaseFaultError if it is not a gzipped tar file."""
    try:
        with open_sdist(path) as archive:
            return _contents(archive, path.name.removesuffix(SDIST_ENDING))
    except (ArchiveError, OSError) as error:
        raise ReleaseFaultError(f"Cannot read {path.name}: {error}.", hint="Remove and rebuild it.") from error


def _contents(archive: TarReader, named: str) -> SdistContents:
    top: dict[str, None] = {}
    texts: dict[str, str] = {}
    for member in archive:
        parts = PurePosixPath(member.entry.name).parts
        top.update(dict.fromkeys(parts[:1]))
        if parts[1:] == ("PKG-INFO",) and parts[0] in (named, next(iter(top))):
            texts[parts[0]] = archive.read(METADATA).decode("utf-8", "replace")
    root = next(iter(top)) if len(top) == 1 else named
    return SdistContents(top=tuple(top), pkg_info=texts.get(root, ""))


# Check that an index accepts an sdist and that tools can read it (source distribution format, PEP 625).

_OTHER_BACKEND = "Use a newer release of the build backend: raise its lower bound in build-system.requires."


def normal_name(sdist: Distribution) -> str:
    """The file name of an sdist of this project and version (PEP 625)."""
    return f"{sdist.project.replace('-', '_')}-{sdist.version}{SDIST_ENDING}"


def sdist_findings(sdist: Distribution, contents: SdistContents) -> tuple[Finding, ...]:
    """The problems of an sdist's name and contents."""
    return (*_name(sdist), *_top(sdist, contents), *_metadata(sdist, contents))


def _name(sdist: Distribution) -> Iterator[Finding]:
    if sdist.filename != normal_name(sdist):
        yield Finding(
            rule="sdist-name",
            message=f"{sdist.filename} should be named {normal_name(sdist)} (PEP 625); an index may refuse it.",
            fix=_OTHER_BACKEND,
            files=(sdist.filename,),
        )


def _top(sdist: Distribution, contents: SdistContents) -> Iterator[Finding]:
    wanted = sdist.filename.removesuffix(SDIST_ENDING)
    if contents.top != (wanted,):
        yield Finding(
            rule="sdist-directory",
            message=f"{sdist.filename} must contain only the directory {wanted}, but contains "
            f"{', '.join(contents.top) or 'nothing'}.",
            fix=_OTHER_BACKEND,
            files=(sdist.filename,),
            # Installers and the public index accept any single directory.
            severity=Severity.WARNING if len(contents.top) == 1 else Severity.ERROR,
        )


def _metadata(sdist: Distribution, contents: SdistContents) -> Iterator[Finding]:
    if not contents.pkg_info:
        yield Finding(
            rule="sdist-metadata",
            message=f"{sdist.filename} has no PKG-INFO in its directory.",
            fix=_OTHER_BACKEND,
            files=(sdist.filename,),
        )
        return
    headers = HeaderParser().parsestr(contents.pkg_info)
    name, version = str(headers["Name"] or ""), str(headers["Version"] or "")
    if canonicalize_name(name) != sdist.project or _version(version) != sdist.version:
        yield Finding(
            rule="sdist-metadata",
            message=f"The PKG-INFO of {sdist.filename} has {name or 'no name'} {version or 'and no version'}.",
            fix=_OTHER_BACKEND,
            files=(sdist.filename,),
        )


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except ValueError:
        return None


# Check that the source of a release is complete.

_SHOWN = 5


def source_findings(state: SourceState, requires: Iterable[str]) -> tuple[Finding, ...]:
    """The problems of a source whose build requires these distributions (PEP 508)."""
    return (*_refusal(state), *_submodules(state), *_depth(state, requires), *_changes(state))


def changes_during_build(changed: tuple[str, ...]) -> tuple[Finding, ...]:
    """The finding for files that changed during the sdist build."""
    if not changed:
        return ()
    finding = Finding(
        rule="changed-meanwhile",
        message=f"The source changed during the sdist build: {_listed(changed)}.",
        fix="The next run rebuilds it. Make sure that neither your editor nor the build changes tracked files.",
        files=changed,
        severity=Severity.WARNING,
    )
    return (finding,)


def _refusal(state: SourceState) -> Iterator[Finding]:
    if state.refused:
        yield Finding(
            rule="repository-of-another-user",
            message="git refuses to read the repository, because it belongs to another user. cibw cannot check "
            "whether the source is complete.",
            fix=f"If you trust the repository, run `{state.refused}`.",
            severity=Severity.WARNING,
        )


def _submodules(state: SourceState) -> Iterator[Finding]:
    if state.missing_submodules:
        yield Finding(
            rule="missing-submodule",
            message=f"Submodules are not checked out: {_listed(state.missing_submodules)}.",
            fix="Run `git submodule update --init --recursive`; in a GitHub workflow, set `submodules: recursive` in "
            "the checkout step.",
            files=state.missing_submodules,
        )


def _depth(state: SourceState, requires: Iterable[str]) -> Iterator[Finding]:
    tools = sorted(VERSION_TOOLS.intersection(required_names(requires)))
    if state.is_shallow and tools:
        yield Finding(
            rule="shallow-clone",
            message=f"The clone is shallow, so {_listed(tools)} cannot find the tag for the version.",
            fix="Run `git fetch --unshallow --tags`; in a GitHub workflow, set `fetch-depth: 0` in the checkout step.",
        )


def _changes(state: SourceState) -> Iterator[Finding]:
    if state.changed:
        yield Finding(
            rule="uncommitted-changes",
            message=f"The source differs from its commit: {_listed(state.changed)}.",
            fix="Commit all changes of the release, so that the sdist can be traced to a commit.",
            files=state.changed,
            severity=Severity.WARNING,
        )


def _listed(names: Iterable[str]) -> str:
    words = list(names)
    rest = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
