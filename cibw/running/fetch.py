"""Downloads files once, verifies them, and keeps them in the cache."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from cibw.errors import DownloadError
from cibw.model.downloads import Download, Mirrors
from cibw.running.fetch_api import Reply, Transport, UnreachableError
from cibw.running.fetch_rules import Lacking, is_final, place_of, shown, waits
from cibw.running.locks import alone
from cibw.running.removal import put_in_place
from cibw.running.watch import ended_by, pause

_NEWS_SECONDS = 2.0
_PIECE = 1 << 20


def ignore(_: str) -> None:
    """Ignore a progress line."""


def always() -> None:
    """Never interrupt a download."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """Download settings. `cache` is the cache directory, and `first_wait` is in seconds.

    Each wait between attempts is twice as long as the one before. `progress` receives lines of text, and `go_on`
    raises an error to cancel the download.
    """

    transport: Transport
    cache: Path
    mirrors: Mirrors = field(default_factory=Mirrors)
    attempts: int = 6
    first_wait: float = 3.0
    progress: Callable[[str], None] = ignore
    go_on: Callable[[], None] = always
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def fetch(download: Download, fetching: Fetching) -> Path:
    """Return the path of a file in the cache. Download it if it is missing or damaged.

    Runs that need the same file wait for each other. Raises DownloadError if it cannot be downloaded or has the
    wrong hash. No partial file is left behind.
    """
    path = fetching.cache / place_of(download)
    with alone(path, fetching.go_on):
        if not _is_there(path, download):
            if os.path.lexists(path):
                fetching.progress(f"{path} is damaged; downloading it again.")
            _fetch_patiently(download, path, fetching)
    return path


def lacking(downloads: Iterable[Download], fetching: Fetching) -> tuple[Lacking, ...]:
    """Return the files that are missing from the cache, without duplicates and in order."""
    places = {download: fetching.cache / place_of(download) for download in downloads}
    return tuple(
        Lacking(download=download, place=str(place), address=fetching.mirrors.resolve(download.address))
        for download, place in places.items()
        if not _is_there(place, download)
    )


def is_file_of(path: Path, sha256: str) -> bool:
    """Return whether a path is a readable file that has the given SHA-256, if one is given."""
    try:
        return path.is_file() and (_hash(path) == sha256 if sha256 else os.access(path, os.R_OK))
    except OSError:
        return False


def _is_there(path: Path, download: Download) -> bool:
    return is_file_of(path, download.sha256)


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _fetch_patiently(download: Download, path: Path, fetching: Fetching) -> None:
    address = fetching.mirrors.resolve(download.address)
    for seconds in waits(fetching.first_wait, fetching.attempts):
        fault = _fault_of(address, download.sha256, path, fetching)
        if fault is None:
            return
        fetching.progress(f"{shown(address)}: {fault}; retrying in {seconds:.0f} s")
        pause(seconds, fetching.go_on, fetching.sleep)
    fault = _fault_of(address, download.sha256, path, fetching)
    if fault is not None:
        raise DownloadError(
            f"Could not download {shown(address)} after {fetching.attempts} attempts; the last error was: {fault}",
            hint="Check the network connection and the proxy, or set a mirror in [tool.cibw.mirrors].",
        ) from fault


def _fault_of(address: str, sha256: str, path: Path, fetching: Fetching) -> UnreachableError | None:
    """Return the reason why an attempt failed, or None if the file has been downloaded."""
    try:
        _fetch(address, sha256, path, fetching)
    except UnreachableError as fault:
        # An interrupt closes the connection, which then looks broken.
        fetching.go_on()
        return fault
    return None


def _fetch(address: str, sha256: str, path: Path, fetching: Fetching) -> None:
    partial = path.with_name(f".{path.name}.part")
    fetching.go_on()
    try:
        with fetching.transport.get(address) as reply:
            _demand_success(reply, address)
            with partial.open("wb") as file, ended_by(fetching.go_on, reply.stop):
                found = _transfer(reply, file, address, fetching)
        if sha256 and found != sha256:
            raise DownloadError(
                f"{shown(address)} does not have the expected hash: its SHA-256 is {found}, not {sha256}.",
                hint="Check the mirror or the proxy that it comes from; the file may have been modified.",
            )
        put_in_place(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _demand_success(reply: Reply, address: str) -> None:
    if reply.status == 200:
        return
    if is_final(reply.status):
        raise DownloadError(
            f"Could not download {shown(address)}: the server returned status {reply.status}.",
            hint="Check the address, and [tool.cibw.mirrors] if it points to a mirror.",
        )
    raise UnreachableError(f"the server returned status {reply.status}")


def _transfer(reply: Reply, file: IO[bytes], address: str, fetching: Fetching) -> str:
    """Write the response to a file and return its SHA-256."""
    digest, received, told = hashlib.sha256(), 0, fetching.clock()
    fetching.progress(f"downloading {shown(address)}")
    for piece in reply.pieces:
        fetching.go_on()
        digest.update(piece)
        file.write(piece)
        received += len(piece)
        if fetching.clock() - told >= _NEWS_SECONDS:
            told = fetching.clock()
            fetching.progress(f"downloading {shown(address)}: {_amount(received, reply.size)}")
    if reply.size not in (None, received):
        raise UnreachableError(f"the connection ended after {received} of {reply.size} bytes")
    return digest.hexdigest()


def _amount(received: int, size: int | None) -> str:
    whole = f" of {size / 1e6:.1f}" if size is not None else ""
    return f"{received / 1e6:.1f}{whole} MB"
