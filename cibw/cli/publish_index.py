"""The index that a call of `cibw publish` is about, and what it has."""

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
    """An index and how to ask it; `listing` asks anew each time, with fewer tries where an upload is under way."""

    index: PackageIndex
    lookup: Lookup

    def listing(self, release: Release, *, attempts: int = 5) -> Listing:
        """What the index has of a release's project."""
        names = [file.distribution.filename for file in release.files]
        lookup = replace(self.lookup, attempts=attempts)
        return lookup.listing(self.index.simple, release.project, names)


def named_index(session: Session, to: str) -> PackageIndex:
    """The index by its name or address; `simple` is empty where no rule knows it."""
    from cibw.publishing.upload_pypirc import famous_addresses

    line, famous = session.line, famous_addresses()
    wanted = Wanted(to=to, simple=line.simple_url, allow_http=line.allow_http, famous=tuple(famous.values()))
    return index_of(wanted, _known(to))


def find_index(session: Session, index: PackageIndex, source: CredentialSource) -> AskedIndex:
    """The index with the address of its simple API, which is found out where no rule knows it."""
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
    session.stream_for_people.write(f"  {mark} {look.clean(reason)}; next try in {seconds:g} s\n")
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
            # A look is worth a try without; the upload itself will say what is missing.
            return {}
        return {"authorization": basic_login(f"{found.username}:{found.password}")}

    return headers
