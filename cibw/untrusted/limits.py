"""Limits on the contents of an archive."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.untrusted.faults import OversizedArchiveError

MEBIBYTE = 1 << 20
GIBIBYTE = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The maximum number of entries, unpacked size in bytes, and ratio of unpacked to packed size.

    The ratio applies only to archives that unpack to more than `any_ratio` bytes.
    """

    entries: int = 200_000
    size: int = 4 * GIBIBYTE
    ratio: int = 200
    any_ratio: int = 64 * MEBIBYTE


UNPACKED = Limits()
"""For archives that are unpacked. The largest source distributions contain about 50,000 files and 500 MB."""
WHEEL = Limits(size=32 * GIBIBYTE)
"""For wheels, which are only read."""
METADATA = 8 * MEBIBYTE
"""The maximum size of METADATA, PKG-INFO, WHEEL or entry_points.txt, in bytes."""
RECORD = 64 * MEBIBYTE
"""The maximum size of RECORD, in bytes."""


class Meter:
    """Counts the bytes that are actually read from an archive, regardless of its headers."""

    def __init__(self, limits: Limits, packed: int) -> None:
        self._limits = limits
        self._packed = max(packed, 1)
        self.total = 0

    def add(self, size: int) -> None:
        """Count bytes. Raise OversizedArchiveError if there are too many."""
        self.total += size
        limits = self._limits
        if self.total > limits.size:
            raise OversizedArchiveError(f"it unpacks to more than {limits.size // MEBIBYTE} MiB")
        if self.total > max(limits.any_ratio, limits.ratio * self._packed):
            raise OversizedArchiveError(f"it unpacks to more than {limits.ratio} times its size")
