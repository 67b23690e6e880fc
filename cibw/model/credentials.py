"""How an upload gets in, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""The variables that name the authorities to trust, the first before the others."""
API_USER = "__token__"
"""The user name that stands beside a token."""


class TrustedPublishing(Enum):
    """Whether the identity of a CI's run is exchanged for a token of the index."""

    AUTO = "auto"
    """Where the CI gives an identity and the index takes it."""
    ALWAYS = "always"
    """Nothing else lets an upload in."""
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A user's name and password, or `__token__` and a token; `place` says where they were found."""

    username: str
    password: str = field(repr=False)
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSection:
    """A section of .pypirc: the address of uploads and, where they stand there, a user's name and password.

    `ca_cert` and `client_cert` are files with the authorities to trust and with the certificate to show.
    """

    repository: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_cert: str = ""
    client_cert: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Files, or a directory, with the authorities to trust, and a file with the certificate to show; empty for none."""

    authorities: str = ""
    client: str = ""
