"""The upload: each file that is to be sent, one after another, and a report that is true at any time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from cibw.errors import CibwError, InterruptedRunError, UploadError
from cibw.model.published import PublishReport, UploadResult, UploadStatus
from cibw.model.release import Decision, Listing, PackageIndex, PlannedUpload, UploadPlan
from cibw.model.uploading import FileFinished, FileStarted, TryFailed, UploadEvent, UploadFinished, UploadStarted
from cibw.model.web import NoAnswerError
from cibw.publishing.upload_advice import exists_already
from cibw.publishing.upload_api import Credentials, CredentialSource, Receipt, Uploader
from cibw.publishing.upload_ending import ending, refusal, surrender, too_long, unconfirmed
from cibw.publishing.upload_rules import LONGEST_WAIT, Verdict, judge, waits, without
from cibw.publishing.upload_sheet import Sheet

_SHUT_OUT = (401, 403)
_LOOKS = 3
"""How often the index is asked whether it has a file that a page for people says to be taken."""
_BROKEN = 599
"""Stands for an answer that never came: a fault of the server's, as far as anybody can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What an upload needs; each wait between tries, in seconds, is twice the one before.

    `look` says what the index has by now. `record` keeps the report, and is called whenever it changes. With
    `skip_existing` the index's word that it has a file of that name is enough where nobody can compare the bytes.
    """

    uploader: Uploader
    source: CredentialSource
    look: Callable[[], Listing]
    record: Callable[[PublishReport], None]
    emit: Callable[[UploadEvent], None]
    skip_existing: bool = False
    attempts: int = 5
    first_wait: float = 2.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time


def send_release(plan: UploadPlan, sending: Sending) -> PublishReport:
    """Send what the plan wants sent, and stop at the first file that the index does not take.

    UploadError or CredentialsError where the index has nothing then, PartialReleaseError where it has some of the
    files, InterruptedRunError after Ctrl-C; the report was kept before.
    """
    sheet = Sheet.of(plan, sending.clock())
    fault: CibwError | None = None
    sending.record(sheet.report())
    try:
        sending.emit(UploadStarted(plan=plan, login=sending.source.description))
        sending.uploader.prepare()
        for number, upload in enumerate(plan.having(Decision.SEND), 1):
            sheet = _send(upload, number, sheet, sending)
        sending.uploader.commit()
    except _FileError as failed:
        fault, sheet = failed.fault, failed.sheet
    except CibwError as error:
        fault = error
    except KeyboardInterrupt:
        fault = InterruptedRunError("The upload was interrupted.")
    finally:
        sending.source.close()
    return _finish(sheet, plan, fault, sending)


class _FileError(Exception):
    """A file was not taken, for a reason, and what the sheet is then."""

    def __init__(self, fault: CibwError, sheet: Sheet) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.sheet = sheet


def _send(upload: PlannedUpload, number: int, sheet: Sheet, sending: Sending) -> Sheet:
    distribution = upload.distribution
    sending.emit(FileStarted(number=number, filename=distribution.filename, size=distribution.size))
    tries = _Tries(upload=upload, index=sheet.plan.index, sending=sending, started=sending.clock())
    fault: CibwError | None = None
    try:
        result = tries.run()
    except CibwError as error:
        fault, result = error, tries.result(UploadStatus.FAILED, error.message)
    except KeyboardInterrupt:
        fault = InterruptedRunError("The upload was interrupted.")
        result = tries.result(UploadStatus.FAILED, "interrupted while it was sent; the index may have it")
    sheet = sheet.with_result(result)
    sending.record(sheet.report())
    sending.emit(FileFinished(result=result))
    if fault is not None:
        raise _FileError(fault, sheet)
    return sheet


def _finish(sheet: Sheet, plan: UploadPlan, fault: CibwError | None, sending: Sending) -> PublishReport:
    error = ending(sheet.report(), plan.index, fault) if fault else None
    report = sheet.report(error.exit_code if error else 0)
    sending.record(report)
    sending.emit(UploadFinished(report=report))
    if error is not None:
        raise error
    return report


@dataclass(slots=True, kw_only=True)
class _Tries:
    """The tries for one file."""

    upload: PlannedUpload
    index: PackageIndex
    sending: Sending
    started: float
    attempts: int = 0

    def run(self) -> UploadResult:
        """Send the file until the index has it; CibwError where it never will."""
        fault = ""
        for wait in (*waits(self.sending.first_wait, self.sending.attempts), None):
            receipt = self._try()
            verdict = judge(receipt)
            if verdict is Verdict.TAKEN:
                return self.result(UploadStatus.UPLOADED)
            if verdict is Verdict.DOUBTFUL:
                return self._doubted(receipt)
            if verdict is Verdict.REFUSED:
                return self._refused(receipt)
            fault, is_too_long = _fault(receipt), receipt.retry_after > LONGEST_WAIT
            if wait is not None and not is_too_long:
                self._wait(fault, max(wait, receipt.retry_after))
            if self._is_there():
                return self.result(UploadStatus.ALREADY_THERE, "the index has it, though its answer was lost")
            if is_too_long:
                raise too_long(self._filename, self.index, fault, receipt.retry_after)
        raise surrender(self._filename, self.index, fault, self.attempts)

    def result(self, status: UploadStatus, message: str = "") -> UploadResult:
        """What became of the file."""
        now = self.sending.clock()
        one = self.upload.distribution
        is_there = status in (UploadStatus.UPLOADED, UploadStatus.ALREADY_THERE)
        return UploadResult(
            filename=one.filename,
            size=one.size,
            sha256=one.sha256,
            status=status,
            attempts=self.attempts,
            seconds=round(max(now - self.started, 0.0), 3),
            message=message,
            attestations=self.upload.attestations,
            since=now if is_there else 0.0,
        )

    @property
    def _filename(self) -> str:
        return self.upload.distribution.filename

    def _try(self) -> Receipt:
        credentials = self.sending.source.credentials()
        receipt = self._put(credentials)
        if receipt.status in _SHUT_OUT:
            # A token may have ended while a large file was on its way.
            renewed = self.sending.source.credentials()
            return self._put(renewed) if renewed != credentials else receipt
        return receipt

    def _put(self, credentials: Credentials) -> Receipt:
        self.attempts += 1
        try:
            receipt = self.sending.uploader.put(self.upload, credentials)
        except NoAnswerError as error:
            receipt = Receipt(status=_BROKEN, message=str(error))
        # An index may say back what it was told.
        secret = credentials.password
        return replace(receipt, message=without(receipt.message, secret), words=without(receipt.words, secret))

    def _doubted(self, receipt: Receipt) -> UploadResult:
        # Only what the index lists says whether it was the index that answered.
        listing = self._look()
        for wait in waits(self.sending.first_wait, _LOOKS):
            if listing.unknown or listing.has(self.upload.distribution):
                break
            self._wait("it answers with a page for people, and does not list the file", wait)
            listing = self._look()
        if listing.has(self.upload.distribution):
            return self.result(UploadStatus.UPLOADED)
        raise unconfirmed(self._filename, self.index, receipt, listing)

    def _refused(self, receipt: Receipt) -> UploadResult:
        # Another job may have sent the same file meanwhile, or an earlier try whose answer was lost.
        listing = self._look()
        if listing.has(self.upload.distribution):
            return self.result(UploadStatus.ALREADY_THERE, "the index has it already")
        entry = listing.file(self._filename)
        is_untold = exists_already(receipt) and (entry is None or not entry.sha256)
        if is_untold and self.upload.since:
            # An index may show a new file minutes after it took it.
            message = "the index says that it has it, and an earlier run sent it a short while ago"
            return self.result(UploadStatus.ALREADY_THERE, message)
        if is_untold and self.sending.skip_existing:
            message = "the index says that it has a file of this name; whether it is the same can't be told"
            return self.result(UploadStatus.ALREADY_THERE, message)
        raise refusal(self._filename, self.index, receipt, may_be_same=is_untold)

    def _wait(self, fault: str, seconds: float) -> None:
        self.sending.emit(TryFailed(filename=self._filename, message=fault, wait=seconds))
        self.sending.sleep(seconds)

    def _is_there(self) -> bool:
        return self._look().has(self.upload.distribution)

    def _look(self) -> Listing:
        try:
            return self.sending.look()
        except UploadError as error:
            return Listing(unknown=error.message)


def _fault(receipt: Receipt) -> str:
    if receipt.status == _BROKEN:
        return receipt.message or "the connection broke"
    return f"it answers with {receipt.status}" + (f": {receipt.message}" if receipt.message else "")
