"""What fetching decides: when another try is worth it, where a file is kept; pure."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from urllib.parse import urlsplit, urlunsplit

from cibw.errors import DownloadError
from cibw.model.downloads import Download

_WORTH_ANOTHER_TRY = frozenset({408, 429})
_ODD = re.compile(r"[^\w.+-]", re.ASCII)


def is_final(status: int) -> bool:
    """Whether the same question would get the same refusal."""
    return 400 <= status < 500 and status not in _WORTH_ANOTHER_TRY


def waits(first: float, attempts: int) -> tuple[float, ...]:
    """The seconds between tries, each twice the one before; one fewer than there are tries."""
    return tuple(first * 2**number for number in range(attempts - 1))


def place_of(download: Download) -> PurePosixPath:
    """Where a file is kept below the cache: by its hash, so that mirrors share it, else by its address."""
    key = download.sha256 or f"address-{hashlib.sha256(download.address.encode()).hexdigest()[:32]}"
    name = _ODD.sub("_", urlsplit(download.address).path.rpartition("/")[2]).lstrip(".")
    return PurePosixPath("downloads", key, name or "file")


def shown(address: str) -> str:
    """An address as it may be shown: without a login, and without a query, which may hold a token."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def missing_error(
    downloads: tuple[Download, ...], places: tuple[str, ...], addresses: tuple[str, ...]
) -> DownloadError:
    """The error that lists all files that the cache lacks, from where to get each and where to put it."""
    pairs = zip(downloads, places, addresses, strict=True)
    listed = "\n".join(f"  {shown(address)}\n    as {place}{_proof(download)}" for download, place, address in pairs)
    files = "1 file is" if len(downloads) == 1 else f"{len(downloads)} files are"
    return DownloadError(
        f"{files} not in the cache, and the network is not to be used:\n{listed}",
        hint="Put them there, or run once with the network.",
    )


def _proof(download: Download) -> str:
    return f"\n    SHA-256 {download.sha256}" if download.sha256 else ""
