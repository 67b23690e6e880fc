"""Check that an index accepts an sdist and that tools can read it (source distribution format, PEP 625)."""

from __future__ import annotations

from collections.abc import Iterator
from email.parser import HeaderParser

from packaging.utils import canonicalize_name
from packaging.version import Version

from cibw.model.distribution import SDIST_ENDING, Distribution
from cibw.model.findings import Finding, Severity
from cibw.model.sdist import SdistContents

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
