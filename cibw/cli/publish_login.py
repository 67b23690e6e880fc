"""The credentials of uploads, found on first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cibw.cli.sessions import Session
from cibw.model.ci import CiFacts, CiProvider
from cibw.model.credentials import Certificates, TrustedPublishing
from cibw.model.release import PackageIndex
from cibw.publishing.credentials import SecretSource
from cibw.publishing.logins import certificates_of
from cibw.publishing.upload_api import Credentials
from cibw.reporting.guard import write_command

if TYPE_CHECKING:
    import ssl

PYPIRC = "~/.pypirc"


class LateSource:
    """Opens a credential source on first use, because a plan may need no credentials; satisfies SecretSource."""

    def __init__(self, opener: Callable[[], SecretSource], learn: Callable[[tuple[str, ...]], None]) -> None:
        self._opener = opener
        self._learn = learn
        self._opened: SecretSource | None = None

    @property
    def description(self) -> str:
        """The origin of the credentials."""
        return self.open().description

    def open(self) -> SecretSource:
        """The source; CredentialsError if no credentials are found."""
        if self._opened is None:
            self._opened = self._opener()
        return self._opened

    def credentials(self) -> Credentials:
        """Credentials for the next upload."""
        found = self.open().credentials()
        self._learn((*self.secrets(), found.password))
        return found

    def secrets(self) -> tuple[str, ...]:
        """All secrets so far."""
        return self._opened.secrets() if self._opened else ()

    def close(self) -> None:
        """Revoke credentials that must not outlive the upload."""
        if self._opened:
            self._opened.close()


def source_for(session: Session, index: PackageIndex, facts: CiFacts, warn: Callable[[str], None]) -> LateSource:
    """The credential source for an index: trusted publishing, variables, .pypirc or the keyring."""
    return LateSource(partial(_open, session, index, facts, warn), session.mask.learn)


def _open(session: Session, index: PackageIndex, facts: CiFacts, warn: Callable[[str], None]) -> SecretSource:
    from cibw.publishing.logins import Places
    from cibw.publishing.sources import Access, open_source
    from cibw.publishing.trusted import Surroundings
    from cibw.publishing.upload_pypirc import ask_keyring, famous_addresses, is_public, read_pypirc
    from cibw.running.fetch_http import HttpTransport

    famous = famous_addresses()
    access = Access(
        index=index,
        facts=facts,
        policy=TrustedPublishing(session.line.trusted_publishing),
        is_public=is_public(index.upload, famous),
        dry_run=session.line.dry_run,
    )
    places = Places(
        environment=session.environment,
        pypirc=lambda: read_pypirc(Path(PYPIRC).expanduser()),
        keyring=ask_keyring,
    )
    web = HttpTransport(context=certificates(session, index))
    surroundings = Surroundings(web=web, mask=partial(mask, session, facts), warn=warn, public=famous)
    return open_source(access, places, surroundings)


def chosen_certificates(session: Session, index: PackageIndex) -> Certificates:
    """The certificates for an index from variables or .pypirc."""
    from cibw.publishing.upload_pypirc import read_pypirc

    return certificates_of(index, session.environment, read_pypirc(Path(PYPIRC).expanduser()))


def certificates(session: Session, index: PackageIndex) -> ssl.SSLContext:
    """The SSL context for an index, with its client certificate; DownloadError if a file cannot be read."""
    from cibw.running.fetch_http import trusted

    return trusted(session.environment, chosen_certificates(session, index))


def mask(session: Session, facts: CiFacts, secret: str) -> None:
    """Mask a secret in cibw's output and in the CI's log."""
    session.mask.learn([secret])
    if facts.provider is CiProvider.GITHUB:
        # The CI removes this line from its log, and masks the secret from then on.
        write_command(session.stream_for_people, f"::add-mask::{secret}\n")
        session.stream_for_people.flush()
