"""The forms of a secret in output (plain, quoted, escaped, encoded), and the values that are not secrets."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterator

SHORTEST = 4
"""Shorter values are not masked, because they would match by chance."""
_SHORTEST_LINE = 8
"""The minimum length for lines of a multi-line value such as a private key."""
_SHORTEST_ENCODED = 6
"""The minimum length for encoded forms; shorter ones would match other text."""
_COMMON = frozenset(
    "admin always auto build changeme ci clang cmake cpython debug default disable disabled dummy enable enabled "
    "example false foobar github gitlab guest host info inherit keyring latest linux local localhost macos main manual "
    "master minimal musllinux manylinux mysql never none null optional pass password passwd pip postgres python "
    "release required root runner secret secrets session static strict system test tests token true undefined unset "
    "user username verbose warning wheel windows".split()
)
"""Common words in output, which are useless as passwords and not masked."""
_NUMBER = r"[0-9.]{1,5}"
_PATH = (
    r"(?:~|\.{1,2}|[A-Za-z]:|/(?:app|bin|builds|data|dev|etc|github|home|host|lib\d*|mnt|opt|private|proc|project|root"
    r"|run|srv|sys|tmp|usr|var|Users|Volumes|workspaces?|__w))(?:[/\\][\w. @+~-]*)+"
)
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_WIDTHS = (64, 76)
"""The usual line lengths of base64."""
_PLAIN_WORD = r"[A-Za-z0-9._-]*"


def is_maskable(value: str) -> bool:
    """Whether to mask a value: not if it is short, a common word, a small number, or a path."""
    text = value.strip()
    return (
        len(text) >= SHORTEST
        and text.lower() not in _COMMON
        and re.fullmatch(_NUMBER, text) is None
        and re.fullmatch(_PATH, text) is None
    )


def forms(value: str) -> Iterator[str]:
    """All forms of a secret in output; nothing if the value is not maskable."""
    text = value.strip()
    if not is_maskable(text):
        return
    yield text
    yield from _lines(text)
    if not re.fullmatch(_PLAIN_WORD, text):
        yield from _escaped(text)
    raw = text.encode("utf-8", "surrogateescape")
    if len(raw) >= _SHORTEST_ENCODED:
        yield from (raw.hex(), raw.hex().upper())
        for encoded in _in_base64(raw):
            yield encoded
            yield encoded.replace("+", "-").replace("/", "_")


def _lines(text: str) -> Iterator[str]:
    lines = [line.strip() for line in text.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= _SHORTEST_LINE and is_maskable(line))


def _escaped(text: str) -> Iterator[str]:
    import json

    percent = "".join(map(_percent, text.encode("utf-8", "surrogateescape")))
    # The safe characters in a URL path, in credentials and in a form.
    yield from (percent, percent.replace("%2F", "/"), percent.replace("%20", "+"))
    yield from {re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), percent)}
    yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1])
    for apostrophe in ("'\"'\"'", "'\\''", "''"):
        yield text.replace("'", apostrophe)
    yield re.sub(r"(?=[^\w@%+=:,./-])", r"\\", text)
    yield re.sub(r"(?=[\"\\$`])", r"\\", text)
    yield text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    yield text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _percent(byte: int) -> str:
    return chr(byte) if byte in _UNRESERVED else f"%{byte:02X}"


def _in_base64(raw: bytes) -> Iterator[str]:
    """The common part of all base64 encodings of texts that contain a secret at any position."""
    for shift in range(3):
        whole = b2a_base64(b"\0" * shift + raw, newline=False).decode()
        # The first and last digits also depend on the text around the secret.
        yield whole[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
    whole = b2a_base64(raw, newline=False).decode()
    for width in _WIDTHS:
        lines = (whole[start : start + width] for start in range(0, len(whole), width))
        yield from (line for line in lines if len(whole) > width and len(line) >= _SHORTEST_LINE)
