"""How an upload that did not go well is told; pure."""

from __future__ import annotations

from cibw.errors import CibwError, CredentialsError, InterruptedRunError, PartialReleaseError, UploadError
from cibw.model.published import PublishReport
from cibw.model.release import Listing, PackageIndex
from cibw.publishing.upload_advice import advice_for
from cibw.publishing.upload_api import Receipt

_SAY_SKIP = "Where it is the same file, --skip-existing leaves it out."
_AGAIN = "The same command sends the rest."


def refusal(filename: str, index: PackageIndex, receipt: Receipt, *, may_be_same: bool = False) -> CibwError:
    """The error for a file that an index refuses for good: its words, and what to change.

    `may_be_same` says that the index has a file of this name, which nobody can compare.
    """
    advice = advice_for(receipt)
    kind = CredentialsError if advice.is_login else UploadError
    words = f": {receipt.message}" if receipt.message else "."
    hint = f"{advice.text} {_SAY_SKIP}" if may_be_same else advice.text
    return kind(f"{index.name} refuses {filename} ({receipt.status}){words}", hint=hint)


def unconfirmed(filename: str, index: PackageIndex, receipt: Receipt, listing: Listing) -> CibwError:
    """The error for a file to which a page for people was the answer, and which the index does not list."""
    page = "an HTML page" if receipt.is_page else "what a proxy says"
    said = f" ({receipt.message})" if receipt.message else ""
    entry = listing.file(filename)
    lists = f"does not tell what it has: {listing.unknown}" if listing.unknown else "does not list the file"
    if entry is not None:
        lists = "lists other bytes under this name" if entry.sha256 else "does not tell the hash of its file"
    return UploadError(
        f"{index.name} answers to {filename} with {receipt.status} and {page}{said}, and {lists}. "
        "So the file was probably not taken.",
        hint=f"A sign-in page or a proxy may answer in place of the index. Open {index.upload} in a browser, log in or "
        "correct --to; --simple-url names the simple API where it is elsewhere.",
    )


def too_long(filename: str, index: PackageIndex, fault: str, seconds: float) -> CibwError:
    """The error for an index that asks for a longer wait than a run should take."""
    return UploadError(
        f"{index.name} does not take {filename} now: {fault}. It asks to wait {seconds:.0f} seconds.",
        hint="Run the same command again after that time.",
    )


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
