"""Read and write `dist.json`."""

from __future__ import annotations

from pathlib import Path

from cibw.errors import CibwError
from cibw.limited import read_text_limited
from cibw.model.manifest import MANIFEST_NAME, Manifest
from cibw.reporting.whole_file import write_whole


def write_manifest(manifest: Manifest, directory: Path) -> Path:
    """Write `dist.json` into a directory and return its path."""
    from cibw.reporting.codec import manifest_to_json

    return write_whole(directory / MANIFEST_NAME, manifest_to_json(manifest))


def read_manifest(directory: Path) -> Manifest | None:
    """The manifest of a directory, or None; CibwError if it cannot be read."""
    from cibw.reporting.codec import manifest_from_json

    path = directory / MANIFEST_NAME
    try:
        text = read_text_limited(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CibwError(f"Cannot read {path}: {error}.", hint="Remove it and build again.") from error
    try:
        return manifest_from_json(text)
    except CibwError as error:
        raise CibwError(f"{path}: {error.message}", hint=error.hint or "Remove it and build again.") from error
