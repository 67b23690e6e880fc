"""What can be wrong with a file that somebody else has written."""

from __future__ import annotations


class UnreadableFileError(ValueError):
    """A file of a project can't be read; the message is its label and the reason, without a full stop."""

    def __init__(self, label: str, reason: str) -> None:
        super().__init__(f"{label} {reason}")
        self.reason = reason


class ArchiveError(ValueError):
    """An archive must not be used; the message says why, without the archive's name and without a full stop."""


class BrokenArchiveError(ArchiveError):
    """An archive is damaged, incomplete, or not in the expected format."""


class UnsafeEntryError(ArchiveError):
    """An entry could write outside of the target directory, or its name is not portable."""


class OversizedArchiveError(ArchiveError):
    """An archive has more entries or more content than is allowed."""
