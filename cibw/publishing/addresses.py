"""Validate email addresses and URLs with the rules of the public index.

The standard library is not used, because its results differ between patch releases of Python.
"""

from __future__ import annotations

import re

_ASIDE = re.compile(r'"(?:[^"\\]|\\.)*"(?!@)|\([^()]*\)')
"""Quoted names and comments."""
_NAMED = re.compile(r"[^<>@]*<([^<>]*)>?\s*")
_WORD = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[^\W_](?:[^\W_]|-)*(?<!-)"
_MAIL = re.compile(rf"{_WORD}(?:\.{_WORD})*@((?:{_LABEL}\.)+{_LABEL})")
_LONGEST_LABEL, _LONGEST = 63, 254
_NO_DOMAINS = ("arpa", "invalid", "local", "localhost", "onion", "test")
"""Reserved top-level domains."""
_PAGE = re.compile(r"https?:(//[^/?#]*)?[^\[\]#]*(#.*)?", re.IGNORECASE | re.DOTALL)
_PORT = re.compile(r":(\d+)$")


def is_page(text: str) -> bool:
    """Whether a text is an http or https URL without brackets in its path."""
    found = _PAGE.fullmatch(text)
    port = _PORT.search(found[1] or "") if found else None
    return found is not None and (port is None or (len(port[1]) < 6 and int(port[1]) < 1 << 16))


def mail_addresses(text: str) -> tuple[str, ...]:
    """The addresses in a field such as `Author-email`, without names and comments.

    Ambiguous parts are skipped, because the index accepts them.
    """
    parts = re.split("[,;]", _ASIDE.sub(" ", text))
    return tuple(address for part in parts if (address := _address(part.strip())))


def _address(text: str) -> str:
    named = _NAMED.fullmatch(text)
    if named:
        address = named[1].strip()
        return "" if ":" in address else address
    is_odd = re.search(r"[<\[\]]", text) or text.count("@") > 1 or ("@" in text and re.search(r"[\s:]", text))
    return "" if is_odd else text


def is_mail(text: str) -> bool:
    """Whether a text is a valid email address in a domain that is not reserved."""
    found = _MAIL.fullmatch(text)
    if found is None or len(text) > _LONGEST:
        return False
    labels = found[1].lower().split(".")
    return labels[-1][-1].isalpha() and labels[-1] not in _NO_DOMAINS and max(map(len, labels)) <= _LONGEST_LABEL
