"""How an upload gets in, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

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
    """A section of .pypirc: the address of uploads and, where they stand there, a user's name and password."""

    repository: str
    username: str = ""
    password: str = field(default="", repr=False)
