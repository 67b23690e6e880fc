"""Rules of downloads: when to try again, and where to store a file; pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit, urlunsplit

from cibw.model.downloads import Download
from cibw.model.images import Image

_WORTH_ANOTHER_TRY = frozenset({408, 429})
_ODD = re.compile(r"[^\w.+-]", re.ASCII)


def is_final(status: int) -> bool:
    """Return whether repeating the request would fail again."""
    return 400 <= status < 500 and status not in _WORTH_ANOTHER_TRY


def waits(first: float, attempts: int) -> tuple[float, ...]:
    """Return the seconds between attempts. Each is twice as long as the one before."""
    return tuple(first * 2**number for number in range(attempts - 1))


def place_of(download: Download) -> PurePosixPath:
    """Return the cache path of a file: by its hash, so that mirrors share it, else by its address."""
    key = download.sha256 or f"address-{hashlib.sha256(download.address.encode()).hexdigest()[:32]}"
    name = _ODD.sub("_", urlsplit(download.address).path.rpartition("/")[2]).lstrip(".")
    return PurePosixPath("downloads", key, name or "file")


def shown(address: str) -> str:
    """Return an address for display: without credentials, and without a query, which may contain a token."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """A file missing from the cache, with its cache path and its address."""

    download: Download
    place: str
    address: str


def missing_text(files: Sequence[Lacking], images: Sequence[Image]) -> str:
    """List everything that is missing: for each file its address, its target path and its hash."""
    lines = [f"  {shown(one.address)}\n    {one.place}{_proof(one.download)}" for one in files]
    lines += [f"  {image.reference}\n    an image for {image.oci_platform}" for image in images]
    amounts = [_amount(len(files), "file"), _amount(len(images), "image")]
    what = " and ".join(filter(None, amounts))
    verb = "is" if len(lines) == 1 else "are"
    return "\n".join((f"{what} {verb} missing, and network access is disabled:", *lines))


def _amount(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}" if number else ""


def _proof(download: Download) -> str:
    return f"\n    SHA-256 {download.sha256}" if download.sha256 else ""
