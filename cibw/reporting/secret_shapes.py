"""Mask secrets by their format: tokens of well-known services, credentials in URLs, private keys."""

from __future__ import annotations

import re
from functools import cache

from cibw.model.secret_names import is_secret_name
from cibw.reporting.secret_forms import is_maskable

MASK = "***"

_TOKENS = (
    r"gh[pousr]_[A-Za-z0-9]{20,}",
    r"github_pat_[A-Za-z0-9_]{20,}",
    r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|oas|agent|imt|ffct)-[\w.-]{16,}",
    r"pypi-Ag[A-Za-z0-9_-]{16,}",
    r"npm_[A-Za-z0-9]{30,}",
    r"rubygems_[a-f0-9]{32,}",
    r"dckr_[a-z]{3}_[\w-]{20,}",
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    r"xox[a-z](?:\.xox[a-z])?-[\w.%-]{10,}",
    r"xapp-[\w-]{10,}",
    r"AIza[\w-]{35}(?![\w-])",
    r"ya29\.[\w-]{20,}",
    r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}",
    r"sk-[A-Za-z0-9_-]{32,}",
    r"hf_[A-Za-z0-9]{30,}",
    r"SG\.[\w-]{16,64}\.[\w-]{16,}",
    r"do[opr]_v1_[a-f0-9]{32,}",
    r"hv[sbr]\.[\w-]{20,}",
    r"dapi[a-f0-9]{32}",
    r"gl(?:c|sa)_[\w=-]{32,}",
    r"sntr(?:ys|yu)_[\w=-]{20,}",
    r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    r"AGE-SECRET-KEY-1[A-Z0-9]{50,}",
    r"eyJ[\w-]{8,2000}\.eyJ[\w-]{8,}(?:\.[\w-]*)?",
)
"""Token prefixes of issuers, made for secret scanners."""
_TOKEN_MARKS = (
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "gl", "pypi-Ag", "npm_", "rubygems_", "dckr_"),
    *("AKIA", "ASIA", "ABIA", "ACCA", "xox", "xapp-", "AIza", "ya29.", "_live_", "_test_", "sk-", "hf_", "SG."),
    *("_v1_", "hvs.", "hvb.", "hvr.", "dapi", "sntry", "shp", "AGE-SECRET", "eyJ"),
)
"""A text without any of these cannot contain a token."""
_LOGIN = r"(?P<start>(?P<scheme>[A-Za-z][\w+.-]{0,30}:)?//)(?P<login>[^\s/?#\"'<>`\\]{1,4000})@(?=[\w\[*$.{-])"
_PARAMETER = r"(?P<start>[?&;](?:amp;)?(?P<name>[\w.-]+)=)(?P<value>[^\s&;#\"'<>`\\]{4,})"
_HEADER = (
    r"(?i)(?P<start>\bauthorization\b[\"']?\s*[:=]\s*[\"']?(?:(?:basic|bearer|token|digest)\s+)?)"
    r"(?P<value>(?!(?:basic|bearer|token|digest)\b)[^\s\"'$*]{6,})"
)
_HOOKS = (
    r"(?P<start>(?:hooks\.slack\.com/(?:services|workflows|triggers)|discord(?:app)?\.com/api/webhooks)/)"
    r"(?P<value>[\w/-]{8,})"
)
_ASSIGNMENT = r"(?P<start>(?<![\w$])(?P<name>[A-Z][A-Z0-9_]{2,})=[\"']?)(?P<value>[^\s\"'$`{}()\\]{6,})"
_KEY_BEGIN = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
_KEY_END = "-----END"
_KEY_LINE = r"[\w+/=:,. -]{0,200}"
_REFERENCE = r"(?:\$\w+|\$?\{\{?[^{}]*\}\}?|%\w+%|\*|<\w+>|:)*"
"""Placeholders that are not credentials: `${USER}:$TOKEN`, `***`."""
_PUBLIC_LOGINS = frozenset({"git", "hg", "svn", "anonymous"})
_NO_PASSWORDS = frozenset({"", "x-oauth-basic"})
"""Dummy passwords in URLs with the token as user name."""
_SHORTEST_TOKEN = 16
"""The minimum length of a user name that may be a token; shorter ones are not masked outside of a URL."""
_SIGNATURES = frozenset({"sig", "signature", "x-amz-signature", "x-amz-credential", "x-goog-signature", "code", "key"})
_LONGEST_KEY = 400
"""The maximum number of lines of a private key without an end."""


def mask_shapes(text: str) -> str:
    """Mask everything in a text that looks like a secret."""
    if "@" in text and "//" in text:
        text = _pattern(_LOGIN).sub(_without_login, text)
    if "=" in text and ("?" in text or "&" in text):
        text = _pattern(_PARAMETER).sub(_without_parameter, text)
    if "=" in text:
        text = _pattern(_ASSIGNMENT).sub(_without_assigned, text)
    if any(mark in text for mark in _TOKEN_MARKS):
        text = _pattern(rf"(?<![A-Za-z0-9])(?:{'|'.join(_TOKENS)})").sub(MASK, text)
    if "uthorization" in text or "UTHORIZATION" in text:
        text = _pattern(_HEADER).sub(_without_value, text)
    if "hooks" in text:
        text = _pattern(_HOOKS).sub(_without_value, text)
    if "PRIVATE KEY" in text:
        text = _without_keys(text)
    return text


def logins_in(text: str) -> list[str]:
    """The secret parts of credentials in the URLs of a text: passwords, and tokens as user names."""
    if "@" not in text or "//" not in text:
        return []
    found = []
    for match in _pattern(_LOGIN).finditer(text):
        user, _, password = match["login"].partition(":")
        if not _is_secret_login(match):
            continue
        if password not in _NO_PASSWORDS:
            found.append(password)
        elif len(user) >= _SHORTEST_TOKEN:
            found.append(user)
    return list(dict.fromkeys((*found, *map(_unquoted, found))))


class KeyLines:
    """Detects the lines of private keys in an output stream."""

    def __init__(self) -> None:
        self._left = 0

    def is_of_key(self, line: str) -> bool:
        """Whether the next line belongs to a private key."""
        if "PRIVATE KEY" in line:
            self._left = _LONGEST_KEY if re.search(_KEY_BEGIN, line) and "-----END" not in line else 0
            return False
        if not self._left:
            return False
        self._left = self._left - 1 if re.fullmatch(_KEY_LINE, line.strip()) else 0
        return self._left > 0 and bool(line.strip())


@cache
def _pattern(text: str) -> re.Pattern[str]:
    # Compiled on demand, because most output does not need the patterns.
    return re.compile(text, re.DOTALL)


def _without_login(match: re.Match[str]) -> str:
    return f"{match['start']}{MASK}@" if _is_secret_login(match) else match[0]


def _is_secret_login(match: re.Match[str]) -> bool:
    login, scheme = match["login"], (match["scheme"] or "").lower()
    user, colon, _ = login.partition(":")
    if re.fullmatch(_REFERENCE, login) or user in _PUBLIC_LOGINS:
        return False
    # With ssh, credentials without a password are only a user name.
    return bool(colon) or ("ssh" not in scheme and bool(scheme))


def _unquoted(text: str) -> str:
    raw = re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), text.encode("utf-8", "replace"))
    return raw.decode("utf-8", "replace")


def _without_parameter(match: re.Match[str]) -> str:
    name = match["name"]
    is_secret = is_secret_name(name) or (name.lower() in _SIGNATURES and len(match["value"]) >= 16)
    is_secret = is_secret and not re.fullmatch(_REFERENCE, match["value"])
    return f"{match['start']}{MASK}" if is_secret else match[0]


def _without_assigned(match: re.Match[str]) -> str:
    is_secret = is_secret_name(match["name"]) and is_maskable(match["value"])
    return f"{match['start']}{MASK}" if is_secret else match[0]


def _without_value(match: re.Match[str]) -> str:
    return f"{match['start']}{MASK}"


def _without_keys(text: str) -> str:
    shown, rest = "", text
    while begin := re.search(_KEY_BEGIN, rest):
        end = rest.find(_KEY_END, begin.end())
        if end < 0:
            break
        shown += f"{rest[: begin.end()]}{MASK}"
        rest = rest[end:]
    return shown + rest
