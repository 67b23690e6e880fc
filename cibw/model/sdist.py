"""What an sdist is made from, and what is in one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What git says of a package's directory; paths are relative to it.

    `missing_submodules` are not checked out, `changed` are files that differ from the commit or are unknown to git.
    Without git, or outside of a repository, nothing is known. `refused` is the command that lets git read a
    repository of another user, where it refuses to.
    """

    is_shallow: bool = False
    missing_submodules: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SdistContents:
    """The names at the top of an sdist, and the text of its PKG-INFO; empty where there is none."""

    top: tuple[str, ...]
    pkg_info: str = ""
