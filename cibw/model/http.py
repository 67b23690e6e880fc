"""HTTP requests and responses, retries, credentials and attestations, as values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, TypeVar

# HTTP requests and responses, as values.


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request; `headers` may contain secrets, so they are not part of its `repr`.

    With `only_hash`, the response body may be a large file: it is hashed while it is received, and not kept. With
    `stay`, a redirect to another server is returned instead of followed.
    """

    address: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    only_hash: bool = False
    stay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An HTTP response; the names of `headers` are lowercase, and `body` may contain secrets.

    `sha256` is set instead of `body` if the request has `only_hash`.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    sha256: str = ""


class NoResponseError(Exception):
    """There was no response: the server is unreachable, or the connection broke; a retry may work."""


class HttpClient(Protocol):
    """An HTTP client; `execution/fetch/http.py` uses the network, `tests/doubles/fetch.py` is for tests."""

    def ask(self, request: Request, /) -> Response:
        """Send a request, following redirects of a GET; NoResponseError if there is no response."""


# Retries: which failures may pass, and how long to wait between attempts.

LONGEST_WAIT = 300.0
"""The longest wait in seconds that cibw accepts from an index; longer waits are left to the user."""
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429})
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
T = TypeVar("T")
E = TypeVar("E", bound=Exception)


class TransientError(Exception):
    """An attempt failed, and another one may succeed.

    `wait` is the number of seconds that the server asks to wait; `response` is its response, if there is one.
    """

    def __init__(self, reason: str, wait: float = 0.0, response: Response | None = None) -> None:
        super().__init__(reason)
        self.wait = wait
        self.response = response


def retry(
    attempt: Callable[[], T],
    transient: type[E] | tuple[type[E], ...],
    pauses: Iterable[float],
    pause: Callable[[E, float], None],
) -> T:
    """The result of the first attempt that succeeds; there is one more attempt than there are pauses.

    After a `transient` error, `pause` is called with it and the seconds to wait; it may raise an error to give up.
    Other errors, and that of the last attempt, are raised.
    """
    for seconds in pauses:
        try:
            return attempt()
        except transient as error:  # noqa: PERF203 - the loop consists of attempts
            pause(error, seconds)
    return attempt()


def waits(first: float, attempts: int) -> tuple[float, ...]:
    """The seconds between attempts, doubling each time; one fewer than there are attempts."""
    return tuple(first * 2**number for number in range(attempts - 1))


def is_worth_another_try(status: int) -> bool:
    """Whether a retry may succeed: the server failed or is busy."""
    return status >= 500 or status in _WORTH_ANOTHER_TRY


def asked_wait(headers: Mapping[str, str], now: float) -> float:
    """The wait in seconds from `retry-after`, as a number or a date; 0 if it is missing or invalid.

    A date is compared with the server's date, because the local clock (`now`) may be wrong.
    """
    text = headers.get("retry-after", "").strip()
    if not text or _SECONDS.fullmatch(text):
        return float(text or 0)
    from email.utils import parsedate_to_datetime

    try:
        then = parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0
    with suppress(ValueError, OverflowError):
        now = parsedate_to_datetime(headers.get("date", "")).timestamp()
    return max(then - now, 0.0)


# Credentials for uploads.

AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""The variables for trusted certificate authorities, highest priority first."""
API_USER = "__token__"
"""The username for a token."""


class TrustedPublishing(Enum):
    """Whether the identity of a CI run is exchanged for an index token."""

    AUTO = "auto"
    """If the CI provides an identity and the index accepts it."""
    ALWAYS = "always"
    """Use no other credentials."""
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A username and password, or `__token__` and a token; `place` is where they were found."""

    username: str
    password: str = field(repr=False)
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSection:
    """A section of .pypirc: the upload URL and, if set, a username and password.

    `ca_cert` and `client_cert` are files with trusted certificate authorities and with the client certificate.
    """

    repository: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_cert: str = ""
    client_cert: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """A file or directory of trusted certificate authorities, and a client certificate file; empty for none."""

    authorities: str = ""
    client: str = ""


# Attestations: signed statements about the origin of a distribution (PEP 740).


class AttestationPolicy(Enum):
    """How an upload handles attestations."""

    REQUIRE = "require"
    """Every file must be attested, or nothing is uploaded."""
    AUTO = "auto"
    """Attest with trusted publishing; a signing service outage does not stop the upload."""
    OFF = "off"


class Predicate(Enum):
    """The statement of an attestation; the value is the path of its type URL."""

    PUBLISH = "/attestations/publish/v1"
    """A trusted publisher published it."""
    PROVENANCE = "/provenance/v1"
    """How it was built (SLSA)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationStatement:
    """The unverified claim of an attestation: a file by name and SHA-256, and a predicate."""

    filename: str
    sha256: str
    predicate: Predicate


class Forge(Enum):
    """The service that hosts a publisher; the value is the `kind` in PEP 740."""

    GITHUB = "GitHub"
    GITLAB = "GitLab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """A workflow that publishes.

    `repository` is `owner/name`, on GitLab with all groups. `workflow` is a file name in `.github/workflows`, or the
    path of the CI configuration on GitLab.
    """

    forge: Forge
    repository: str
    workflow: str

    def __str__(self) -> str:
        """The publisher for display."""
        return f"{self.workflow} of {self.repository} on {self.forge.value}"
