"""How an upload that did not go well is told; pure."""

from __future__ import annotations

from cibw.errors import CibwError, CredentialsError, InterruptedRunError, PartialReleaseError, UploadError
from cibw.model.published import PublishReport
from cibw.model.release import PackageIndex
from cibw.publishing.upload_advice import advice_for
from cibw.publishing.upload_api import Receipt

_AGAIN = "The same command sends the rest."


def refusal(filename: str, index: PackageIndex, receipt: Receipt) -> CibwError:
    """The error for a file that an index refuses for good: its words, and what to change."""
    advice = advice_for(receipt)
    kind = CredentialsError if advice.is_login else UploadError
    words = f": {receipt.message}" if receipt.message else "."
    return kind(f"{index.name} refuses {filename} ({receipt.status}){words}", hint=advice.text)


def surrender(filename: str, index: PackageIndex, fault: str, attempts: int) -> CibwError:
    """The error for a file that an index did not take, however often it was sent."""
    return UploadError(
        f"{index.name} did not take {filename} in {attempts} tries: {fault}",
        hint="Try again later; the same command goes on where this one stopped.",
    )


def ending(report: PublishReport, index: PackageIndex, fault: CibwError) -> CibwError:
    """The error that ends the run: a partial release where the index has some of the files, else the fault itself."""
    there = sum(result.is_there for result in report.uploads)
    counted = f"{there} of {len(report.uploads)} files of {report.project} {report.version} are on {index.name}"
    if isinstance(fault, InterruptedRunError):
        return InterruptedRunError(f"The upload was interrupted. {counted}.", hint=_AGAIN)
    if not there:
        return fault
    hint = f"{fault.hint}\n{_AGAIN}" if fault.hint and _AGAIN not in fault.hint else fault.hint or _AGAIN
    error = PartialReleaseError(f"A partial release: {counted}.\n{fault.message}", hint=hint)
    error.__cause__ = fault
    return error
