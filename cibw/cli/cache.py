"""The command that removes the cache."""

from __future__ import annotations

import shutil

from cibw.cli.sessions import Session
from cibw.errors import CibwError, ConfigurationError

_TAG = "CACHEDIR.TAG"
_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55"


def clean_cache(session: Session) -> int:
    """Remove the cache directory; CibwError where it is not marked as one (Cache Directory Tagging)."""
    directory = session.cache_dir
    if not directory.exists():
        print(f"There is no cache directory at {directory}.")
        return 0
    tag = directory / _TAG
    if not tag.is_file() or not tag.read_text(errors="replace").startswith(_SIGNATURE):
        raise CibwError(
            f"{directory} is not removed, because it holds no {_TAG} that marks it as a cache.",
            hint="Check CIBW_CACHE_PATH; remove the directory by hand if it is cibw's.",
        )
    shutil.rmtree(directory)
    print(f"Removed the cache directory {directory}.")
    return 0


def mark_cache(session: Session) -> None:
    """Make the cache directory and mark it as one, so that backups leave it out and it may be removed.

    ConfigurationError where nothing can be written there.
    """
    try:
        session.cache_dir.mkdir(parents=True, exist_ok=True)
        tag = session.cache_dir / _TAG
        if not tag.exists():
            tag.write_text(f"{_SIGNATURE}\n# This directory holds what cibw can make again.\n")
    except OSError as error:
        raise ConfigurationError(
            f"The cache directory {session.cache_dir} can't be used: {error.strerror}",
            hint="Set CIBW_CACHE_PATH to a directory that can be written to.",
        ) from error
