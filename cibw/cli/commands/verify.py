"""The `verify` command: verifies a release on its index."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from packaging.tags import sys_tags

from cibw.ci import ci_facts
from cibw.cli.arguments import Parser, Subcommand, add_debug_traceback, add_package, address
from cibw.cli.files import ReleaseProject, choose_files, release_project
from cibw.cli.index import (
    IndexArguments,
    LazySource,
    SelectedIndex,
    add_index,
    add_paths,
    chosen_certificates,
    find_index,
    named_index,
    source_for,
    trust_of,
)
from cibw.cli.project import is_project
from cibw.cli.session import Session, without_credentials
from cibw.config.options import BuildOptions
from cibw.errors import CommandFailedError, ConfigurationError
from cibw.execution.files import scratch_directory
from cibw.execution.host.machine import HostMachine
from cibw.execution.host.probe import read_platform
from cibw.execution.host.processes import GUARD
from cibw.execution.host.session import FOREIGN_VARIABLES, ISOLATING_VARIABLES, RESOURCES_DIR, find_uv, lay_program
from cibw.execution.source.project import every_file, project_files
from cibw.execution.steps import StepRunner
from cibw.model.events import Event, OutputLine
from cibw.model.http import AUTHORITIES, Certificates, Publisher, TrustedPublishing
from cibw.model.manifest import Finding, Severity, stops
from cibw.model.plan import Step
from cibw.model.release import Distribution, DistributionKind, PackageIndex
from cibw.model.templates import WINDOWS_VENV, Placeholder, Shell
from cibw.planning.actions import Conventions
from cibw.planning.verification import Installation, Verification, identifier_of, verification
from cibw.release.attestations.verify import fetch_provenance
from cibw.release.responses import Credentials
from cibw.release.verify import (
    AttestedFiles,
    ExpectedRelease,
    ProjectPage,
    check_attestations,
    compare,
    parse_release,
    publisher_of,
    require_verified,
    withdrawn,
)
from cibw.reporting.reporters import redact
from cibw.reporting.terminal import count
from cibw.reporting.uploads import VerifyConsole, verification_to_json

# The command line of `cibw verify`.

DEFAULT_TIMEOUT = 900.0
_EPILOG = """\
exit codes:
  0 the index serves exactly these files, and they work; 23 verification failed, all problems are listed.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyArguments(IndexArguments):
    """The arguments of `cibw verify`."""

    paths: tuple[str, ...] = ()
    release: str = ""
    timeout: float = DEFAULT_TIMEOUT
    dependencies_from: str = ""


def _add_arguments(parser: Parser) -> None:
    add_debug_traceback(parser)
    add_paths(parser)
    parser.add_argument(
        "--release",
        metavar="NAME==VERSION",
        help="verify the files that the index has of a release, if they are not available locally",
    )
    add_package(parser)
    index = parser.add_argument_group("index")
    add_index(index)
    add_verification(index)
    parser.add_argument(
        "--json", dest="as_json", action="store_true", help="print the result as JSON; other output goes to stderr"
    )


def add_verification(group: argparse._ActionsContainer) -> None:
    """Add the arguments for the timeout and the index of dependencies."""
    group.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        help="how long to wait until the index lists the files; default: 900",
    )
    group.add_argument(
        "--dependencies-from",
        metavar="ADDRESS",
        type=address,
        help="root of the simple API for dependencies, never for the project itself; default: UV_DEFAULT_INDEX or "
        "PIP_INDEX_URL, else the main index",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid number of seconds")
    return seconds


# The environment variables for installing and testing a release.

INDEX = "UV_DEFAULT_INDEX"
_SAY_MAIN_INDEX = (INDEX, "UV_INDEX_URL", "PIP_INDEX_URL")
_DECIDE_WHAT_IS_INSTALLED = (
    *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX"),
    *("UV_INDEX_STRATEGY", "UV_CONFIG_FILE", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE", "UV_EXCLUDE_NEWER"),
    *("UV_NO_BINARY", "UV_NO_BINARY_PACKAGE", "UV_NO_VERIFY_HASHES", "UV_REQUIRE_HASHES", "UV_TORCH_BACKEND"),
)
"""Variables that would change where packages come from or which are installed."""


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The user's variables without credentials, and without those that change what uv installs."""
    dropped = {*FOREIGN_VARIABLES, *_DECIDE_WHAT_IS_INSTALLED}
    return {name: value for name, value in without_credentials(environment).items() if name.upper() not in dropped}


def own_index(simple: str, credentials: Credentials | None) -> dict[str, str]:
    """The variable with the index of the release and its credentials, which must not be on a command line."""
    if credentials is None:
        return {INDEX: simple}
    parts = urlsplit(simple)
    login = f"{quote(credentials.username, safe='')}:{quote(credentials.password, safe='')}"
    return {INDEX: urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))}


def own_certificates(chosen: Certificates, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that make uv use the same certificates for an index as cibw."""
    authorities = chosen.authorities or next((environment[name] for name in AUTHORITIES if environment.get(name)), "")
    name = "SSL_CERT_DIR" if authorities and Path(authorities).expanduser().is_dir() else "SSL_CERT_FILE"
    places = {name: authorities, "SSL_CLIENT_CERT": chosen.client}
    return {name: str(Path(place).expanduser().absolute()) for name, place in places.items() if place}


def spellings(password: str) -> tuple[str, ...]:
    """The forms of a password in program output: plain, and percent-encoded as in a URL."""
    return (password, quote(password, safe=""))


def main_index(chosen: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variable with the index of the dependencies; without one, uv uses the main index."""
    address = chosen or next((environment[name] for name in _SAY_MAIN_INDEX if environment.get(name)), "")
    return {INDEX: address} if address else {}


# Install a release from an index into a clean environment, and test it.

_LAST_LINES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialInstallation:
    """The index, tests and event sink of a trial installation.

    `credentials` are those for reading the index; None for anonymous access.
    """

    session: Session
    dependencies_from: str
    found: ReleaseProject
    simple: str
    credentials: Credentials | None
    certificates: Certificates
    hear: Callable[[Event], None]
    good: Callable[[str], None]

    def run(self, expected: ExpectedRelease) -> tuple[Finding, ...]:
        """Install a release from its index, and test or import it; failures are returned as findings."""
        wheels = expected.having(DistributionKind.WHEEL)
        ours = frozenset(sys_tags())
        if not any(file.wheel is not None and not ours.isdisjoint(file.wheel.tags) for file in wheels):
            return (_nothing_fits(expected),)
        steps = verification(
            Installation(
                project=expected.project,
                version=str(expected.version),
                hashes=tuple(file.sha256 for file in wheels),
                conventions=_conventions(),
                tests=self._tests(),
            )
        )
        with self._runner() as runner:
            return tuple(self._try(expected, steps, runner))

    def _tests(self) -> BuildOptions | None:
        """The options of the tests, if the project is available and the tests apply to this Python."""
        options, project = self.found.options, self.found.project
        identifier = identifier_of(sys_tags())
        if identifier is None or not is_project(project.root / project.package_dir):
            return None
        resolved = options.for_identifier(identifier)
        is_skipped = options.platform is not read_platform() or options.test_skip.matches(str(identifier))
        return resolved if resolved.test_command and not is_skipped else None

    @contextmanager
    def _runner(self) -> Iterator[StepRunner]:
        if self.credentials:
            self.session.mask.learn(spellings(self.credentials.password))
        # Tests of a release must not write to files that uv shares with other environments.
        environment = {**ISOLATING_VARIABLES, **clean_environment(self.session.environment)}
        with scratch_directory("verify") as place, GUARD.watching(place):
            base = place.resolve()
            tools = base / "tools"
            tools.mkdir()
            lay_program(Path(find_uv(environment.get("PATH", ""))), tools)
            environment["PATH"] = os.pathsep.join([str(tools), environment.get("PATH", "")])
            with closing(HostMachine(environment)) as machine:
                project, work = str(base / "project"), str(base / "work")
                machine.make_dir(f"{work}/test")
                machine.make_dir(project)
                bindings = {
                    Placeholder.PROJECT: project,
                    Placeholder.WORK: work,
                    Placeholder.RESOURCES: str(RESOURCES_DIR),
                }
                bindings[Placeholder.CIBW_PYTHON] = sys.executable
                runner = StepRunner(machine, "verify", bindings, redact(self.hear, self.session.mask))
                runner.project = None if self.found.project.is_sdist else self.found.project.root
                yield runner

    def _try(self, expected: ExpectedRelease, steps: Verification, runner: StepRunner) -> Iterator[Finding]:
        base = dict(runner.machine.environment())
        runner.perform(steps.prepare, base)
        safe = own_certificates(self.certificates, self.session.environment)
        own = {**base, **safe, **own_index(self.simple, self.credentials)}
        if finding := self._fault(runner, steps.own, own, "install"):
            yield finding
            return
        before = self._printed(runner, steps.look, base)
        self.good(f"installed by its hash from {self.simple} into a clean environment of Python {_python()}")
        others = {**base, **main_index(self.dependencies_from, self.session.environment)}
        if finding := self._fault(runner, steps.others, others, "dependencies"):
            yield finding
            return
        if self._printed(runner, steps.look, base) != before:
            message = f"Installing the dependencies replaced {expected} with another file."
            yield Finding(rule="replaced", message=message, fix="Check the requirements of its dependencies.")
            return
        yield from self._test(steps, runner, base)

    def _test(self, steps: Verification, runner: StepRunner, base: Mapping[str, str]) -> Iterator[Finding]:
        project = self.found.project
        if is_project(project.root / project.package_dir):
            files = every_file(project.root) if project.is_sdist else project_files(runner.machine, project.root)
            runner.machine.put(files, runner.bindings[Placeholder.PROJECT])
        environment = runner.environment(steps.environment, base)
        for step in steps.test:
            if finding := self._fault(runner, step, environment, step.name.value):
                yield finding
                return
        self.good("test-command passed" if self._tests() else "its modules can be imported")

    def _fault(self, runner: StepRunner, step: Step, environment: Mapping[str, str], rule: str) -> Finding | None:
        try:
            runner.perform(step, environment)
        except CommandFailedError as error:
            lines = error.context.last_lines[-_LAST_LINES:]
            message = "\n".join((f"`{error.context.command}` failed:", *(f"    {line}" for line in lines)))
            return Finding(rule=rule, message=message, fix=_FIXES.get(rule, "Try the command in a clean environment."))
        return None

    def _printed(self, runner: StepRunner, step: Step, environment: Mapping[str, str]) -> tuple[str, ...]:
        lines: list[str] = []

        def listen(event: Event) -> None:
            if isinstance(event, OutputLine):
                lines.append(event.text)

        StepRunner(runner.machine, "verify", runner.bindings, listen).perform(step, environment)
        return tuple(lines)


_FIXES = {
    "install": "Check the files of the release: the index may serve different bytes than it lists.",
    "dependencies": "Publish its dependencies, or pass their index with --dependencies-from.",
}


def _nothing_fits(expected: ExpectedRelease) -> Finding:
    return Finding(
        rule="install",
        message=f"{expected} was not installed: it has no wheel for this Python {_python()} on this computer.",
        fix="Run `cibw verify` with a Python that the release has a wheel for.",
        severity=Severity.SKIPPED,
    )


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _conventions() -> Conventions:
    return Conventions(shell=Shell.CMD, venv=WINDOWS_VENV) if sys.platform == "win32" else Conventions()


# Fetch and verify the attestations on an index.


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexProvenances:
    """The provenances of an index, verified with the keys set in the environment, else those of the public instance."""

    session: Session
    asked: SelectedIndex

    def fetch(self, distribution: Distribution, /) -> bytes | None:
        """The provenance of a file on the index."""
        return fetch_provenance(self.asked.lookup, self.asked.index, distribution)

    def verify(self, text: bytes, distribution: Distribution, publisher: Publisher, /) -> None:
        """AttestationError if it is not valid for the publisher."""
        from cibw.release.attestations.verify import verify_provenance

        verify_provenance(text, distribution, publisher, trust_of(self.session))


# The `verify` command.


def run(session: Session, arguments: VerifyArguments) -> int:
    """Verify a release on its index; VerificationError lists all problems."""
    if arguments.release and arguments.paths:
        raise ConfigurationError(
            "--release cannot be combined with files.", hint="Pass the files, or a release whose files are not here."
        )
    with release_project(session) as found:
        return _verify_release(session, arguments, found)


def _verify_release(session: Session, arguments: VerifyArguments, found: ReleaseProject) -> int:
    index = named_index(arguments, arguments.to or found.options.publish.to)
    source = _source(session, index)
    asked = find_index(session, index, source)
    login = _NotedLogin(inner=asked.lookup.login)
    asked = replace(asked, lookup=replace(asked.lookup, login=login))
    work = _Verification(session=session, arguments=arguments, found=found, asked=asked, login=login, source=source)
    return work.run(_wanted(session, arguments))


def _source(session: Session, index: PackageIndex) -> LazySource:
    # Trusted publishing only provides tokens for uploads, so it is not used.
    facts, policy = ci_facts(session.environment), TrustedPublishing.NEVER
    return source_for(session, index, facts, lambda _warning: None, policy=policy)


def _wanted(session: Session, arguments: VerifyArguments) -> ExpectedRelease:
    if arguments.release:
        return parse_release(arguments.release)
    release = choose_files(session.working_dir, arguments.paths).release
    files = tuple(file.distribution for file in release.files)
    return ExpectedRelease(project=release.project, version=files[0].version, files=files)


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
    arguments: VerifyArguments
    found: ReleaseProject
    asked: SelectedIndex
    login: _NotedLogin
    source: LazySource

    def run(self, expected: ExpectedRelease) -> int:
        console, page = self._console(), self._page(expected)
        console.begin(str(expected), page.simple)
        findings = tuple(self._findings(page.release(expected) if self.arguments.release else expected, page))
        if self.arguments.as_json:
            print(verification_to_json(str(expected), page.simple, findings), end="", flush=True)
        require_verified(expected, page.simple, findings)
        return 0

    def _findings(self, expected: ExpectedRelease, page: ProjectPage) -> Iterator[Finding]:
        console = self._console()
        for findings in self._looks(expected, page):
            console.skipped(findings)
            yield from findings
            if stops(findings):
                return

    def _looks(self, expected: ExpectedRelease, page: ProjectPage) -> Iterator[tuple[Finding, ...]]:
        console = self._console()
        listing = page.listing(expected)
        compared = compare(expected, listing, page.address)
        if not compared:
            console.good(f"{page.address} lists {count(len(expected.files), 'file')} with the right SHA-256")
        yield compared
        yield withdrawn(expected, listing)
        for sdist in expected.having(DistributionKind.SDIST):
            fetched = page.check_bytes(sdist, listing)
            if not fetched:
                console.good(f"{sdist.filename} was downloaded and has the right SHA-256")
            yield fetched
        attested = self._attested(expected)
        if attested.files:
            console.good(f"{count(attested.files, 'file')} attested by {attested.publisher}")
        yield attested.findings
        yield self._trial().run(expected)

    def _attested(self, expected: ExpectedRelease) -> AttestedFiles:
        provenances = IndexProvenances(session=self.session, asked=self.asked)
        policy = self.found.options.publish.attestations
        return check_attestations(expected, policy, publisher_of(ci_facts(self.session.environment)), provenances)

    def _trial(self) -> TrialInstallation:
        console = self._console()
        return TrialInstallation(
            session=self.session,
            dependencies_from=self.arguments.dependencies_from,
            found=self.found,
            simple=self.asked.index.simple,
            credentials=self.source.credentials() if self.login.is_used else None,
            certificates=chosen_certificates(self.session, self.asked.index),
            hear=console.event,
            good=console.good,
        )

    def _page(self, expected: ExpectedRelease) -> ProjectPage:
        return ProjectPage(
            lookup=self.asked.lookup,
            simple=self.asked.index.simple,
            project=expected.project,
            timeout=self.arguments.timeout,
            waiting=self._console().waiting,
        )

    def _console(self) -> VerifyConsole:
        return VerifyConsole(stream=self.session.stream_for_people, style=self.session.style)


COMMAND = Subcommand(
    name="verify",
    usage="[options] [DIR | FILE... | --release NAME==VERSION]",
    description=(
        "Verify that an index serves the uploaded files: wait until it lists all files, compare their hashes, install\n"
        "the release from there into a clean environment, and run test-command or import it."
    ),
    epilog=_EPILOG,
    arguments=VerifyArguments,
    add_arguments=_add_arguments,
    run=run,
)
