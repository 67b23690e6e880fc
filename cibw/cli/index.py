"""The index of a release: its arguments, credentials and files, and attestations."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cibw.ci import CiFacts, CiProvider
from cibw.cli.arguments import CommandLine, address
from cibw.cli.session import Session
from cibw.errors import ConfigurationError, CredentialsError
from cibw.model.http import AttestationPolicy, Certificates, HttpClient, TrustedPublishing
from cibw.model.release import Listing, PackageIndex, UploadPlan
from cibw.release.attestations.attest import (
    NOT_TRUSTED,
    AttestationDecision,
    decide,
    leftovers,
    with_attestations,
    without_attestations,
)
from cibw.release.attestations.sigstore import VARIABLE, SigstoreInstance, is_installed
from cibw.release.credentials import SecretSource, certificates_of
from cibw.release.index import IndexChoice, Lookup, guessed_address, index_of
from cibw.release.responses import Attester, Credentials, CredentialSource
from cibw.release.upload_plan import Release
from cibw.reporting.streams import write_command
from cibw.reporting.terminal import count
from cibw.untrusted.http import basic_login
from cibw.untrusted.limits import read_text_limited

if TYPE_CHECKING:
    import ssl


# The command line of the commands that use an index.


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexArguments(CommandLine):
    """The arguments of commands that use an index."""

    to: str = ""
    simple_url: str = ""
    allow_http: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadArguments(IndexArguments):
    """The arguments of commands that upload."""

    skip_existing: bool | None = None
    trusted_publishing: str = TrustedPublishing.AUTO.value
    require_tag: bool | None = None
    branches: tuple[str, ...] = ()
    never_from_pull_request: bool | None = None
    dry_run: bool = False


def add_paths(parser: argparse.ArgumentParser) -> None:
    """Add the argument for distributions."""
    parser.add_argument(
        "paths",
        metavar="DIR | FILE",
        nargs="*",
        help="directory of wheels and sdist, or single files; default: dist, else wheelhouse",
    )


def add_index(group: argparse._ActionsContainer) -> None:
    """Add the arguments for the index and its API."""
    group.add_argument(
        "--to",
        metavar="INDEX",
        type=address,
        help="pypi, testpypi, an upload address, or a section of .pypirc; default: the option "
        "publish-to, else pypi [CIBW_PUBLISH_TO]",
    )
    group.add_argument(
        "--simple-url",
        metavar="ADDRESS",
        type=address,
        help="root of the index's simple API, which lists existing files; default: derived from --to",
    )
    group.add_argument("--allow-http", action="store_true", help="send credentials unencrypted, for private networks")


def add_upload(group: argparse._ActionsContainer) -> None:
    """Add the arguments for the index and the upload."""
    add_index(group)
    group.add_argument(
        "--skip-existing",
        action=argparse.BooleanOptionalAction,
        help="succeed if the index already has all files of a tagged release, or files of the same name that "
        "cannot be compared [CIBW_SKIP_EXISTING]",
    )
    group.add_argument(
        "--trusted-publishing",
        metavar="WHEN",
        choices=[policy.value for policy in TrustedPublishing],
        help="exchange the CI run's identity for a token of the index: auto (if possible), always, never",
    )


def add_gates(group: argparse._ActionsContainer) -> None:
    """Add the arguments that restrict publishing."""
    group.add_argument(
        "--require-tag",
        action=argparse.BooleanOptionalAction,
        help="publish only if the commit has the tag of the version [CIBW_REQUIRE_TAG]",
    )
    group.add_argument(
        "--branch",
        dest="branches",
        metavar="PATTERN",
        action="append",
        help="publish only from this branch, or from the tag of the version; may be repeated [CIBW_PUBLISH_BRANCHES]",
    )
    group.add_argument(
        "--never-from-pull-request",
        action=argparse.BooleanOptionalAction,
        help="do not publish in a pull request's run; the default [CIBW_NEVER_FROM_PULL_REQUEST]",
    )


# The credentials of uploads, found on first use.

PYPIRC = "~/.pypirc"


class LazySource:
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


def source_for(
    session: Session,
    index: PackageIndex,
    facts: CiFacts,
    warn: Callable[[str], None],
    *,
    policy: TrustedPublishing,
    dry_run: bool = False,
) -> LazySource:
    """The credential source for an index: trusted publishing, variables, .pypirc or the keyring."""

    def open_now() -> SecretSource:
        return _open(session, index, facts, warn, policy=policy, dry_run=dry_run)

    return LazySource(open_now, session.mask.learn)


def _open(
    session: Session,
    index: PackageIndex,
    facts: CiFacts,
    warn: Callable[[str], None],
    *,
    policy: TrustedPublishing,
    dry_run: bool,
) -> SecretSource:
    from cibw.execution.fetch.http import HttpTransport
    from cibw.release.credentials import LoginPlaces, ask_keyring, famous_addresses, is_public, read_pypirc
    from cibw.release.trusted_publishing import Access, TrustedPublishingContext, open_source

    famous = famous_addresses()
    access = Access(
        index=index,
        facts=facts,
        policy=policy,
        is_public=is_public(index.upload, famous),
        dry_run=dry_run,
    )
    places = LoginPlaces(
        environment=session.environment,
        pypirc=lambda: read_pypirc(Path(PYPIRC).expanduser()),
        keyring=ask_keyring,
    )
    client = HttpTransport(context=certificates(session, index))
    context = TrustedPublishingContext(client=client, mask=partial(mask, session, facts), warn=warn, public=famous)
    return open_source(access, places, context)


def chosen_certificates(session: Session, index: PackageIndex) -> Certificates:
    """The certificates for an index from variables or .pypirc."""
    from cibw.release.credentials import read_pypirc

    return certificates_of(index, session.environment, read_pypirc(Path(PYPIRC).expanduser()))


def certificates(session: Session, index: PackageIndex) -> ssl.SSLContext:
    """The SSL context for an index, with its client certificate; DownloadError if a file cannot be read."""
    from cibw.execution.fetch.http import trusted

    return trusted(session.environment, chosen_certificates(session, index))


def mask(session: Session, facts: CiFacts, secret: str) -> None:
    """Mask a secret in cibw's output and in the CI's log."""
    session.mask.learn([secret])
    if facts.provider is CiProvider.GITHUB:
        # The CI removes this line from its log, and masks the secret from then on.
        write_command(session.stream_for_people, f"::add-mask::{secret}\n")
        session.stream_for_people.flush()


# The index of `cibw publish`, and its files.


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedIndex:
    """An index and its lookup; `listing` sends a new request each time, with fewer attempts during an upload."""

    index: PackageIndex
    lookup: Lookup

    def listing(self, release: Release, *, attempts: int = 5) -> Listing:
        """The files of the release's project on the index."""
        names = [file.distribution.filename for file in release.files]
        lookup = replace(self.lookup, attempts=attempts)
        return lookup.listing(self.index.simple, release.project, names)


def named_index(arguments: IndexArguments, to: str) -> PackageIndex:
    """The index for a name or URL, `to`; `simple` is empty if it cannot be derived."""
    from cibw.release.credentials import famous_addresses

    famous = tuple(famous_addresses().values())
    wanted = IndexChoice(to=to, simple=arguments.simple_url, allow_http=arguments.allow_http, famous=famous)
    return index_of(wanted, _known(to))


def find_index(session: Session, index: PackageIndex, source: CredentialSource) -> SelectedIndex:
    """The index with the URL of its simple API, which is looked up if it cannot be derived."""
    from cibw.execution.fetch.http import HttpTransport

    client: HttpClient = HttpTransport(context=certificates(session, index))
    lookup = Lookup(client=client, login=_login(source), waiting=partial(_say_waiting, session))
    if not index.simple:
        found = lookup.simple_of(index.upload)
        index = replace(index, simple=found or guessed_address(index.upload))
    return SelectedIndex(index=index, lookup=lookup)


def _say_waiting(session: Session, reason: str, seconds: float) -> None:
    style = session.style
    mark = style.warning(style.symbol("⚠", "!"))
    session.stream_for_people.write(f"  {mark} {style.clean(reason)}; retrying in {seconds:g} s\n")
    session.stream_for_people.flush()


def _known(to: str) -> Mapping[str, str]:
    if "://" in to:
        return {}
    from cibw.release.credentials import read_pypirc

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


# Attestations of a release: choose the files to attest, and sign them before the first upload.


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestations:
    """The attestation settings of the configuration and this run; `warn` shows a warning."""

    session: Session
    trusted_publishing: TrustedPublishing
    policy: AttestationPolicy
    facts: CiFacts
    warn: Callable[[str], None]

    def planned(self, plan: UploadPlan) -> UploadPlan:
        """The plan with attestations, assuming that trusted publishing succeeds if it is possible."""
        may_be = self.trusted_publishing is not TrustedPublishing.NEVER
        return with_attestations(plan, self._verdict(is_trusted=may_be and self.facts.is_ci), leftovers)

    def made(self, plan: UploadPlan, source: LazySource) -> UploadPlan:
        """The plan with its attestations created; AttestationError if they are required and that fails."""
        from cibw.release.attestations.attest import attest_release
        from cibw.release.trusted_publishing import TrustedSource

        missing = sum(upload.to_attest for upload in plan.uploads)
        attested = missing or any(upload.attestations for upload in plan.uploads)
        if attested and self.policy is AttestationPolicy.AUTO and not isinstance(source.open(), TrustedSource):
            self.warn(f"The files are uploaded without attestations: {NOT_TRUSTED}.")
            return without_attestations(plan)
        if not missing:
            return plan
        stream = self.session.stream_for_people
        stream.write(f"Signing {count(missing, 'file')} with Sigstore\n")
        stream.flush()
        return attest_release(plan, self._attester(), self.policy, self.warn)

    def _verdict(self, *, is_trusted: bool) -> AttestationDecision:
        return decide(self.policy, self.facts, is_trusted=is_trusted, is_installed=is_installed())

    def _attester(self) -> Attester:
        from cibw.release.attestations.attest import AttestationContext, RunAttester
        from cibw.release.attestations.sigstore import SigstoreSigner
        from cibw.release.identity import ambient_identity

        context = AttestationContext(
            identify=ambient_identity, mask=partial(mask, self.session, self.facts), warn=self.warn
        )
        signing = SigstoreSigner(trust=trust_of(self.session))
        return RunAttester(signing=signing, facts=self.facts, context=context)


def trust_of(session: Session) -> SigstoreInstance:
    """The Sigstore instance set in the environment, else the public one."""
    named = session.environment.get(VARIABLE, "")
    if not named:
        return SigstoreInstance()
    path = session.working_dir / named
    try:
        return SigstoreInstance(config=read_text_limited(path))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{VARIABLE} is {path}, which cannot be read.", hint="It must be the JSON of a Sigstore ClientTrustConfig."
        ) from error
