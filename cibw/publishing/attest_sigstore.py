"""Signatures of Sigstore, by the libraries sigstore and pypi-attestations.

The libraries promise little about how they fail; what is used of their inside here, tests hold against the installed
releases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cibw.errors import AttestationError
from cibw.publishing.attest import OutageError
from cibw.publishing.attest_patience import within
from cibw.publishing.attest_trust import Trust, quiet, require
from cibw.publishing.attest_words import refused
from cibw.publishing.upload_rules import is_worth_another_try, readable

if TYPE_CHECKING:
    from sigstore.sign import Signer

PATIENCE = 60.0
"""Timeout in seconds for the signing service; the libraries have none of their own."""


class _OldIdentityError(Exception):
    """The identity or its certificate is no longer good."""


@dataclass(slots=True, kw_only=True)
class SigstoreSigning:
    """Signs by Sigstore; satisfies Signing. One certificate serves all files until it ends."""

    trust: Trust = field(default_factory=Trust)
    patience: float = PATIENCE
    _signer: Signer | None = None

    def sign(self, path: Path, identify: Callable[[], str], /) -> str:
        """The attestation of a distribution, as JSON."""
        require()
        try:
            return self._sign(path, identify)
        except _OldIdentityError:
            self._signer = None
        try:
            return self._sign(path, identify)
        except _OldIdentityError as error:
            raise refused(f"the identity of the run has ended ({error})") from error

    def _sign(self, path: Path, identify: Callable[[], str]) -> str:
        if self._signer is None:
            identity = identify()
            with quiet():
                self._signer = within(self.patience, lambda: _open(self.trust, identity))
        signer = self._signer
        with quiet():
            return within(self.patience, lambda: _attestation(signer, path))


def _open(trust: Trust, identity: str) -> Signer:
    from sigstore._internal.fulcio.client import FulcioClientError
    from sigstore.errors import Error, VerificationError
    from sigstore.oidc import ExpiredIdentity, IdentityError, IdentityToken
    from sigstore.sign import Signer, SigningContext

    try:
        return Signer(IdentityToken(identity), SigningContext.from_trust_config(trust.to_sign()))
    except ExpiredIdentity as error:
        raise _OldIdentityError(_words(error)) from error
    except (IdentityError, VerificationError) as error:
        raise refused(_words(error)) from error
    except (FulcioClientError, Error, OSError, ValueError) as error:
        raise _judged(error, "the authority for certificates") from error


def _attestation(signer: Signer, path: Path) -> str:
    from pypi_attestations import Attestation, Distribution
    from pypi_attestations import AttestationError as LibraryError
    from sigstore._internal.fulcio.client import ExpiredCertificate
    from sigstore._internal.rekor import RekorClientError
    from sigstore.errors import Error
    from sigstore.oidc import ExpiredIdentity

    try:
        return Attestation.sign(signer, Distribution.from_file(path)).model_dump_json()
    except LibraryError as error:
        if isinstance(error.__context__, (ExpiredCertificate, ExpiredIdentity)):
            raise _OldIdentityError(_words(error)) from error
        raise refused(_words(error)) from error
    except (RekorClientError, Error, OSError, ValueError) as error:
        raise _judged(error, "the log of signatures") from error


def _judged(error: Exception, whose: str) -> OutageError | AttestationError:
    """Whether another try may work: not where an answer says that the question itself is at fault."""
    status, text = next((told for one in _chain(error) if (told := _answer(one))[0]), (0, ""))
    words = readable(text, "application/json", _words(error)) if status else _words(error)
    if status and not is_worth_another_try(status):
        return refused(f"{whose} answers with {status}: {words}")
    return OutageError(f"{whose} answers with {status}" if status else f"{whose} can't be reached: {words}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    here: BaseException | None = error
    while here is not None:
        yield here
        here = here.__cause__ or here.__context__


def _answer(error: BaseException) -> tuple[int, str]:
    """The status of HTTP and the text of the answer that an error of the library requests carries; 0 without one."""
    response: object = getattr(error, "response", None)
    status: object = getattr(response, "status_code", 0)
    text: object = getattr(response, "text", "")
    return (status, text) if isinstance(status, int) and isinstance(text, str) else (0, "")


def _words(error: BaseException) -> str:
    """The first of an error and its causes that says anything."""
    return next((text for one in _chain(error) if (text := " ".join(str(one).split()))), type(error).__name__)
