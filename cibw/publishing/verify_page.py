"""Wait until an index lists a release, and download files to verify their contents."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from cibw.errors import UploadError
from cibw.model.distribution import Distribution
from cibw.model.findings import Finding
from cibw.model.release import Listing
from cibw.model.web import Question
from cibw.publishing.upload_lookup import Lookup
from cibw.publishing.verify_rules import Wanted, listed_files, listed_names, missing_names

_FIRST_WAIT = 1.0
_LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The page of a project on an index; `timeout` is the maximum wait for a release in seconds.

    `waiting` is called with the missing files and the seconds until the next check.
    """

    lookup: Lookup
    simple: str
    project: str
    timeout: float
    waiting: Callable[[str, float], None]
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    @property
    def address(self) -> str:
        """The URL of the page."""
        return f"{self.simple}{self.project}/"

    def listing(self, wanted: Wanted) -> Listing:
        """The files on the page, once it lists all files of a release or the timeout has passed."""
        names = [file.filename for file in wanted.files]
        return self._until(lambda: self._look(names), lambda listing: _lack(wanted, listing))

    def release(self, wanted: Wanted) -> Wanted:
        """A release with its files on the page, once there are any or the timeout has passed."""
        listing = self._until(lambda: self._look([]), lambda seen: _nothing_of(wanted, seen))
        names = listed_names(wanted, listing)
        return replace(wanted, files=listed_files(wanted, self._look(names)) if names else ())

    def check_bytes(self, file: Distribution, listing: Listing) -> tuple[Finding, ...]:
        """Download a file and compare its SHA-256."""
        entry = listing.file(file.filename)
        if entry is None or not entry.address:
            return ()
        try:
            answer = self.lookup.ask(Question(address=entry.address), self.simple)
        except UploadError as error:
            return (_unfetched(file, error.message),)
        if answer.status != 200:
            return (_unfetched(file, f"{entry.address} responded with {answer.status}"),)
        found = hashlib.sha256(answer.body).hexdigest()
        if found == file.sha256:
            return ()
        message = f"{entry.address} serves a file with the SHA-256 {found} instead of {file.sha256}."
        return (Finding(rule="bytes", message=message, fix="The index is faulty: contact its operator."),)

    def _until(self, look: Callable[[], Listing], lack: Callable[[Listing], str]) -> Listing:
        end, wait, listing = self.clock() + self.timeout, _FIRST_WAIT, look()
        while (missing := lack(listing)) and (left := end - self.clock()) > 0:
            pause = min(max(wait, listing.retry_after), left)
            self.waiting(missing, pause)
            self.sleep(pause)
            wait, listing = min(2 * wait, _LONGEST_WAIT), look()
        return listing

    def _look(self, names: list[str] | tuple[str, ...]) -> Listing:
        try:
            return replace(self.lookup, attempts=1).listing(self.simple, self.project, names)
        except UploadError as error:
            return Listing(unknown=error.message.rstrip("."))


def _lack(wanted: Wanted, listing: Listing) -> str:
    missing = missing_names(wanted, listing)
    if listing.unknown or not missing:
        return listing.unknown
    return f"{missing[0]} and {len(missing) - 1} more" if len(missing) > 1 else missing[0]


def _nothing_of(wanted: Wanted, listing: Listing) -> str:
    return listing.unknown or ("" if listed_names(wanted, listing) else str(wanted))


def _unfetched(file: Distribution, reason: str) -> Finding:
    return Finding(rule="bytes", message=f"Cannot download {file.filename}: {reason}", files=(file.filename,))
