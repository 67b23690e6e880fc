"""What lets uploads in, out of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cibw.errors import CredentialsError
from cibw.publishing.upload_api import Credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableSource:
    """The variables that twine reads, too."""

    environment: Mapping[str, str] = field(repr=False)

    @property
    def description(self) -> str:
        """The names of the variables."""
        return "TWINE_USERNAME and TWINE_PASSWORD"

    def credentials(self) -> Credentials:
        """The login; CredentialsError where there is no password."""
        password = self.environment.get("TWINE_PASSWORD", "")
        if not password:
            raise CredentialsError(
                "There are no credentials for the index.",
                hint="Set TWINE_PASSWORD, with an API token as its value; or TWINE_USERNAME and TWINE_PASSWORD.",
            )
        return Credentials(username=self.environment.get("TWINE_USERNAME", "") or "__token__", password=password)

    def close(self) -> None:
        """Variables need no care."""
