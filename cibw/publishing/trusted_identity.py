"""Get the identity of a CI run with the library `id`."""

from __future__ import annotations

from cibw.errors import MissingToolError
from cibw.publishing.attest_patience import OutageError, within

_PATIENCE = 120.0
"""Timeout in seconds for getting an identity from the CI; the library only limits each read."""


class NoIdentityError(Exception):
    """A supported CI did not provide an identity; `needs_permission` if the GitHub job lacks the permission."""

    def __init__(self, reason: str, *, needs_permission: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.needs_permission = needs_permission


def ambient_identity(audience: str) -> str | None:
    """An OpenID Connect token for an audience; None without a supported CI, NoIdentityError if the CI fails.

    GitHub, Google, Buildkite, GitLab and CircleCI are detected from the environment of this process.
    """
    try:
        import id as identities
        from urllib3.exceptions import HTTPError
    except ImportError as error:
        raise MissingToolError(
            "Trusted publishing needs the library id, which is not installed.", hint="pip install 'cibw[publish]'"
        ) from error
    try:
        return within(_PATIENCE, lambda: identities.detect_credential(audience))
    except identities.GitHubOidcPermissionCredentialError as error:
        raise NoIdentityError(str(error), needs_permission=True) from error
    except (identities.IdentityError, HTTPError, OSError, ValueError, OutageError) as error:
        raise NoIdentityError(str(error)) from error
