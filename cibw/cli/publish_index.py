"""The index of `cibw publish`, and its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from cibw.cli.publish_login import PYPIRC, certificates
from cibw.cli.sessions import Session
from cibw.errors import CredentialsError
from cibw.http_limits import basic_login
from cibw.model.release import Listing, PackageIndex
from cibw.model.web import Web
from cibw.publishing.upload_addresses import Wanted, guessed_address, index_of
from cibw.publishing.upload_api import CredentialSource
from cibw.publishing.upload_lookup import Lookup
from cibw.publishing.upload_plan import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedIndex:
    """An index and its lookup; `listing` sends a new request each time, with fewer attempts during an upload."""

    index: PackageIndex
    lookup: Lookup

    def listing(self, release: Release, *, attempts: int = 5) -> Listing:
        """The files of the release's project on the index."""
        names = [file.distribution.filename for file in release.files]
        lookup = replace(self.lookup, attempts=attempts)
        return lookup.listing(self.index.simple, release.project, names)


def named_index(session: Session, to: str) -> PackageIndex:
    """The index for a name or URL; `simple` is empty if it cannot be derived."""
    from cibw.publishing.upload_pypirc import famous_addresses

    line, famous = session.line, famous_addresses()
    wanted = Wanted(to=to, simple=line.simple_url, allow_http=line.allow_http, famous=tuple(famous.values()))
    return index_of(wanted, _known(to))


def find_index(session: Session, index: PackageIndex, source: CredentialSource) -> AskedIndex:
    """The index with the URL of its simple API, which is looked up if it cannot be derived."""
    from cibw.running.fetch_http import HttpTransport

    web: Web = HttpTransport(context=certificates(session, index))
    lookup = Lookup(web=web, login=_login(source), waiting=partial(_say_waiting, session))
    if not index.simple:
        found = lookup.simple_of(index.upload)
        index = replace(index, simple=found or guessed_address(index.upload))
    return AskedIndex(index=index, lookup=lookup)


def _say_waiting(session: Session, reason: str, seconds: float) -> None:
    look = session.look
    mark = look.warning(look.symbol("⚠", "!"))
    session.stream_for_people.write(f"  {mark} {look.clean(reason)}; retrying in {seconds:g} s\n")
    session.stream_for_people.flush()


def _known(to: str) -> Mapping[str, str]:
    if "://" in to:
        return {}
    from cibw.publishing.upload_pypirc import read_pypirc

    return {name: section.repository for name, section in read_pypirc(Path(PYPIRC).expanduser()).items()}


def _login(source: CredentialSource) -> Callable[[], Mapping[str, str]]:
    def headers() -> Mapping[str, str]:
        try:
            found = source.credentials()
        except CredentialsError:
            # Try without credentials; the upload itself reports what is missing.
            return {}
        return {"authorization": basic_login(f"{found.username}:{found.password}")}

    return headers
