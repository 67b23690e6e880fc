"""Whom Sigstore's signatures are asked of and held against: the public instance, or that of a trust configuration."""

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
"""Attestations (PEP 740) have no place for what version 2 of the log answers."""


def is_installed() -> bool:
    """Whether the libraries for attestations are there; none is imported."""
    return all(find_spec(name) is not None for name in _NEEDED)


def require() -> None:
    """MissingToolError where the libraries for attestations are not there."""
    if not is_installed():
        raise MissingToolError("Attestations need libraries that are not installed.", hint=HINT)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep from the terminal what the libraries log by themselves."""
    with redirect_stderr(io.StringIO()):
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """An instance of Sigstore: `config` is a ClientTrustConfig as JSON, and empty for the public one."""

    config: str = ""

    def to_sign(self) -> ClientTrustConfig:
        """The services that sign now; asks the network where the instance is the public one."""
        from sigstore.models import ClientTrustConfig

        config = self._given() if self.config else ClientTrustConfig.production()
        config.force_tlog_version = _REKOR_VERSION
        return config

    def roots(self) -> TrustedRoot:
        """The keys that signatures are verified by; those of the public instance come with the library."""
        from sigstore.models import ClientTrustConfig

        return (self._given() if self.config else ClientTrustConfig.production(offline=True)).trusted_root

    def _given(self) -> ClientTrustConfig:
        from sigstore.models import ClientTrustConfig

        try:
            return ClientTrustConfig.from_json(self.config)
        except ValueError as error:
            raise ConfigurationError(
                f"{VARIABLE} names a file that is no trust configuration of Sigstore.",
                hint="It is the JSON of a ClientTrustConfig (version 0.1), with the trusted root and the services "
                "that sign.",
            ) from error
