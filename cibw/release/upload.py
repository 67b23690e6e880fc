"""Uploads the files of a release one after another, and keeps the report up to date."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from cibw.errors import CibwError, CredentialsError, InterruptedRunError, PartialReleaseError, UploadError, assert_never
from cibw.model.events import PublishReport, UploadResult, UploadStatus
from cibw.model.http import LONGEST_WAIT, NoResponseError, TransientError, retry, waits
from cibw.model.release import (
    Decision,
    FileFinished,
    FileStarted,
    Listing,
    PackageIndex,
    PlannedUpload,
    TryFailed,
    UploadEvent,
    UploadFinished,
    UploadPlan,
    UploadStarted,
)
from cibw.release.responses import (
    Credentials,
    CredentialSource,
    Receipt,
    Uploader,
    UploadVerdict,
    advice_for,
    exists_already,
    judge,
    without,
)

# Errors for failed uploads; pure.

_SAY_SKIP = "If it is the same file, use --skip-existing to skip it."
_AGAIN = "Run the same command again to upload the rest."


def refusal(filename: str, index: PackageIndex, receipt: Receipt, *, may_be_same: bool = False) -> CibwError:
    """The error for a file that the index rejected permanently: its message, and what to change.

    `may_be_same` means that the index has a file with this name that cannot be compared.
    """
    advice = advice_for(receipt)
    kind = CredentialsError if advice.is_login else UploadError
    words = f": {receipt.message}" if receipt.message else "."
    hint = f"{advice.text} {_SAY_SKIP}" if may_be_same else advice.text
    return kind(f"{index.name} rejected {filename} ({receipt.status}){words}", hint=hint)


def unconfirmed(filename: str, index: PackageIndex, receipt: Receipt, listing: Listing) -> CibwError:
    """The error for an upload with an HTML page as response, after which the index does not list the file."""
    page = "an HTML page" if receipt.is_page else "a proxy's message"
    said = f" ({receipt.message})" if receipt.message else ""
    entry = listing.file(filename)
    lists = f"does not list its files: {listing.unknown}" if listing.unknown else "does not list the file"
    if entry is not None:
        lists = "lists a different file with this name" if entry.sha256 else "does not provide the hash of its file"
    return UploadError(
        f"{index.name} responded to {filename} with {receipt.status} and {page}{said}, and {lists}. "
        "The file was probably not accepted.",
        hint=f"A sign-in page or a proxy may respond instead of the index. Open {index.upload} in a browser, log in or "
        "correct --to. If the simple API has another URL, pass it with --simple-url.",
    )


def too_long(filename: str, index: PackageIndex, fault: str, seconds: float) -> CibwError:
    """The error for an index that requests a wait that is too long for a run."""
    return UploadError(
        f"{index.name} did not accept {filename}: {fault}. It requests a wait of {seconds:.0f} seconds.",
        hint="Run the same command again after that time.",
    )


def surrender(filename: str, index: PackageIndex, fault: str, attempts: int) -> CibwError:
    """The error for a file that the index did not accept in any attempt."""
    return UploadError(
        f"{index.name} did not accept {filename} in {attempts} attempts: {fault}",
        hint="Try again later; the same command continues where this one stopped.",
    )


def ending(report: PublishReport, index: PackageIndex, fault: CibwError) -> CibwError:
    """The error that ends the run: PartialReleaseError if the index has some of the files, else the fault itself."""
    there = sum(result.is_there for result in report.uploads)
    counted = f"{there} of {len(report.uploads)} files of {report.project} {report.version} are on {index.name}"
    if isinstance(fault, InterruptedRunError):
        return InterruptedRunError(f"The upload was interrupted. {counted}.", hint=_AGAIN)
    if not there:
        return fault
    hint = f"{fault.hint}\n{_AGAIN}" if fault.hint and _AGAIN not in fault.hint else fault.hint or _AGAIN
    error = PartialReleaseError(f"The release is incomplete: {counted}.\n{fault.message}", hint=hint)
    error.__cause__ = fault
    return error


# The results of an upload so far, as a value.


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadResults:
    """A result for each file of a plan, in the plan's order."""

    plan: UploadPlan
    results: tuple[UploadResult, ...]

    @classmethod
    def of(cls, plan: UploadPlan, now: float) -> UploadResults:
        """The results before the upload."""
        return cls(plan=plan, results=tuple(_first(upload, now) for upload in plan.uploads))

    def with_result(self, result: UploadResult) -> UploadResults:
        """The results with that of a finished file."""
        return replace(self, results=tuple(result if result.filename == one.filename else one for one in self.results))

    def report(self, exit_code: int = 0) -> PublishReport:
        """The results as a report for `report.json`."""
        first = self.plan.uploads[0].distribution
        return PublishReport(
            index=self.plan.index.upload,
            project=first.project,
            version=str(first.version),
            uploads=self.results,
            exit_code=exit_code,
        )


def _first(upload: PlannedUpload, now: float) -> UploadResult:
    one, decision = upload.distribution, upload.decision
    match decision:
        case Decision.SKIP:
            status, since = UploadStatus.ALREADY_THERE, now
        case Decision.SEND | Decision.CONFLICT:
            status, since = UploadStatus.NOT_TRIED, 0.0
        case _:
            assert_never(decision)
    return UploadResult(
        filename=one.filename,
        size=one.size,
        sha256=one.sha256,
        status=status,
        message=upload.reason,
        attestations=upload.attestations,
        since=since,
    )


# The upload itself.

_SHUT_OUT = (401, 403)
_LOOKS = 3
"""How often to check the index for a file after an HTML page as response."""
_BROKEN = 599
"""Represents a missing response, which counts as a server error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadContext:
    """The dependencies of an upload. Waits between attempts, in seconds, double each time.

    `list_files` lists the current files of the index. `record` saves the report, and is called whenever it changes.
    With `skip_existing`, an existing file of the same name is accepted if it cannot be compared.
    """

    uploader: Uploader
    source: CredentialSource
    list_files: Callable[[], Listing]
    record: Callable[[PublishReport], None]
    emit: Callable[[UploadEvent], None]
    skip_existing: bool = False
    attempts: int = 5
    first_wait: float = 2.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time


def send_release(plan: UploadPlan, context: UploadContext) -> PublishReport:
    """Upload the files of the plan, and stop at the first file that the index does not accept.

    UploadError or CredentialsError if the index then has no file, PartialReleaseError if it has some of the
    files, InterruptedRunError after Ctrl-C. The report is saved first.
    """
    results = UploadResults.of(plan, context.clock())
    fault: CibwError | None = None
    context.record(results.report())
    try:
        context.emit(UploadStarted(plan=plan, login=context.source.description))
        context.uploader.prepare()
        for number, upload in enumerate(plan.having(Decision.SEND), 1):
            results = _send(upload, number, results, context)
        context.uploader.commit()
    except _FileError as failed:
        fault, results = failed.fault, failed.results
    except CibwError as error:
        fault = error
    except KeyboardInterrupt:
        fault = InterruptedRunError("The upload was interrupted.")
    finally:
        context.source.close()
    return _finish(results, plan, fault, context)


class _FileError(Exception):
    """A file was not accepted; carries the reason and the results."""

    def __init__(self, fault: CibwError, results: UploadResults) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.results = results


def _send(upload: PlannedUpload, number: int, results: UploadResults, context: UploadContext) -> UploadResults:
    distribution = upload.distribution
    context.emit(FileStarted(number=number, filename=distribution.filename, size=distribution.size))
    tries = _UploadAttempts(upload=upload, index=results.plan.index, context=context, started=context.clock())
    fault: CibwError | None = None
    try:
        result = tries.run()
    except CibwError as error:
        fault, result = error, tries.result(UploadStatus.FAILED, error.message)
    except KeyboardInterrupt:
        fault = InterruptedRunError("The upload was interrupted.")
        result = tries.result(UploadStatus.FAILED, "interrupted during the upload; the index may have it")
    results = results.with_result(result)
    context.record(results.report())
    context.emit(FileFinished(result=result))
    if fault is not None:
        raise _FileError(fault, results)
    return results


def _finish(results: UploadResults, plan: UploadPlan, fault: CibwError | None, context: UploadContext) -> PublishReport:
    error = ending(results.report(), plan.index, fault) if fault else None
    report = results.report(error.exit_code if error else 0)
    context.record(report)
    context.emit(UploadFinished(report=report))
    if error is not None:
        raise error
    return report


@dataclass(slots=True, kw_only=True)
class _UploadAttempts:
    """The upload attempts for one file."""

    upload: PlannedUpload
    index: PackageIndex
    context: UploadContext
    started: float
    attempts: int = 0

    def run(self) -> UploadResult:
        """Upload the file until the index has it; CibwError if it is not accepted."""
        try:
            return retry(
                self._attempt, TransientError, waits(self.context.first_wait, self.context.attempts), self._pause
            )
        except TransientError as error:
            if self._is_there():
                return self._lost()
            if error.wait > LONGEST_WAIT:
                raise too_long(self._filename, self.index, str(error), error.wait) from error
            raise surrender(self._filename, self.index, str(error), self.attempts) from error

    def result(self, status: UploadStatus, message: str = "") -> UploadResult:
        """The result for the file."""
        now = self.context.clock()
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

    def _attempt(self) -> UploadResult:
        if self.attempts and self._is_there():
            return self._lost()
        receipt = self._try()
        verdict = judge(receipt)
        match verdict:
            case UploadVerdict.TAKEN:
                return self.result(UploadStatus.UPLOADED)
            case UploadVerdict.DOUBTFUL:
                return self._doubted(receipt)
            case UploadVerdict.REFUSED:
                return self._refused(receipt)
            case UploadVerdict.AGAIN:
                raise TransientError(_fault(receipt), receipt.retry_after)
            case _:
                assert_never(verdict)

    def _pause(self, error: TransientError, seconds: float) -> None:
        if error.wait > LONGEST_WAIT:
            raise error
        self._wait(str(error), max(seconds, error.wait))

    def _lost(self) -> UploadResult:
        return self.result(UploadStatus.ALREADY_THERE, "the index has it, but its response was lost")

    def _try(self) -> Receipt:
        credentials = self.context.source.credentials()
        receipt = self._put(credentials)
        if receipt.status in _SHUT_OUT:
            # The token may have expired during the upload of a large file.
            renewed = self.context.source.credentials()
            return self._put(renewed) if renewed != credentials else receipt
        return receipt

    def _put(self, credentials: Credentials) -> Receipt:
        self.attempts += 1
        try:
            receipt = self.context.uploader.put(self.upload, credentials)
        except NoResponseError as error:
            receipt = Receipt(status=_BROKEN, message=str(error))
        # An index may echo the request.
        secret = credentials.password
        return replace(receipt, message=without(receipt.message, secret), words=without(receipt.words, secret))

    def _doubted(self, receipt: Receipt) -> UploadResult:
        # Only the index's listing shows whether the response came from the index.
        listing = self._look()
        for wait in waits(self.context.first_wait, _LOOKS):
            if listing.unknown or listing.has(self.upload.distribution):
                break
            self._wait("it responded with an HTML page and does not list the file", wait)
            listing = self._look()
        if listing.has(self.upload.distribution):
            return self.result(UploadStatus.UPLOADED)
        raise unconfirmed(self._filename, self.index, receipt, listing)

    def _refused(self, receipt: Receipt) -> UploadResult:
        # Another job may have uploaded the same file, or an earlier attempt whose response was lost.
        listing = self._look()
        if listing.has(self.upload.distribution):
            return self.result(UploadStatus.ALREADY_THERE, "the index already has it")
        entry = listing.file(self._filename)
        is_untold = exists_already(receipt) and (entry is None or not entry.sha256)
        if is_untold and self.upload.since:
            # An index may list a new file only minutes after the upload.
            message = "the index reports that it exists, and an earlier run uploaded it a short while ago"
            return self.result(UploadStatus.ALREADY_THERE, message)
        if is_untold and self.context.skip_existing:
            message = "the index has a file with this name; it cannot be compared"
            return self.result(UploadStatus.ALREADY_THERE, message)
        raise refusal(self._filename, self.index, receipt, may_be_same=is_untold)

    def _wait(self, fault: str, seconds: float) -> None:
        self.context.emit(TryFailed(filename=self._filename, message=fault, wait=seconds))
        self.context.sleep(seconds)

    def _is_there(self) -> bool:
        return self._look().has(self.upload.distribution)

    def _look(self) -> Listing:
        try:
            return self.context.list_files()
        except UploadError as error:
            return Listing(unknown=error.message)


def _fault(receipt: Receipt) -> str:
    if receipt.status == _BROKEN:
        return receipt.message or "the connection broke"
    return f"it responded with {receipt.status}" + (f": {receipt.message}" if receipt.message else "")
