"""Trusted publishing: exchange the identity of a CI run for a short-lived token of the index."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cibw.errors import CredentialsError
from cibw.model.ci import CiFacts, CiProvider
from cibw.model.credentials import API_USER
from cibw.model.web import Web
from cibw.publishing.trusted_identity import NoIdentityError, ambient_identity
from cibw.publishing.trusted_index import FaultError, TrustedIndex
from cibw.publishing.trusted_messages import Fault, no_identity, no_permission, used_up
from cibw.publishing.upload_api import Credentials

RENEWAL = 120.0
"""A token that expires within this many seconds is renewed, because one upload may take this long."""

Identify = Callable[[str], str | None]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The external functions that trusted publishing uses.

    `mask` hides a secret in the CI's log, `warn` shows a warning, `clock` returns seconds, `pause` waits.
    `public` maps audiences of public indexes to their URLs: no other index may request these audiences.
    """

    web: Web
    mask: Tell
    warn: Tell
    identify: Identify = ambient_identity
    clock: Callable[[], float] = time.time
    pause: Callable[[float], None] = time.sleep
    public: Mapping[str, str] = field(default_factory=dict)


class TrustedSource:
    """Provides tokens of an index and renews them before they expire; satisfies SecretSource."""

    def __init__(self, surroundings: Surroundings, upload: str, facts: CiFacts) -> None:
        self._surroundings = surroundings
        self._facts = facts
        self._index = TrustedIndex(
            web=surroundings.web,
            upload=upload,
            public=surroundings.public,
            warn=surroundings.warn,
            clock=surroundings.clock,
            pause=surroundings.pause,
        )
        self._audience = ""
        self._identity = ""
        self._tokens: dict[str, float] = {}
        """All tokens and their expiry by the local clock; the last one is current."""

    @property
    def description(self) -> str:
        """Trusted publishing and the CI."""
        return f"trusted publishing from {self._facts.provider.value}"

    def credentials(self) -> Credentials:
        """A token that is valid long enough for the next file; CredentialsError if there is none."""
        fault = self.open()
        if fault:
            raise CredentialsError(fault.message, hint=fault.hint)
        return Credentials(username=API_USER, password=self._token)

    def open(self) -> Fault | None:
        """Get a token; return the fault if that fails."""
        if self._left() >= RENEWAL:
            return None
        try:
            self._renew()
        except FaultError as error:
            if self._left() <= 0:
                return error.fault
            # The current token is still valid.
        return None

    def probe(self) -> Fault | None:
        """Check whether a token is available, for a dry run; return the fault if not.

        A GitLab job has one identity, valid for one token, which is reserved for the upload.
        """
        if self._facts.provider is not CiProvider.GITLAB:
            return self.open()
        try:
            self._audience = self._audience or self._index.audience()
            self._identify()
        except FaultError as error:
            return error.fault
        return None

    def secrets(self) -> tuple[str, ...]:
        """All tokens and identities so far."""
        return tuple(filter(None, (*self._tokens, self._identity)))

    def close(self) -> None:
        """Revoke all tokens that are still valid; failures are warnings."""
        tokens, self._tokens = self._tokens, {}
        for token, end in tokens.items():
            left = end - self._surroundings.clock()
            fault = self._index.burn(token) if left > 0 else ""
            if fault:
                self._surroundings.warn(f"Revoking the token failed ({fault}); it expires in {left:.0f} s.")

    @property
    def _token(self) -> str:
        return next(reversed(self._tokens), "")

    def _left(self) -> float:
        return self._tokens[self._token] - self._surroundings.clock() if self._tokens else 0.0

    def _renew(self) -> None:
        self._audience = self._audience or self._index.audience()
        before = self._surroundings.clock()
        minted = self._index.mint(self._identify)
        self._surroundings.mask(minted.token)
        self._tokens[minted.token] = before + minted.life

    def _identify(self) -> str:
        try:
            identity = self._surroundings.identify(self._audience)
        except NoIdentityError as error:
            permission = no_permission(self._facts)
            missing = no_identity(self._facts, self._audience, error.reason)
            raise FaultError(permission if error.needs_permission else missing) from error
        if not identity:
            raise FaultError(no_identity(self._facts, self._audience, ""))
        if identity == self._identity:
            raise FaultError(used_up(self._facts))
        self._surroundings.mask(identity)
        self._identity = identity
        return identity
