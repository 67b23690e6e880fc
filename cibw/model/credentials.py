"""Credentials for uploads."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""The variables for trusted certificate authorities, highest priority first."""
API_USER = "__token__"
"""The username for a token."""


class TrustedPublishing(Enum):
    """Whether the identity of a CI run is exchanged for an index token."""

    AUTO = "auto"
    """If the CI provides an identity and the index accepts it."""
    ALWAYS = "always"
    """Use no other credentials."""
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A username and password, or `__token__` and a token; `place` is where they were found."""

    username: str
    password: str = field(repr=False)
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSection:
    """A section of .pypirc: the upload URL and, if set, a username and password.

    `ca_cert` and `client_cert` are files with trusted certificate authorities and with the client certificate.
    """

    repository: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_cert: str = ""
    client_cert: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """A file or directory of trusted certificate authorities, and a client certificate file; empty for none."""

    authorities: str = ""
    client: str = ""
