"""Errors for failed uploads; pure."""

from __future__ import annotations

from cibw.errors import CibwError, CredentialsError, InterruptedRunError, PartialReleaseError, UploadError
from cibw.model.published import PublishReport
from cibw.model.release import Listing, PackageIndex
from cibw.publishing.upload_advice import advice_for
from cibw.publishing.upload_api import Receipt

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
