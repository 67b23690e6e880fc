"""Signs with Sigstore."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cibw.errors import AttestationError, ConfigurationError, MissingToolError
from cibw.model.http import is_worth_another_try
from cibw.release.attestations.attest import HINT, refused
from cibw.release.identity import OutageError, within
from cibw.release.responses import readable

if TYPE_CHECKING:
    from sigstore.models import ClientTrustConfig, TrustedRoot
    from sigstore.sign import Signer


# The Sigstore instance that signs and verifies: the public one, or that of a trust configuration.

VARIABLE = "CIBW_SIGSTORE_TRUST_CONFIG"
_NEEDED = ("pypi_attestations", "sigstore")
_REKOR_VERSION = 1
"""Attestations (PEP 740) do not support the responses of version 2 of the log."""


def is_installed() -> bool:
    """Whether the libraries for attestations are installed; none is imported."""
    return all(find_spec(name) is not None for name in _NEEDED)


def require() -> None:
    """MissingToolError if the libraries for attestations are not installed."""
    if not is_installed():
        raise MissingToolError("The libraries for attestations are not installed.", hint=HINT)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep log messages of the libraries off the terminal."""
    with redirect_stderr(io.StringIO()):
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class SigstoreInstance:
    """A Sigstore instance: `config` is a ClientTrustConfig as JSON, or empty for the public instance."""

    config: str = ""

    def to_sign(self) -> ClientTrustConfig:
        """The current signing services; uses the network for the public instance."""
        from sigstore.models import ClientTrustConfig

        config = self._given() if self.config else ClientTrustConfig.production()
        config.force_tlog_version = _REKOR_VERSION
        return config

    def roots(self) -> TrustedRoot:
        """The keys that verify signatures; those of the public instance come with the library."""
        from sigstore.models import ClientTrustConfig

        return (self._given() if self.config else ClientTrustConfig.production(offline=True)).trusted_root

    def _given(self) -> ClientTrustConfig:
        from sigstore.models import ClientTrustConfig

        try:
            return ClientTrustConfig.from_json(self.config)
        except ValueError as error:
            raise ConfigurationError(
                f"The file in {VARIABLE} is not a Sigstore trust configuration.",
                hint="It must be the JSON of a ClientTrustConfig (version 0.1), with the trusted root and the signing "
                "services.",
            ) from error


# Sign with the libraries sigstore and pypi-attestations.
#
# The libraries document few of their errors. Tests check the internals used here against the installed releases.

PATIENCE = 60.0
"""Timeout in seconds for the signing service; the libraries have none."""


class _OldIdentityError(Exception):
    """The identity or its certificate has expired."""


@dataclass(slots=True, kw_only=True)
class SigstoreSigner:
    """Signs with Sigstore; satisfies Signing. One certificate is used for all files until it expires."""

    trust: SigstoreInstance = field(default_factory=SigstoreInstance)
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
            raise refused(f"the run's identity token has expired ({error})") from error

    def _sign(self, path: Path, identify: Callable[[], str]) -> str:
        if self._signer is None:
            identity = identify()
            with quiet():
                self._signer = within(self.patience, lambda: _open(self.trust, identity))
        signer = self._signer
        with quiet():
            return within(self.patience, lambda: _attestation(signer, path))


def _open(trust: SigstoreInstance, identity: str) -> Signer:
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
        raise _judged(error, "the certificate authority") from error


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
        raise _judged(error, "the transparency log") from error


def _judged(error: Exception, whose: str) -> OutageError | AttestationError:
    """The error for a failed request: OutageError if a retry may succeed, AttestationError for a rejected request."""
    status, text = next((told for one in _chain(error) if (told := _answer(one))[0]), (0, ""))
    words = readable(text, "application/json", _words(error)) if status else _words(error)
    if status and not is_worth_another_try(status):
        return refused(f"{whose} responded with {status}: {words}")
    return OutageError(f"{whose} responded with {status}" if status else f"cannot reach {whose}: {words}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    here: BaseException | None = error
    while here is not None:
        yield here
        here = here.__cause__ or here.__context__


def _answer(error: BaseException) -> tuple[int, str]:
    """The HTTP status and the text of the response in an error of the library requests; 0 without a response."""
    response: object = getattr(error, "response", None)
    status: object = getattr(response, "status_code", 0)
    text: object = getattr(response, "text", "")
    return (status, text) if isinstance(status, int) and isinstance(text, str) else (0, "")


def _words(error: BaseException) -> str:
    """The first non-empty message of an error and its causes."""
    return next((text for one in _chain(error) if (text := " ".join(str(one).split()))), type(error).__name__)
