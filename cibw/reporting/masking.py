"""Masks secrets in all output of the program."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from itertools import pairwise
from threading import Lock

from cibw.reporting.streams import neutral
from cibw.untrusted.limits import parse_json

# Detection of names of variables, settings and query parameters with secret values.

_WORD = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+"
_VERSION = r"V?[0-9]+"

_ANYWHERE = frozenset(
    "AUTHORIZATION BEARER COOKIE COOKIES CREDENTIAL CREDENTIALS CREDS JWT OTP PASSCODE PASSPHRASE "
    "PASSWD PASSWORD PASSWORDS PRIVATEKEY SECRET SECRETS TOKEN WEBHOOK WEBHOOKS".split()
)
"""Words that make a name secret, unless the last word shows that the value only describes a secret."""
_ENDINGS = ("APIKEY", "AUTHKEY", "ACCESSKEY", "PASSPHRASE", "PASSWD", "PASSWORD", "SECRET", "SECRETKEY", "TOKEN")
"""Endings of longer words without a separator, such as `PGPASSWORD` and `NPMTOKEN`."""
_LAST = frozenset(
    "AUTH DBPASS DSN FTPPASS KEYPASS KEYSTORE LDAPPASS MAILPASS NETRC PASS PAT PFX PWD SALT SAS SESSION SMTPPASS "
    "SSHPASS STOREPASS USERPASS".split()
)
"""Words that make a name secret as its last word."""
_KEYS = frozenset(
    "ACCESS ACCOUNT AES API APP AUTH CLIENT CONSUMER CRYPT DECRYPT DECRYPTION DEPLOY ENCRYPT ENCRYPTION GPG HMAC "
    "LICENSE MASTER PGP PRIVATE RSA SECRET SERVICE SESSION SHARED SIGN SIGNING SSH STORAGE SUBSCRIPTION".split()
)
"""Words before KEY. KEY on its own is ambiguous; it may be a cache key."""
_PAIRS = frozenset({("CONNECTION", "STRING"), ("CONN", "STR"), ("AUTH", "CONFIG"), ("SAS", "URL"), ("SAS", "URI")})
_DESCRIPTIVE = frozenset(
    "AGENT ALGORITHM AUDIENCE BACKEND CHARS CLASS CMD COMMAND COUNT DIR DIRECTORY DISABLED DOMAIN ENABLED ENDPOINT "
    "EXPIRATION EXPIRES EXPIRY FILE FILENAME FILES FOLDER FORMAT HELPER HOME HOST ID IDS ISSUER LENGTH LIFETIME LIMIT "
    "MANAGER METHOD MODE NAME NAMES PARALLELISM PATH PATHS POLICY PORT PREFIX PROGRAM PROVIDER REGION REQUIRED SCOPE "
    "SCOPES SERVICE SIZE SOCK SOCKET STORE SUFFIX TIMEOUT TTL TYPE URI URL USER USERNAME VERSION".split()
)
"""Last words of names whose values describe a secret or its location."""
_HARMLESS = frozenset({"PWD", "OLDPWD", "OLD_PWD", "DESKTOP_SESSION", "SESSION", "SIGNATURE"})


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a name refers to a secret: `DB_PASS`, `TOKEN_V2`, `apiKey`, `cmake.define.SIGNING_KEY`.

    Names are split into words at characters other than letters and digits, and at changes from lower to upper case.
    Trailing numbers and versions are ignored.
    """
    words = _words(name)
    if not words or "_".join(words) in _HARMLESS:
        return False
    last = words[-1]
    if last in _LAST or _is_key(words) or tuple(words[-2:]) in _PAIRS:
        return True
    if not any(word in _ANYWHERE or word.endswith(_ENDINGS) for word in words):
        return False
    return last not in _DESCRIPTIVE or _is_webhook(words)


def _is_key(words: list[str]) -> bool:
    """Whether a name refers to a key, such as `SIGNING_KEY`, and not only to its ID or file."""
    if words[-1] in _DESCRIPTIVE:
        return False
    return any(first in _KEYS and second == "KEY" for first, second in pairwise(words))


def _is_webhook(words: list[str]) -> bool:
    """Whether a name is that of a webhook URL, which is itself a secret."""
    return words[-1] in {"URL", "URI"} and any(word.startswith("WEBHOOK") for word in words)


def _words(name: str) -> list[str]:
    words: list[str] = []
    for part in re.split(r"[^A-Za-z0-9]+", name):
        # `MySecret` has two words, `MYSECRET` has one.
        words += [part] if part.upper() == part or part.lower() == part else re.findall(_WORD, part)
    words = [word.upper() for word in words if word]
    while len(words) > 1 and re.fullmatch(_VERSION, words[-1]):
        words.pop()
    return [word.rstrip("0123456789") or word for word in words]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretNames:
    """Names with secret values: those detected as secret, and those that match a user's `patterns`."""

    patterns: tuple[str, ...] = ()

    def __contains__(self, name: str) -> bool:
        return is_secret_name(name) or any(fnmatchcase(name.upper(), pattern.upper()) for pattern in self.patterns)

    def secret_values(self, pairs: Iterable[tuple[str, str]]) -> list[str]:
        """The values of the pairs whose names are secret."""
        return [value for name, value in pairs if value and name in self]


# The forms of a secret in output (plain, quoted, escaped, encoded), and the values that are not secrets.

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


# Mask secrets by their format: tokens of well-known services, credentials in URLs, private keys.

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


# The masker of a run.

_MOST_LINES = 500
"""The maximum number of lines of private keys that are learned from output."""


class Masker:
    """Masks known secrets and secrets that are recognized by their format; call it with a text.

    It learns secrets while the program runs. It is thread-safe.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, names: SecretNames | None = None) -> None:
        self._names = names or SecretNames()
        self._learning = Lock()
        self._values: set[str] = set()
        self._spared: frozenset[str] = frozenset()
        self._known: set[str] = set()
        self._pieces: tuple[str, ...] = ()
        self._lines_left = _MOST_LINES
        self.hear((environment or {}).items())

    def __call__(self, text: str) -> str:
        """The text with its secrets masked. If controls split a secret, the result has no controls."""
        text = self._masked(text)
        if text.isprintable():
            return text
        # Terminals and logs drop control characters, which would join the pieces of a secret.
        bare = neutral(text, colour=False)
        if bare == text:
            return text
        masked = self._masked(bare)
        return text if masked == bare else masked

    def _masked(self, text: str) -> str:
        for piece in self._pieces:
            if piece in text:
                text = text.replace(piece, MASK)
        return mask_shapes(text)

    def hear(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Learn the secrets among pairs of names and values: variables, settings."""
        pairs = list(pairs)
        secret = self._names.secret_values(pairs)
        found = [*secret, *(leaf for value in secret for leaf in self._leaves(value))]
        self.learn([*found, *(login for _, value in pairs for login in logins_in(value))])

    def learn(self, values: Iterable[str]) -> None:
        """Mask some values from now on."""
        fresh = {value for value in values if value not in self._values}
        if not fresh:
            return
        with self._learning:
            self._values |= fresh
            self._known.update(form for value in fresh for form in forms(value))
            self._sort()

    def learn_line(self, line: str) -> None:
        """Mask a line of a private key that was printed once wherever it is printed again."""
        if self._lines_left > 0:
            self._lines_left -= 1
            with self._learning:
                self._known.add(line.strip())
                self._sort()

    def watch(self, patterns: Iterable[str], environment: Mapping[str, str]) -> None:
        """Treat names that match the patterns as secrets, and check an environment again."""
        added = tuple(dict.fromkeys((*self._names.patterns, *patterns)))
        if added != self._names.patterns:
            self._names = SecretNames(patterns=added)
            self.hear(environment.items())

    def spare(self, texts: Iterable[str]) -> None:
        """Never mask texts that are not secrets, such as the name of the project."""
        with self._learning:
            self._spared |= {text for text in texts if text}
            self._sort()

    def _sort(self) -> None:
        self._pieces = tuple(sorted(self._known - self._spared, key=lambda piece: (-len(piece), piece)))

    def _leaves(self, value: str) -> Iterator[str]:
        """The secrets in a JSON value, such as the key of a service account."""
        if not value.lstrip().startswith("{"):
            return
        try:
            loaded = parse_json(value)
        except ValueError:
            return
        yield from self._secrets_in("", loaded)

    def _secrets_in(self, name: str, value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for key, item in value.items():
                yield from self._secrets_in(str(key), item)
        elif isinstance(value, list):
            for item in value:
                yield from self._secrets_in(name, item)
        elif isinstance(value, str) and name in self._names:
            yield value
