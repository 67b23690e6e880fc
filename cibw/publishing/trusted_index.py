"""The index's API that exchanges identities for tokens: audience, mint and burn."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from cibw.errors import CibwError
from cibw.limited import parse_json
from cibw.model.web import Answer, NoAnswerError, Question, Web
from cibw.publishing.trusted_claims import read_claims
from cibw.publishing.trusted_messages import Fault, clean, foreign_audience, no_answer, not_offered, unencrypted
from cibw.publishing.trusted_refusals import refused
from cibw.publishing.upload_addresses import main_host
from cibw.publishing.upload_rules import LONGEST_WAIT, asked_wait

TRIES = 3
_USUAL_LIFE = 900.0
_FAR_FUTURE = 1e12
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_OF_OTHERS = re.compile(
    r"sigstore|sts\.amazonaws\.com.*|api://azureadtokenexchange.*|(https:)?//iam\.googleapis\.com/.*|https://github\.com/.*"
)
"""Audiences of services that are not package indexes; the last one is GitHub's default audience."""
_JSON: Mapping[str, str] = {"accept": "application/json", "content-type": "application/json"}


class FaultError(Exception):
    """No token was issued; carries the reason."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """A token and its lifetime in seconds."""

    token: str = field(repr=False)
    life: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedIndex:
    """An index, given by its upload URL; the exchange is at the root of the same server.

    `public` maps audiences of public indexes to their upload URLs. `warn` reports waits to the user.
    """

    web: Web
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
        """The audience for identities; FaultError if the index does not support trusted publishing.

        Also if the audience belongs to another service: such an identity is never requested.
        """
        parts = urlsplit(self.upload)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise FaultError(unencrypted(self.upload))
        answer = self._insist(lambda: Question(address=self._address("audience"), headers=_JSON, stay=True))
        audience = _entries(answer).get("audience") if answer.status == HTTPStatus.OK else None
        if not isinstance(audience, str) or not audience:
            raise FaultError(not_offered(self.host, answer.status))
        if self._is_of_another(audience.strip().casefold()):
            raise FaultError(foreign_audience(self.host, audience))
        return audience

    def _is_of_another(self, audience: str) -> bool:
        if audience in self.public:
            return main_host(self.upload) != main_host(self.public[audience])
        return _OF_OTHERS.fullmatch(audience) is not None

    def mint(self, identify: Callable[[], str]) -> Minted:
        """Exchange an identity for a token, with a new identity for each attempt; FaultError if that fails."""
        identities: list[str] = []

        def question() -> Question:
            identities.append(identify())
            return self._sending("mint-token", identities[-1])

        answer = self._insist(question)
        told = _entries(answer)
        token = told.get("token")
        if answer.status == HTTPStatus.OK and isinstance(token, str) and token:
            return Minted(token=token, life=self._life(told.get("expires"), answer))
        if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
            raise FaultError(not_offered(self.host, answer.status))
        raise FaultError(refused(self.host, _codes(told, answer.status), read_claims(identities[-1])))

    def burn(self, token: str) -> str:
        """Revoke a token and return the error, or an empty string. An index that cannot revoke tokens is no error."""
        try:
            answer = self.web.ask(self._sending("burn-token", token))
        except (NoAnswerError, CibwError) as error:
            return str(error)
        known = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
        return "" if answer.status < 400 or answer.status in known else f"{self.host} responded with {answer.status}"

    def _insist(self, question: Callable[[], Question]) -> Answer:
        reason, asked = "", 0.0
        for number in range(TRIES):
            if number:
                self._wait(reason, max(2.0**number, asked))
            try:
                answer = self.web.ask(question())
            except NoAnswerError as error:
                reason, asked = str(error), 0.0
                continue
            if answer.status != HTTPStatus.TOO_MANY_REQUESTS and answer.status < 500:
                return answer
            reason, asked = f"it responded with {answer.status}", asked_wait(answer.headers, self.clock())
            if asked > LONGEST_WAIT:
                reason = f"{reason} and requests a wait of {asked:.0f} seconds"
                break
        raise FaultError(no_answer(self.host, reason))

    def _wait(self, reason: str, seconds: float) -> None:
        self.warn(
            f"{self.host} did not issue a token for trusted publishing: {clean(reason)}; retrying in {seconds:g} s."
        )
        self.pause(seconds)

    def _sending(self, what: str, token: str) -> Question:
        body = json.dumps({"token": token}).encode()
        return Question(address=self._address(what), method="POST", headers=_JSON, body=body)

    def _address(self, what: str) -> str:
        parts = urlsplit(self.upload)
        return f"{parts.scheme}://{parts.netloc}/_/oidc/{what}"

    def _life(self, expires: object, answer: Answer) -> float:
        if not isinstance(expires, (int, float)) or isinstance(expires, bool):
            return _USUAL_LIFE
        # Use the server's clock, because the local clock may be wrong.
        try:
            now = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
        except (ValueError, OverflowError):
            now = self.clock()
        return min(max(expires, 0), _FAR_FUTURE) - now


def _entries(answer: Answer) -> Mapping[str, object]:
    try:
        told: object = parse_json(answer.body)
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
