"""Fixed credentials, and the error for missing ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from cibw.errors import CredentialsError
from cibw.model.credentials import Login
from cibw.model.release import PackageIndex
from cibw.publishing.logins import looked_for
from cibw.publishing.upload_api import Credentials, CredentialSource


class SecretSource(CredentialSource, Protocol):
    """A credential source that lists its secrets for masking."""

    def secrets(self) -> tuple[str, ...]:
        """All secrets that it has returned so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSource:
    """Returns one login for all files; satisfies SecretSource."""

    login: Login

    @property
    def description(self) -> str:
        """Where the login was found."""
        return self.login.place

    def credentials(self) -> Credentials:
        """The login."""
        return Credentials(username=self.login.username, password=self.login.password)

    def secrets(self) -> tuple[str, ...]:
        """The password."""
        return (self.login.password,)

    def close(self) -> None:
        """Do nothing; there is nothing to revoke."""


def no_credentials(index: PackageIndex, environment: Mapping[str, str], others: Iterable[str]) -> CredentialsError:
    """The error for missing credentials; `others` are reasons to list before the login sources."""
    lines = [*others, *looked_for(index, environment)]
    place = index.upload if index.name == index.upload else f"{index.name} ({index.upload})"
    return CredentialsError(
        f"No credentials found for the index {place}.",
        hint="\n".join(
            (
                "Set CIBW_PUBLISH_TOKEN to an API token of the index, or publish from a CI with trusted publishing.",
                "Tried:",
                *(f"* {line}" for line in lines),
            )
        ),
    )
