"""What an upload makes of an answer: whether the file is there, and whether another try is worth it; pure."""

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
"""Seconds that cibw waits at most because an index asks for it; a longer wait is left to the user."""
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
    """What an answer to a file means."""

    TAKEN = "taken"
    DOUBTFUL = "doubtful"
    """A success that may be that of a sign-in page."""
    AGAIN = "again"
    """Another try may work."""
    REFUSED = "refused"


def judge(receipt: Receipt) -> Verdict:
    """What an answer means."""
    if receipt.is_success:
        return Verdict.DOUBTFUL if receipt.is_doubtful else Verdict.TAKEN
    # Some servers say with 500 that they have the file, and no further try changes that.
    is_final = exists_already(receipt) or is_hopeless(receipt)
    return Verdict.AGAIN if is_worth_another_try(receipt.status) and not is_final else Verdict.REFUSED


def is_worth_another_try(status: int) -> bool:
    """Whether the same question may get another answer: the server is at fault, or busy."""
    return status >= 500 or status in _WORTH_ANOTHER_TRY


def waits(first: float, attempts: int) -> tuple[float, ...]:
    """The seconds between tries, each twice the one before; one fewer than there are tries."""
    return tuple(first * 2**number for number in range(attempts - 1))


def asked_wait(headers: Mapping[str, str], now: float) -> float:
    """The seconds that `retry-after` asks for, as a number or as a date; 0 where it is missing or makes no sense.

    A date is compared with the server's own, as the clock here (`now`) may be wrong.
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
    """Whether an answer is an HTML page with something on it; an empty one is how pypiserver says that all is well."""
    text = text.strip()
    kind = content_type.partition(";")[0].strip().lower()
    begins_so = text.startswith("<") and _PAGE.search(text[:_BEGINNING]) is not None
    return bool(text) and ("html" in kind or begins_so)


def readable(text: str, content_type: str, reason: str) -> str:
    """What an index says for people, in one line: out of JSON, HTML or plain text, else its reason of HTTP."""
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
    """A text in which a secret is masked; one of fewer than four letters is none, and would garble everything."""
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
    # Bottle, below pypiserver, puts a sentence around the reason, and None where there is no reason.
    return found if framed is None else framed["reason"].removesuffix("None")


def _unescaped(text: str) -> str:
    try:
        return unescape(text)
    except ValueError:
        # It holds the number of a character with more digits than Python reads.
        return text


def _from_json(text: str) -> str:
    try:
        data: object = parse_json(text)
    except ValueError:
        return text
    if not isinstance(data, dict):
        return text
    # Warehouse puts the sentence into `code`; the other two hold the status and boilerplate.
    texts = [data.get(name) for name in ("code", "message", "detail", "error")]
    return next((one for one in texts if isinstance(one, str) and " " in one), text)
