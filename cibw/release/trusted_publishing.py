"""Trusted publishing: exchanges the identity of a CI run for a token of the index."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from cibw.ci import CiFacts, CiProvider
from cibw.errors import CibwError, CredentialsError, assert_never
from cibw.model.http import (
    API_USER,
    LONGEST_WAIT,
    HttpClient,
    NoResponseError,
    Request,
    Response,
    TransientError,
    TrustedPublishing,
    asked_wait,
    is_worth_another_try,
    retry,
    waits,
)
from cibw.model.release import PackageIndex
from cibw.release.credentials import LoginPlaces, LoginSource, SecretSource, find_login, no_credentials
from cibw.release.identity import (
    IdentityProblem,
    NoIdentityError,
    ambient_identity,
    clean,
    foreign_audience,
    no_identity,
    no_permission,
    no_response,
    not_offered,
    read_claims,
    refused,
    unencrypted,
    used_up,
)
from cibw.release.index import main_host
from cibw.release.responses import Credentials
from cibw.untrusted.limits import parse_json

# The index's API that exchanges identities for tokens: audience, mint and burn.

TRIES = 3
_FIRST_WAIT = 2.0
_USUAL_LIFE = 900.0
_FAR_FUTURE = 1e12
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_OF_OTHERS = re.compile(
    r"sigstore|sts\.amazonaws\.com.*|api://azureadtokenexchange.*|(https:)?//iam\.googleapis\.com/.*|https://github\.com/.*"
)
"""Audiences of services that are not package indexes; the last one is GitHub's default audience."""
_JSON: Mapping[str, str] = {"accept": "application/json", "content-type": "application/json"}


class TokenError(Exception):
    """No token was issued; carries the reason."""

    def __init__(self, fault: IdentityProblem) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A token and its lifetime in seconds."""

    token: str = field(repr=False)
    life: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedIndex:
    """An index, given by its upload URL; the exchange is at the root of the same server.

    `public` maps audiences of public indexes to their upload URLs. `warn` reports waits to the user.
    """

    client: HttpClient
    upload: str
    public: Mapping[str, str] = field(default_factory=dict)
    warn: Callable[[str], None] = lambda _text: None
    clock: Callable[[], float] = time.time
    pause: Callable[[float], None] = time.sleep

    @property
    def host(self) -> str:
        """The server name for messages."""
        return urlsplit(self.upload).netloc

    def audience(self) -> str:
        """The audience for identities; TokenError if the index does not support trusted publishing.

        Also if the audience belongs to another service: such an identity is never requested.
        """
        parts = urlsplit(self.upload)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise TokenError(unencrypted(self.upload))
        response = self._insist(lambda: Request(address=self._address("audience"), headers=_JSON, stay=True))
        audience = _entries(response).get("audience") if response.status == HTTPStatus.OK else None
        if not isinstance(audience, str) or not audience:
            raise TokenError(not_offered(self.host, response.status))
        if self._is_of_another(audience.strip().casefold()):
            raise TokenError(foreign_audience(self.host, audience))
        return audience

    def _is_of_another(self, audience: str) -> bool:
        if audience in self.public:
            return main_host(self.upload) != main_host(self.public[audience])
        return _OF_OTHERS.fullmatch(audience) is not None

    def mint(self, identify: Callable[[], str]) -> IssuedToken:
        """Exchange an identity for a token, with a new identity for each attempt; TokenError if that fails."""
        identities: list[str] = []

        def request() -> Request:
            identities.append(identify())
            return self._sending("mint-token", identities[-1])

        response = self._insist(request)
        told = _entries(response)
        token = told.get("token")
        if response.status == HTTPStatus.OK and isinstance(token, str) and token:
            return IssuedToken(token=token, life=self._life(told.get("expires"), response))
        if response.status in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
            raise TokenError(not_offered(self.host, response.status))
        raise TokenError(refused(self.host, _codes(told, response.status), read_claims(identities[-1])))

    def burn(self, token: str) -> str:
        """Revoke a token and return the error, or an empty string. An index that cannot revoke tokens is no error."""
        try:
            response = self.client.ask(self._sending("burn-token", token))
        except (NoResponseError, CibwError) as error:
            return str(error)
        known = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
        return (
            "" if response.status < 400 or response.status in known else f"{self.host} responded with {response.status}"
        )

    def _insist(self, request: Callable[[], Request]) -> Response:

        def attempt() -> Response:
            asked = request()
            try:
                response = self.client.ask(asked)
            except NoResponseError as error:
                raise TransientError(str(error)) from error
            if not is_worth_another_try(response.status):
                return response
            raise TransientError(f"it responded with {response.status}", asked_wait(response.headers, self.clock()))

        def pause(error: TransientError, seconds: float) -> None:
            if error.wait > LONGEST_WAIT:
                raise error
            seconds, reason = max(seconds, error.wait), clean(str(error))
            self.warn(f"{self.host} did not issue a token for trusted publishing: {reason}; retrying in {seconds:g} s.")
            self.pause(seconds)

        try:
            return retry(attempt, TransientError, waits(_FIRST_WAIT, TRIES), pause)
        except TransientError as error:
            is_long = error.wait > LONGEST_WAIT
            more = f" and requests a wait of {error.wait:.0f} seconds" if is_long else ""
            raise TokenError(no_response(self.host, f"{error}{more}")) from error

    def _sending(self, what: str, token: str) -> Request:
        body = json.dumps({"token": token}).encode()
        return Request(address=self._address(what), method="POST", headers=_JSON, body=body)

    def _address(self, what: str) -> str:
        parts = urlsplit(self.upload)
        return f"{parts.scheme}://{parts.netloc}/_/oidc/{what}"

    def _life(self, expires: object, response: Response) -> float:
        if not isinstance(expires, (int, float)) or isinstance(expires, bool):
            return _USUAL_LIFE
        # Use the server's clock, because the local clock may be wrong.
        try:
            now = parsedate_to_datetime(response.headers.get("date", "")).timestamp()
        except (ValueError, OverflowError):
            now = self.clock()
        return min(max(expires, 0), _FAR_FUTURE) - now


def _entries(response: Response) -> Mapping[str, object]:
    try:
        told: object = parse_json(response.body)
    except ValueError:
        return {}
    return {str(name): value for name, value in told.items()} if isinstance(told, dict) else {}


def _codes(told: Mapping[str, object], status: int) -> Mapping[str, str]:
    errors = told.get("errors")
    codes: dict[str, str] = {}
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict) and "code" in error:
            codes[str(error["code"])] = str(error.get("description", ""))
    return codes or {f"HTTP {status}": str(told.get("message", ""))}


# Trusted publishing: exchange the identity of a CI run for a short-lived token of the index.

RENEWAL = 120.0
"""A token that expires within this many seconds is renewed, because one upload may take this long."""

Identify = Callable[[str], str | None]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedPublishingContext:
    """The external functions that trusted publishing uses.

    `mask` hides a secret in the CI's log, `warn` shows a warning, `clock` returns seconds, `pause` waits.
    `public` maps audiences of public indexes to their URLs: no other index may request these audiences.
    """

    client: HttpClient
    mask: Tell
    warn: Tell
    identify: Identify = ambient_identity
    clock: Callable[[], float] = time.time
    pause: Callable[[float], None] = time.sleep
    public: Mapping[str, str] = field(default_factory=dict)


class TrustedSource:
    """Provides tokens of an index and renews them before they expire; satisfies SecretSource."""

    def __init__(self, context: TrustedPublishingContext, upload: str, facts: CiFacts) -> None:
        self._surroundings = context
        self._facts = facts
        self._index = TrustedIndex(
            client=context.client,
            upload=upload,
            public=context.public,
            warn=context.warn,
            clock=context.clock,
            pause=context.pause,
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

    def open(self) -> IdentityProblem | None:
        """Get a token; return the fault if that fails."""
        if self._left() >= RENEWAL:
            return None
        try:
            self._renew()
        except TokenError as error:
            if self._left() <= 0:
                return error.fault
            # The current token is still valid.
        return None

    def probe(self) -> IdentityProblem | None:
        """Check whether a token is available, for a dry run; return the fault if not.

        A GitLab job has one identity, valid for one token, which is reserved for the upload.
        """
        if self._facts.provider is not CiProvider.GITLAB:
            return self.open()
        try:
            self._audience = self._audience or self._index.audience()
            self._identify()
        except TokenError as error:
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
            raise TokenError(permission if error.needs_permission else missing) from error
        if not identity:
            raise TokenError(no_identity(self._facts, self._audience, ""))
        if identity == self._identity:
            raise TokenError(used_up(self._facts))
        self._surroundings.mask(identity)
        self._identity = identity
        return identity


# Choose the credentials for an upload: trusted publishing, else a login.

_GIVES_IDENTITIES = (
    CiProvider.GITHUB,
    CiProvider.GITLAB,
    CiProvider.CIRCLECI,
    CiProvider.BUILDKITE,
    CiProvider.GOOGLE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The index and policy of an upload; `is_public` means that it accepts only tokens.

    A `dry_run` only checks whether credentials are available.
    """

    index: PackageIndex
    facts: CiFacts
    policy: TrustedPublishing = TrustedPublishing.AUTO
    is_public: bool = False
    dry_run: bool = False


def open_source(access: Access, places: LoginPlaces, context: TrustedPublishingContext) -> SecretSource:
    """The first available credential source; CredentialsError with a list of what was tried if there is none.

    If trusted publishing fails, a login is used with a warning, if there is one.
    """
    trusted = TrustedSource(context, access.index.upload, access.facts)
    match access.policy:
        case TrustedPublishing.ALWAYS:
            fault = _opened(trusted, access)
            if fault:
                raise CredentialsError(fault.message, hint=fault.hint)
        case TrustedPublishing.NEVER:
            fault = IdentityProblem(message="It is disabled.", hint="", is_absent=True)
        case TrustedPublishing.AUTO:
            fault = _why_not(access, places) or _opened(trusted, access)
        case _:
            assert_never(access.policy)
    if fault is None:
        return trusted
    return _by_login(access, places, context, fault)


def _opened(trusted: TrustedSource, access: Access) -> IdentityProblem | None:
    return trusted.probe() if access.dry_run else trusted.open()


def _by_login(
    access: Access, places: LoginPlaces, context: TrustedPublishingContext, fault: IdentityProblem
) -> SecretSource:
    login = find_login(access.index, places, is_public=access.is_public)
    if login:
        if not fault.is_absent:
            context.warn(f"Trusted publishing failed, so {login.place} is used. {fault.message}")
        return LoginSource(login=login)
    if not fault.is_absent:
        raise CredentialsError(fault.message, hint=fault.hint)
    reason = f"trusted publishing: {fault.message} {fault.hint}".strip()
    raise no_credentials(access.index, places.environment, (reason,))


def _why_not(access: Access, places: LoginPlaces) -> IdentityProblem | None:
    """Why trusted publishing is not attempted."""
    if access.facts.provider in _GIVES_IDENTITIES or places.environment.get("GOOGLE_SERVICE_ACCOUNT_NAME"):
        return None
    return IdentityProblem(
        message=f"{access.facts.provider.value} does not provide identities.", hint="", is_absent=True
    )
