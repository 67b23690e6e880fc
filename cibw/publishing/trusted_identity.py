"""The identity that a CI gives to a run, by the library `id`."""

from __future__ import annotations

from cibw.errors import MissingToolError

_PATIENCE = 120.0
"""Timeout in seconds for getting an identity from the CI; the library only limits each read."""


class NoIdentityError(Exception):
    """A CI gives no identity, though it should; `needs_permission` where GitHub was not allowed to."""

    def __init__(self, reason: str, *, needs_permission: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.needs_permission = needs_permission


def ambient_identity(audience: str) -> str | None:
    """A token (OpenID Connect) for an audience; None where there is no CI that gives one, else NoIdentityError.

    GitHub, Google, Buildkite, GitLab and CircleCI are asked, by what the environment of this process says.
    """
    from cibw.publishing.attest import OutageError
    from cibw.publishing.attest_patience import within

    try:
        import id as identities
        from urllib3.exceptions import HTTPError
    except ImportError as error:
        raise MissingToolError(
            "The library id is not installed, which asks a CI for an identity.", hint="pip install 'cibw[publish]'"
        ) from error
    try:
        return within(_PATIENCE, lambda: identities.detect_credential(audience))
    except identities.GitHubOidcPermissionCredentialError as error:
        raise NoIdentityError(str(error), needs_permission=True) from error
    except (identities.IdentityError, HTTPError, OSError, ValueError, OutageError) as error:
        raise NoIdentityError(str(error)) from error
