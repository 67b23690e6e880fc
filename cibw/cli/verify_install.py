"""Install a release from an index into a clean environment, and test it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from packaging.tags import sys_tags

from cibw.cli.project import is_project
from cibw.cli.release_options import ReleaseProject
from cibw.cli.sessions import Session
from cibw.cli.verify_environment import clean_environment, main_index, own_certificates, own_index, spellings
from cibw.config.options import BuildOptions
from cibw.errors import CommandFailedError
from cibw.model.credentials import Certificates
from cibw.model.distribution import DistributionKind
from cibw.model.events import Event, OutputLine
from cibw.model.findings import Finding, Severity
from cibw.model.layout import WINDOWS_VENV
from cibw.model.plan import Step
from cibw.model.shell import Shell
from cibw.model.template import Late
from cibw.planning.ground import Conventions
from cibw.planning.verification import Installation, Verification, identifier_of, verification
from cibw.publishing.upload_api import Credentials
from cibw.publishing.verify_rules import Wanted
from cibw.reporting.redact import redact
from cibw.running.host import HostMachine
from cibw.running.host_guard import GUARD
from cibw.running.host_session import ISOLATING_VARIABLES, RESOURCES_DIR, find_uv, lay_program
from cibw.running.probe import read_platform
from cibw.running.scratch import scratch_directory
from cibw.running.source import every_file, project_files
from cibw.running.workbench import Workbench

_LAST_LINES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The index, tests and event sink of a trial installation.

    `credentials` are those for reading the index; None for anonymous access.
    """

    session: Session
    found: ReleaseProject
    simple: str
    credentials: Credentials | None
    certificates: Certificates
    hear: Callable[[Event], None]
    good: Callable[[str], None]

    def run(self, wanted: Wanted) -> tuple[Finding, ...]:
        """Install a release from its index, and test or import it; failures are returned as findings."""
        wheels = wanted.having(DistributionKind.WHEEL)
        ours = frozenset(sys_tags())
        if not any(file.wheel is not None and not ours.isdisjoint(file.wheel.tags) for file in wheels):
            return (_nothing_fits(wanted),)
        steps = verification(
            Installation(
                project=wanted.project,
                version=str(wanted.version),
                hashes=tuple(file.sha256 for file in wheels),
                conventions=_conventions(),
                tests=self._tests(),
            )
        )
        with self._bench() as bench:
            return tuple(self._try(wanted, steps, bench))

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
    def _bench(self) -> Iterator[Workbench]:
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
                bindings = {Late.PROJECT: project, Late.WORK: work, Late.RESOURCES: str(RESOURCES_DIR)}
                bindings[Late.CIBW_PYTHON] = sys.executable
                bench = Workbench(machine, "verify", bindings, redact(self.hear, self.session.mask))
                bench.project = None if self.found.project.is_sdist else self.found.project.root
                yield bench

    def _try(self, wanted: Wanted, steps: Verification, bench: Workbench) -> Iterator[Finding]:
        base = dict(bench.machine.environment())
        bench.perform(steps.prepare, base)
        safe = own_certificates(self.certificates, self.session.environment)
        own = {**base, **safe, **own_index(self.simple, self.credentials)}
        if finding := self._fault(bench, steps.own, own, "install"):
            yield finding
            return
        before = self._printed(bench, steps.look, base)
        self.good(f"installed by its hash from {self.simple} into a clean environment of Python {_python()}")
        others = {**base, **main_index(self.session.line.dependencies_from, self.session.environment)}
        if finding := self._fault(bench, steps.others, others, "dependencies"):
            yield finding
            return
        if self._printed(bench, steps.look, base) != before:
            message = f"Installing the dependencies replaced {wanted} with another file."
            yield Finding(rule="replaced", message=message, fix="Check the requirements of its dependencies.")
            return
        yield from self._test(steps, bench, base)

    def _test(self, steps: Verification, bench: Workbench, base: Mapping[str, str]) -> Iterator[Finding]:
        project = self.found.project
        if is_project(project.root / project.package_dir):
            files = every_file(project.root) if project.is_sdist else project_files(bench.machine, project.root)
            bench.machine.put(files, bench.bindings[Late.PROJECT])
        environment = bench.environment(steps.environment, base)
        for step in steps.test:
            if finding := self._fault(bench, step, environment, step.name.value):
                yield finding
                return
        self.good("test-command passed" if self._tests() else "its modules can be imported")

    def _fault(self, bench: Workbench, step: Step, environment: Mapping[str, str], rule: str) -> Finding | None:
        try:
            bench.perform(step, environment)
        except CommandFailedError as error:
            lines = error.context.last_lines[-_LAST_LINES:]
            message = "\n".join((f"`{error.context.command}` failed:", *(f"    {line}" for line in lines)))
            return Finding(rule=rule, message=message, fix=_FIXES.get(rule, "Try the command in a clean environment."))
        return None

    def _printed(self, bench: Workbench, step: Step, environment: Mapping[str, str]) -> tuple[str, ...]:
        lines: list[str] = []

        def listen(event: Event) -> None:
            if isinstance(event, OutputLine):
                lines.append(event.text)

        Workbench(bench.machine, "verify", bench.bindings, listen).perform(step, environment)
        return tuple(lines)


_FIXES = {
    "install": "Check the files of the release: the index may serve different bytes than it lists.",
    "dependencies": "Publish its dependencies, or pass their index with --dependencies-from.",
}


def _nothing_fits(wanted: Wanted) -> Finding:
    return Finding(
        rule="install",
        message=f"{wanted} was not installed: it has no wheel for this Python {_python()} on this computer.",
        fix="Run `cibw verify` with a Python that the release has a wheel for.",
        severity=Severity.SKIPPED,
    )


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _conventions() -> Conventions:
    return Conventions(shell=Shell.CMD, venv=WINDOWS_VENV) if sys.platform == "win32" else Conventions()
