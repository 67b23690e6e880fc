"""Choose the credentials for an upload: trusted publishing, else a login."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.errors import CredentialsError
from cibw.exhaustive import assert_never
from cibw.model.ci import CiFacts, CiProvider
from cibw.model.credentials import TrustedPublishing
from cibw.model.release import PackageIndex
from cibw.publishing.credentials import LoginSource, SecretSource, no_credentials
from cibw.publishing.logins import Places, find_login
from cibw.publishing.trusted import Surroundings, TrustedSource
from cibw.publishing.trusted_messages import Fault

_GIVES_IDENTITIES = (
    CiProvider.GITHUB,
    CiProvider.GITLAB,
    CiProvider.CIRCLECI,
    CiProvider.BUILDKITE,
    CiProvider.GOOGLE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The index and policy of an upload; `is_public` means that it accepts only tokens.

    A `dry_run` only checks whether credentials are available.
    """

    index: PackageIndex
    facts: CiFacts
    policy: TrustedPublishing = TrustedPublishing.AUTO
    is_public: bool = False
    dry_run: bool = False


def open_source(access: Access, places: Places, surroundings: Surroundings) -> SecretSource:
    """The first available credential source; CredentialsError with a list of what was tried if there is none.

    If trusted publishing fails, a login is used with a warning, if there is one.
    """
    trusted = TrustedSource(surroundings, access.index.upload, access.facts)
    match access.policy:
        case TrustedPublishing.ALWAYS:
            fault = _opened(trusted, access)
            if fault:
                raise CredentialsError(fault.message, hint=fault.hint)
        case TrustedPublishing.NEVER:
            fault = Fault(message="It is disabled.", hint="", is_absent=True)
        case TrustedPublishing.AUTO:
            fault = _why_not(access, places) or _opened(trusted, access)
        case _:
            assert_never(access.policy)
    if fault is None:
        return trusted
    return _by_login(access, places, surroundings, fault)


def _opened(trusted: TrustedSource, access: Access) -> Fault | None:
    return trusted.probe() if access.dry_run else trusted.open()


def _by_login(access: Access, places: Places, surroundings: Surroundings, fault: Fault) -> SecretSource:
    login = find_login(access.index, places, is_public=access.is_public)
    if login:
        if not fault.is_absent:
            surroundings.warn(f"Trusted publishing failed, so {login.place} is used. {fault.message}")
        return LoginSource(login=login)
    if not fault.is_absent:
        raise CredentialsError(fault.message, hint=fault.hint)
    reason = f"trusted publishing: {fault.message} {fault.hint}".strip()
    raise no_credentials(access.index, places.environment, (reason,))


def _why_not(access: Access, places: Places) -> Fault | None:
    """Why trusted publishing is not attempted."""
    if access.facts.provider in _GIVES_IDENTITIES or places.environment.get("GOOGLE_SERVICE_ACCOUNT_NAME"):
        return None
    return Fault(message=f"{access.facts.provider.value} does not provide identities.", hint="", is_absent=True)
