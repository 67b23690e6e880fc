"""Detection of names of variables, settings and query parameters with secret values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import pairwise

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
