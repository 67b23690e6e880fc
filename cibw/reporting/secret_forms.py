"""How a secret may be written in an output: as it is, quoted, escaped or encoded; and which values are none."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterator

SHORTEST = 4
"""Shorter values are not masked: they would turn up everywhere by chance."""
_SHORTEST_LINE = 8
"""Lines of a value of several lines, such as a private key, that are shorter."""
_SHORTEST_ENCODED = 6
"""Of shorter values an encoded form would be too short to be told from other text."""
_COMMON = frozenset(
    "admin always auto build changeme ci clang cmake cpython debug default disable disabled dummy enable enabled "
    "example false foobar github gitlab guest host info inherit keyring latest linux local localhost macos main manual "
    "master minimal musllinux manylinux mysql never none null optional pass password passwd pip postgres python "
    "release required root runner secret secrets session static strict system test tests token true undefined unset "
    "user username verbose warning wheel windows".split()
)
"""Words that an output is full of. Who has such a password has none."""
_NUMBER = r"[0-9.]{1,5}"
_PATH = (
    r"(?:~|\.{1,2}|[A-Za-z]:|/(?:app|bin|builds|data|dev|etc|github|home|host|lib\d*|mnt|opt|private|proc|project|root"
    r"|run|srv|sys|tmp|usr|var|Users|Volumes|workspaces?|__w))(?:[/\\][\w. @+~-]*)+"
)
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_WIDTHS = (64, 76)
"""Columns of the lines that base64 is usually written in."""
_PLAIN_WORD = r"[A-Za-z0-9._-]*"


def is_maskable(value: str) -> bool:
    """Whether a value is worth masking: not a short one, a common word, a small number, or a path."""
    text = value.strip()
    return (
        len(text) >= SHORTEST
        and text.lower() not in _COMMON
        and re.fullmatch(_NUMBER, text) is None
        and re.fullmatch(_PATH, text) is None
    )


def forms(value: str) -> Iterator[str]:
    """Every text that stands for a secret in an output; nothing where the value is not worth masking."""
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
    # What may stand in a path, in a login and in a form.
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
    """What every encoding of a text that holds a secret has in common, wherever the secret stands in it."""
    for shift in range(3):
        whole = b2a_base64(b"\0" * shift + raw, newline=False).decode()
        # The first and last digits also depend on what stands beside the secret.
        yield whole[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
    whole = b2a_base64(raw, newline=False).decode()
    for width in _WIDTHS:
        lines = (whole[start : start + width] for start in range(0, len(whole), width))
        yield from (line for line in lines if len(whole) > width and len(line) >= _SHORTEST_LINE)
