"""Source distributions of the package index: downloaded once, unpacked where they are wanted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cibw.untrusted.unpacking import unpack_into

_DOWNLOADER = "unearth==0.19.0"
"""Downloads a file and builds nothing; pip prepares the metadata, for which some projects are compiled."""


class DownloadError(Exception):
    """A file can't be had; the message holds what the downloader said."""


def download_sdist(name: str, version: str, directory: Path, environment: Mapping[str, str]) -> Path:
    """The archive of a release below a directory, from the index where it is not there yet; DownloadError."""
    archive = directory / f"{name}-{version}.tar.gz"
    if not archive.exists():
        partial = directory / f"partial-{os.getpid()}"
        index = environment.get("PIP_INDEX_URL")
        command = [sys.executable, "-m", "uv", "tool", "run", _DOWNLOADER, "--no-binary"]
        command += ["--download", str(partial), *(["--index-url", index] if index else [])]
        command.append(f"{name}=={version}")
        done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
        if done.returncode:
            raise DownloadError(f"{name} {version} can't be downloaded.\n{done.stdout}{done.stderr}")
        (partial / archive.name).replace(archive)
        shutil.rmtree(partial)
    return archive


def unpack(archive: Path, directory: Path) -> Path:
    """The one folder that an archive holds, below a directory."""
    whole = Path(tempfile.mkdtemp(dir=directory))
    unpack_into(whole, archive)
    (inside,) = whole.iterdir()
    found = inside.rename(directory / inside.name)
    whole.rmdir()
    return found
