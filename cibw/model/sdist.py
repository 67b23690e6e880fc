"""The source and the contents of an sdist."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """The git state of a package's directory; paths are relative to it.

    `missing_submodules` are not checked out, `changed` are modified or untracked files. All fields are empty without
    git or outside of a repository. `refused` is the command that allows git to read a repository owned by another
    user, if git refused to.
    """

    is_shallow: bool = False
    missing_submodules: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SdistContents:
    """The top-level names of an sdist, and the text of its PKG-INFO; empty if there is none."""

    top: tuple[str, ...]
    pkg_info: str = ""
