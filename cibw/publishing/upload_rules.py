"""Interpret the response to an upload: whether the file was accepted, and whether to retry; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from enum import Enum
from html import unescape

from cibw.exhaustive import assert_never
from cibw.limited import parse_json
from cibw.publishing.upload_advice import exists_already, is_hopeless
from cibw.publishing.upload_api import Receipt

LONGEST_WAIT = 300.0
"""The longest wait in seconds that cibw accepts from an index; longer waits are left to the user."""
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429})
_LONGEST = 600
_LONGEST_READ = 10_000
_SHORTEST = 4
_MASK = "***"
_NOT_SHOWN = re.compile(r"<(style|script|head)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_FRAME = re.compile(r"Sorry, the requested URL\s+'.*?'\s+caused an error:\s*(?P<reason>.*?)\s*$", re.DOTALL)
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_PAGE = re.compile(r"<(!doctype html|html|head|body)\b", re.IGNORECASE)
_BEGINNING = 1000
_TAG = re.compile(r"<[^>]*>")


class Verdict(Enum):
    """The meaning of a response to an upload."""

    TAKEN = "taken"
    DOUBTFUL = "doubtful"
    """A success that may come from a sign-in page."""
    AGAIN = "again"
    """A retry may succeed."""
    REFUSED = "refused"


def judge(receipt: Receipt) -> Verdict:
    """The meaning of a response."""
    if receipt.is_success:
        return Verdict.DOUBTFUL if receipt.is_doubtful else Verdict.TAKEN
    # Some servers report an existing file with 500; retries do not help.
    is_final = exists_already(receipt) or is_hopeless(receipt)
    return Verdict.AGAIN if is_worth_another_try(receipt.status) and not is_final else Verdict.REFUSED


def is_worth_another_try(status: int) -> bool:
    """Whether a retry may succeed: the server failed or is busy."""
    return status >= 500 or status in _WORTH_ANOTHER_TRY


def waits(first: float, attempts: int) -> tuple[float, ...]:
    """The seconds between attempts, doubling each time; one fewer than there are attempts."""
    return tuple(first * 2**number for number in range(attempts - 1))


def asked_wait(headers: Mapping[str, str], now: float) -> float:
    """The wait in seconds from `retry-after`, as a number or a date; 0 if it is missing or invalid.

    A date is compared with the server's date, because the local clock (`now`) may be wrong.
    """
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        then = parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0
    with suppress(ValueError, OverflowError):
        now = parsedate_to_datetime(headers.get("date", "")).timestamp()
    return max(then - now, 0.0)


def is_page(text: str, content_type: str) -> bool:
    """Whether a response is an HTML page with content; pypiserver reports success with an empty page."""
    text = text.strip()
    kind = content_type.partition(";")[0].strip().lower()
    begins_so = text.startswith("<") and _PAGE.search(text[:_BEGINNING]) is not None
    return bool(text) and ("html" in kind or begins_so)


def readable(text: str, content_type: str, reason: str) -> str:
    """The message of an index on one line, from JSON, HTML or plain text, else the HTTP reason."""
    text = text[:_LONGEST_READ]
    kind = _Kind.of(content_type)
    match kind:
        case _Kind.JSON:
            found = _from_json(text)
        case _Kind.HTML:
            found = _from_html(text)
        case _Kind.PLAIN:
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


class _Kind(Enum):
    JSON = "json"
    HTML = "html"
    PLAIN = "plain"

    @classmethod
    def of(cls, content_type: str) -> _Kind:
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
