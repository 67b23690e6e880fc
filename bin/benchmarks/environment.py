"""Where the benchmark keeps things, and the environment that every program under it gets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tests.downloads import download_sdist, unpack

ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cibw-benchmark"
_FOREIGN = ("CIBW_", "VIRTUAL_ENV", "UV_PYTHON", "PYTHON", "GITHUB_", "TF_BUILD", "GITLAB_CI", "TRAVIS")


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The caller's environment without settings of the tools and marks of a CI, and with `more`."""
    kept = {name: value for name, value in os.environ.items() if not _is_foreign(name)}
    return {**kept, "CIBW_CACHE_PATH": str(CACHE / "tools"), **(more or {})}


def project(name: str) -> Path:
    """A project by its name: `hello` of the examples, else `NAME-VERSION`, an sdist unpacked once.

    DownloadError where the index does not give it.
    """
    if name == "hello":
        return ROOT / "examples" / "hello"
    directory = CACHE / "projects"
    found = directory / name
    if not found.exists():
        distribution, _, version = name.rpartition("-")
        directory.mkdir(parents=True, exist_ok=True)
        unpacked = unpack(download_sdist(distribution, version, directory, environment()), directory)
        if unpacked != found:
            unpacked.rename(found)
    return found


def _is_foreign(name: str) -> bool:
    return name == "CI" or name.startswith(_FOREIGN)
