"""The Sigstore instance that signs and verifies: the public one, or that of a trust configuration."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from cibw.errors import ConfigurationError, MissingToolError
from cibw.publishing.attest_rules import HINT

if TYPE_CHECKING:
    from sigstore.models import ClientTrustConfig, TrustedRoot

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
class Trust:
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
