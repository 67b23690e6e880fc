"""Credentials that stay as they are, and what is said where there are none."""

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
    """A source that knows what must not be seen."""

    def secrets(self) -> tuple[str, ...]:
        """Every secret that it has given so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSource:
    """Gives one login for all files; satisfies SecretSource."""

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
        """Nothing has to be given back."""


def no_credentials(index: PackageIndex, environment: Mapping[str, str], others: Iterable[str]) -> CredentialsError:
    """The error for an index that nothing lets us into; `others` are reasons that stand before those of logins."""
    lines = [*others, *looked_for(index, environment)]
    place = index.upload if index.name == index.upload else f"{index.name} ({index.upload})"
    return CredentialsError(
        f"Nothing lets cibw into the index {place}.",
        hint="\n".join(
            (
                "Set CIBW_PUBLISH_TOKEN to an API token of the index, or let a CI publish as a trusted publisher.",
                "Looked for in vain:",
                *(f"* {line}" for line in lines),
            )
        ),
    )
