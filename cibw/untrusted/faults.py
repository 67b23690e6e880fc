"""Errors for untrusted files."""

from __future__ import annotations


class UnreadableFileError(ValueError):
    """A project file cannot be read. The message is its label and the reason, without a full stop."""

    def __init__(self, label: str, reason: str) -> None:
        super().__init__(f"{label} {reason}")
        self.reason = reason


class ArchiveError(ValueError):
    """An archive is rejected. The message is the reason, without the archive's name or a full stop."""


class BrokenArchiveError(ArchiveError):
    """An archive is damaged, incomplete, or not in the expected format."""


class UnsafeEntryError(ArchiveError):
    """An entry could write outside the target directory, or its name is not portable."""


class OversizedArchiveError(ArchiveError):
    """An archive has more entries or content than allowed."""
