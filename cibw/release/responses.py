"""The interface of uploaders, and the meaning of an index's responses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from html import unescape
from pathlib import Path
from typing import Protocol

from cibw.errors import assert_never
from cibw.model.http import is_worth_another_try
from cibw.model.release import PlannedUpload
from cibw.untrusted.limits import parse_json

# Interfaces of an upload: credentials, uploader and attester.

_CHANGED_BY_A_PROXY = 203


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A user name and password, or `__token__` and a token."""

    username: str
    password: str = field(repr=False)


class CredentialSource(Protocol):
    """Provides the credentials for uploads."""

    @property
    def description(self) -> str:
        """The origin of the credentials for messages: `trusted publishing`, `the variable ...`."""

    def credentials(self) -> Credentials:
        """Credentials that are valid for the next upload; CredentialsError if there are none."""

    def close(self) -> None:
        """Revoke credentials that must not outlive the upload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The response of an index to an upload: the HTTP status, its message, and the redirect target.

    `words` is the beginning of the complete response, for pattern matching. `is_page` is true for an HTML page.
    `retry_after` is the requested wait in seconds, or 0.
    """

    status: int
    message: str = ""
    location: str = ""
    words: str = field(default="", repr=False)
    is_page: bool = False
    retry_after: float = 0.0

    @property
    def is_success(self) -> bool:
        """Whether the status is a success; an HTML page may have such a status, too."""
        return 200 <= self.status < 300

    @property
    def is_taken(self) -> bool:
        """Whether the index confirms that it has the file."""
        return self.is_success and not self.is_doubtful

    @property
    def is_doubtful(self) -> bool:
        """Whether the success may come from a sign-in page or a proxy (203) in front of the index."""
        return self.is_success and (self.is_page or self.status == _CHANGED_BY_A_PROXY)

    @property
    def is_redirection(self) -> bool:
        """Whether the index redirects the upload."""
        return 300 <= self.status < 400


class Uploader(Protocol):
    """Uploads files to an index; also fits sessions of several steps (PEP 694)."""

    def prepare(self) -> None:
        """Open a session, if the protocol has sessions."""

    def put(self, upload: PlannedUpload, credentials: Credentials, /) -> Receipt:
        """Upload one file with its attestations; NoResponseError if the connection breaks."""

    def commit(self) -> None:
        """Publish the uploaded files, if the protocol has sessions."""


class Attester(Protocol):
    """Signs statements about the origin of distributions (PEP 740)."""

    def attest(self, path: Path, /) -> Path:
        """Write the attestation next to a distribution and return its path; AttestationError if that fails."""


# Advice for the user from the response of an index; pure.
#
# The patterns come from the sources and the documented responses of the servers listed in docs/delivery.md.


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to do; `is_login` if other credentials are needed, `exists` if the file name is taken."""

    text: str
    is_login: bool = False
    exists: bool = False


_EXISTS = (
    r"already[ -]?exist|already (been )?(taken|uploaded|published)|been (uploaded|published) already|already contains"
    r"|overwrite (an? |the )?(artifact|asset|file|package)|updating assets?\b|cannot be updated"
    r"|duplicates? (the attributes of )?(another|an existing) (package|file)|(package|file|asset|artifact) exists"
)
_TOO_MANY_PROJECTS = r"too many new projects"
_NEW_VERSION = "raise the version and build again"
_HOW_TO_LOG_IN = (
    "use an API token as password, with the user name __token__, or trusted publishing; "
    "the token must belong to this index and must not be limited to another project"
)
_BY_TEXT: tuple[tuple[str, Advice], ...] = (
    (
        r"two[- ]factor|\b2fa\b",
        Advice(text="Enable two-factor authentication for the account; then " + _HOW_TO_LOG_IN + ".", is_login=True),
    ),
    (
        r"password authentication is no longer|username/password",
        Advice(text="The index does not accept account passwords: " + _HOW_TO_LOG_IN + ".", is_login=True),
    ),
    (
        r"invalid or non-?existent authentication|invalid api token|invalid credentials|token.*expired",
        Advice(text="The credentials are not valid here: " + _HOW_TO_LOG_IN + ".", is_login=True),
    ),
    (
        _TOO_MANY_PROJECTS,
        Advice(
            text="The index limits how many new projects an account may create: run the same command again in a few "
            "hours."
        ),
    ),
    (
        r"non-user identities cannot create new projects",
        Advice(
            text="The pending publisher is for a project with another name: register it with exactly the name in "
            "pyproject.toml.",
            is_login=True,
        ),
    ),
    (
        r"isn't allowed to upload to project|not allowed to (upload|edit)",
        Advice(
            text="The project's name belongs to someone else, or these credentials are for another project: choose "
            "another name, or let an owner add this account or publisher.",
            is_login=True,
        ),
    ),
    (
        r"verified (primary )?e-?mail|unverified",
        Advice(text="Confirm the e-mail address of the account.", is_login=True),
    ),
    (
        r"previously used by a file that has since been deleted",
        Advice(text=f"A file name can never be reused, even after the file was deleted: {_NEW_VERSION}."),
    ),
    (r"older than 14 days", Advice(text=f"The release is too old for new files: {_NEW_VERSION}.")),
    (
        r"only one sdist",
        Advice(
            text=f"The release has an sdist with another name or format: publish without this one, or {_NEW_VERSION}."
        ),
    ),
    (
        _EXISTS,
        Advice(text=f"The index has a different file with this name: {_NEW_VERSION}.", exists=True),
    ),
    (
        r"project size too large",
        Advice(text="Ask the index for a higher limit, or delete old releases that are no longer needed."),
    ),
    (
        r"file too large|limit for project",
        Advice(text="Make the file smaller (debug symbols are often most of it), or ask the index for a higher limit."),
    ),
    (
        r"local version",
        Advice(text="Build from a clean tag; with setuptools-scm, set `local_scheme` to `no-local-version`."),
    ),
    (
        r"platform tag",
        Advice(text="Repair the wheel (`repair-wheel-command`), so that it has a platform tag that the index accepts."),
    ),
    (r"classifier", Advice(text="Correct `classifiers` in pyproject.toml; `cibw check` lists invalid ones.")),
    (
        r"description.*render|failed to render",
        Advice(text="Correct the README, or its `content-type`; `cibw check` shows what is wrong with it."),
    ),
    (
        r"direct (dependency|url)",
        Advice(text="Replace direct URL requirements (`@ URL`) with released versions."),
    ),
    (
        r"attestation",
        Advice(
            text="Attestations must come from the run that uploads, by trusted publishing; `attestations = 'off'` "
            "publishes without them."
        ),
    ),
    (
        r"too similar|name.*(prohibited|isn't allowed)",
        Advice(text="The index does not allow this name for a new project: choose another one."),
    ),
    (
        r"read-only|uploads? .*disabled|disabled.*uploads?|new .*registration",
        Advice(text="The index does not accept uploads at the moment: check its status page and try again later."),
    ),
    (r"digest|hash", Advice(text="The file was corrupted in transit: run the same command again.")),
    (r"metadata", Advice(text="Correct the project's metadata; `cibw check` shows what is wrong with it.")),
)
_BY_STATUS: dict[int, Advice] = {
    401: Advice(text="Authentication failed: check the user name and the password.", is_login=True),
    403: Advice(
        text="These credentials are not allowed to upload here: check them, and whether they are for this project; or "
        + _HOW_TO_LOG_IN
        + ".",
        is_login=True,
    ),
    404: Advice(text="There is no upload endpoint at this URL: check --to."),
    405: Advice(text="This URL does not accept uploads. --to needs the upload URL, not the URL of the simple API."),
    407: Advice(text="The proxy requires authentication: add the credentials to the proxy variable."),
    409: Advice(text=f"The index has a different file with this name: {_NEW_VERSION}.", exists=True),
    413: Advice(text="The file is too large for the server or a proxy: make it smaller, or ask for a higher limit."),
}
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), advice) for pattern, advice in _BY_TEXT)
_HAS_IT = re.compile(_EXISTS, re.IGNORECASE)
_HOPELESS = re.compile(_TOO_MANY_PROJECTS, re.IGNORECASE)
_CONFLICT = 409
_SIGN_IN = re.compile(r"\b(log[-_]?[io]n|sign[-_]?[io]n|sso|saml2?|oauth2?|openid|authorize)\b", re.IGNORECASE)
_ELSE = Advice(text="Run `cibw check` to find problems in the files, and see the index's message.")


def exists_already(receipt: Receipt) -> bool:
    """Whether the index reports that the file name exists: by status 409, or by its message with another status."""
    if receipt.is_success or receipt.is_redirection:
        return False
    return receipt.status == _CONFLICT or advice_for(receipt).exists or _HAS_IT.search(receipt.words) is not None


def is_hopeless(receipt: Receipt) -> bool:
    """Whether a retry within minutes is useless, although the status suggests one."""
    return _HOPELESS.search(f"{receipt.message} {receipt.words}") is not None


def advice_for(receipt: Receipt) -> Advice:
    """The advice for an unsuccessful response: by its message, else by its status."""
    if receipt.is_redirection:
        return Advice(text=_moved(receipt))
    for pattern, advice in _COMPILED:
        if pattern.search(receipt.message):
            return advice
    return _BY_STATUS.get(receipt.status, _ELSE)


def _moved(receipt: Receipt) -> str:
    where = receipt.location or "another URL"
    if _SIGN_IN.search(receipt.location):
        return (
            f"The server redirects the upload to {where}, which looks like a sign-in page. Either the URL is not the "
            "upload URL, or it does not accept API tokens and passwords. Check --to."
        )
    return (
        f"The server redirects the upload to {where}. If this is the upload URL of the index, pass it with --to "
        "(a trailing slash matters)."
    )


# Interpret the response to an upload: whether the file was accepted, and whether to retry; pure.

_LONGEST = 600
_LONGEST_READ = 10_000
_SHORTEST = 4
_MASK = "***"
_NOT_SHOWN = re.compile(r"<(style|script|head)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_FRAME = re.compile(r"Sorry, the requested URL\s+'.*?'\s+caused an error:\s*(?P<reason>.*?)\s*$", re.DOTALL)
_PAGE = re.compile(r"<(!doctype html|html|head|body)\b", re.IGNORECASE)
_BEGINNING = 1000
_TAG = re.compile(r"<[^>]*>")


class UploadVerdict(Enum):
    """The meaning of a response to an upload."""

    TAKEN = "taken"
    DOUBTFUL = "doubtful"
    """A success that may come from a sign-in page."""
    AGAIN = "again"
    """A retry may succeed."""
    REFUSED = "refused"


def judge(receipt: Receipt) -> UploadVerdict:
    """The meaning of a response."""
    if receipt.is_success:
        return UploadVerdict.DOUBTFUL if receipt.is_doubtful else UploadVerdict.TAKEN
    # Some servers report an existing file with 500; retries do not help.
    is_final = exists_already(receipt) or is_hopeless(receipt)
    return UploadVerdict.AGAIN if is_worth_another_try(receipt.status) and not is_final else UploadVerdict.REFUSED


def is_page(text: str, content_type: str) -> bool:
    """Whether a response is an HTML page with content; pypiserver reports success with an empty page."""
    text = text.strip()
    kind = content_type.partition(";")[0].strip().lower()
    begins_so = text.startswith("<") and _PAGE.search(text[:_BEGINNING]) is not None
    return bool(text) and ("html" in kind or begins_so)


def readable(text: str, content_type: str, reason: str) -> str:
    """The message of an index on one line, from JSON, HTML or plain text, else the HTTP reason."""
    text = text[:_LONGEST_READ]
    kind = _ResponseKind.of(content_type)
    match kind:
        case _ResponseKind.JSON:
            found = _from_json(text)
        case _ResponseKind.HTML:
            found = _from_html(text)
        case _ResponseKind.PLAIN:
            found = text
        case _:
            assert_never(kind)
    line = " ".join(_unescaped(found).split()) or reason.strip()
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].rstrip()} ..."


def without(text: str, secret: str) -> str:
    """Mask a secret in a text. Secrets of fewer than four letters are ignored; they would garble the text."""
    if len(secret) < _SHORTEST:
        return text
    return text.replace(secret, _MASK)


class _ResponseKind(Enum):
    JSON = "json"
    HTML = "html"
    PLAIN = "plain"

    @classmethod
    def of(cls, content_type: str) -> _ResponseKind:
        kind = content_type.partition(";")[0].strip().lower()
        return next((one for one in (cls.JSON, cls.HTML) if kind.endswith(one.value)), cls.PLAIN)


def _from_html(text: str) -> str:
    found = _TAG.sub(" ", _NOT_SHOWN.sub(" ", text))
    framed = _FRAME.search(_unescaped(found))
    # Bottle, used by pypiserver, wraps the reason in a sentence, with None if there is no reason.
    return found if framed is None else framed["reason"].removesuffix("None")


def _unescaped(text: str) -> str:
    try:
        return unescape(text)
    except ValueError:
        # It contains a character reference with more digits than Python parses.
        return text


def _from_json(text: str) -> str:
    try:
        data: object = parse_json(text)
    except ValueError:
        return text
    if not isinstance(data, dict):
        return text
    # Warehouse puts the message into `code`; the other two contain the status and boilerplate.
    texts = [data.get(name) for name in ("code", "message", "detail", "error")]
    return next((one for one in texts if isinstance(one, str) and " " in one), text)
