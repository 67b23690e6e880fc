"""Trusted publishing: the identity of a CI's run becomes a token of the index, which lives for minutes."""

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
"""A token with fewer seconds to live is renewed, as an upload of one file may take that long."""

Identify = Callable[[str], str | None]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What trusted publishing needs of the world.

    `mask` hides a secret in the CI's log, `warn` tells the user; `clock` gives seconds, `pause` waits some.
    `public` has the audiences of public indexes and their addresses: no other index may ask for these.
    """

    web: Web
    mask: Tell
    warn: Tell
    identify: Identify = ambient_identity
    clock: Callable[[], float] = time.time
    pause: Callable[[float], None] = time.sleep
    public: Mapping[str, str] = field(default_factory=dict)


class TrustedSource:
    """Gives tokens of an index, a new one before the old one ends; satisfies SecretSource."""

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
        """Each token, and when it ends by our clock; the last one counts."""

    @property
    def description(self) -> str:
        """Trusted publishing, and whose."""
        return f"trusted publishing from {self._facts.provider.value}"

    def credentials(self) -> Credentials:
        """A token that lives long enough for the next file; CredentialsError where there is none."""
        fault = self.open()
        if fault:
            raise CredentialsError(fault.message, hint=fault.hint)
        return Credentials(username=API_USER, password=self._token)

    def open(self) -> Fault | None:
        """See that there is a token; gives why there is none."""
        if self._left() >= RENEWAL:
            return None
        try:
            self._renew()
        except FaultError as error:
            if self._left() <= 0:
                return error.fault
            # The token that we have is good for a while.
        return None

    def probe(self) -> Fault | None:
        """See whether a token could be had, for a run that sends nothing; gives why not.

        A job of GitLab has one identity, good for one token, which is left to the run that sends.
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
        """Every token and identity so far."""
        return tuple(filter(None, (*self._tokens, self._identity)))

    def close(self) -> None:
        """Burn every token that still lives; what fails is a warning."""
        tokens, self._tokens = self._tokens, {}
        for token, end in tokens.items():
            left = end - self._surroundings.clock()
            fault = self._index.burn(token) if left > 0 else ""
            if fault:
                self._surroundings.warn(f"The token could not be burnt ({fault}); it ends in {left:.0f} s by itself.")

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
