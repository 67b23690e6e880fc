"""The `verify` command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from cibw.cli.publish_files import choose_files
from cibw.cli.publish_index import AskedIndex, find_index, named_index
from cibw.cli.publish_login import LateSource, chosen_certificates, source_for
from cibw.cli.release_options import ReleaseProject, release_project
from cibw.cli.sessions import Session
from cibw.cli.verify_install import Trial
from cibw.cli.verify_provenances import IndexProvenances
from cibw.errors import ConfigurationError
from cibw.model.credentials import TrustedPublishing
from cibw.model.distribution import DistributionKind
from cibw.model.findings import Finding, stops
from cibw.model.release import PackageIndex
from cibw.publishing.ci_facts import ci_facts
from cibw.publishing.verify_attested import Attested, check_attestations, publisher_of
from cibw.publishing.verify_page import Page
from cibw.publishing.verify_rules import Wanted, compare, parse_release, require_verified, withdrawn
from cibw.reporting.verify_console import VerifyConsole, verification_to_json
from cibw.reporting.wording import count


def verify(session: Session) -> int:
    """Verify a release on its index; VerificationError lists all problems."""
    line = session.line
    if line.release and line.paths:
        raise ConfigurationError(
            "--release cannot be combined with files.", hint="Pass the files, or a release whose files are not here."
        )
    with release_project(session) as found:
        return verify_release(session, found)


def verify_release(session: Session, found: ReleaseProject) -> int:
    """Verify the release on the command line; VerificationError lists all problems."""
    index = named_index(session, session.line.to or found.options.publish.to)
    source = _source(session, index)
    asked = find_index(session, index, source)
    login = _NotedLogin(inner=asked.lookup.login)
    asked = replace(asked, lookup=replace(asked.lookup, login=login))
    work = _Verification(session=session, found=found, asked=asked, login=login, source=source)
    return work.run(_wanted(session))


def _source(session: Session, index: PackageIndex) -> LateSource:
    # Trusted publishing only provides tokens for uploads, so it is not used.
    line = replace(session.line, trusted_publishing=TrustedPublishing.NEVER.value)
    return source_for(replace(session, line=line), index, ci_facts(session.environment), lambda _warning: None)


def _wanted(session: Session) -> Wanted:
    if session.line.release:
        return parse_release(session.line.release)
    release = choose_files(session).release
    files = tuple(file.distribution for file in release.files)
    return Wanted(project=release.project, version=files[0].version, files=files)


@dataclass(slots=True, kw_only=True)
class _NotedLogin:
    """A login that records whether it was used; indexes with anonymous access do not need it."""

    inner: Callable[[], Mapping[str, str]]
    is_used: bool = field(default=False)

    def __call__(self) -> Mapping[str, str]:
        headers = self.inner()
        self.is_used = bool(headers)
        return headers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verification:
    session: Session
    found: ReleaseProject
    asked: AskedIndex
    login: _NotedLogin
    source: LateSource

    def run(self, wanted: Wanted) -> int:
        console, page = self._console(), self._page(wanted)
        console.begin(str(wanted), page.simple)
        findings = tuple(self._findings(page.release(wanted) if self.session.line.release else wanted, page))
        if self.session.line.as_json:
            print(verification_to_json(str(wanted), page.simple, findings), end="", flush=True)
        require_verified(wanted, page.simple, findings)
        return 0

    def _findings(self, wanted: Wanted, page: Page) -> Iterator[Finding]:
        console = self._console()
        for findings in self._looks(wanted, page):
            console.skipped(findings)
            yield from findings
            if stops(findings):
                return

    def _looks(self, wanted: Wanted, page: Page) -> Iterator[tuple[Finding, ...]]:
        console = self._console()
        listing = page.listing(wanted)
        compared = compare(wanted, listing, page.address)
        if not compared:
            console.good(f"{page.address} lists {count(len(wanted.files), 'file')} with the right SHA-256")
        yield compared
        yield withdrawn(wanted, listing)
        for sdist in wanted.having(DistributionKind.SDIST):
            fetched = page.check_bytes(sdist, listing)
            if not fetched:
                console.good(f"{sdist.filename} was downloaded and has the right SHA-256")
            yield fetched
        attested = self._attested(wanted)
        if attested.files:
            console.good(f"{count(attested.files, 'file')} attested by {attested.publisher}")
        yield attested.findings
        yield self._trial().run(wanted)

    def _attested(self, wanted: Wanted) -> Attested:
        provenances = IndexProvenances(session=self.session, asked=self.asked)
        policy = self.found.options.publish.attestations
        return check_attestations(wanted, policy, publisher_of(ci_facts(self.session.environment)), provenances)

    def _trial(self) -> Trial:
        console = self._console()
        return Trial(
            session=self.session,
            found=self.found,
            simple=self.asked.index.simple,
            credentials=self.source.credentials() if self.login.is_used else None,
            certificates=chosen_certificates(self.session, self.asked.index),
            hear=console.event,
            good=console.good,
        )

    def _page(self, wanted: Wanted) -> Page:
        return Page(
            lookup=self.asked.lookup,
            simple=self.asked.index.simple,
            project=wanted.project,
            timeout=self.session.line.timeout,
            waiting=self._console().waiting,
        )

    def _console(self) -> VerifyConsole:
        return VerifyConsole(stream=self.session.stream_for_people, look=self.session.look)
