"""The `publish` command: uploads a release to a package index."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from packaging.version import Version

from cibw.ci import CiFacts, ci_facts, with_git
from cibw.cli.arguments import Parser, Subcommand, add_debug_traceback, add_package
from cibw.cli.commands.check import CheckArguments, add_summary, check_release, chosen_paths, tell_ci, tell_page
from cibw.cli.files import ChosenRelease, check_unchanged, choose_files, release_project
from cibw.cli.index import (
    Attestations,
    LazySource,
    SelectedIndex,
    UploadArguments,
    add_gates,
    add_paths,
    add_upload,
    certificates,
    find_index,
    named_index,
    source_for,
)
from cibw.cli.project import Project, writing_to
from cibw.cli.session import Session, without_credentials
from cibw.config.options import PublishOptions
from cibw.errors import CibwError, CommandFailedError, ErrorContext, GateError, NothingToPublishError, ReleaseFaultError
from cibw.execution.host.machine import HostMachine
from cibw.execution.machine import OutputSink
from cibw.execution.source.git import git_lines, owner_refusal
from cibw.model.events import PublishReport
from cibw.model.http import TrustedPublishing
from cibw.model.manifest import Severity, stops
from cibw.model.release import BytesSent, Decision, Gates, UploadEvent, UploadPlan
from cibw.model.templates import CommandRequest, Placeholder, Shell, Template
from cibw.release.gates import Refusal, gate_error, refusals
from cibw.release.upload import UploadContext, UploadResults, send_release
from cibw.release.upload_plan import IndexState, check_conflicts, memory_of, plan_upload, skipped_text
from cibw.reporting.checks import finding_lines
from cibw.reporting.files import keep_publish, read_publish
from cibw.reporting.markdown import publish_markdown
from cibw.reporting.terminal import count
from cibw.reporting.uploads import UploadConsole, publish_report_to_json, upload_plan_text, upload_plan_to_json

# The command line of `cibw publish`.

_EPILOG = """\
environment variables:
  CIBW_PUBLISH_TOKEN               an API token of the index
  TWINE_USERNAME, TWINE_PASSWORD   a login, for indexes without tokens; UV_PUBLISH_TOKEN and similar names work, too
  Without them, .pypirc and the keyring are used. With trusted publishing in a CI, none of them is needed.

exit codes:
  0 all files are on the index; 18 the index has different files with the same names, nothing was uploaded;
  19 no file was accepted; 20 some files were accepted: the same command uploads the rest; 21 missing or invalid
  credentials; 24 publishing is not allowed here; 25 the index already has all files of a tagged release.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishArguments(UploadArguments):
    """The arguments of `cibw publish`."""

    paths: tuple[str, ...] = ()
    skip_released: bool = False
    no_check: bool = False
    is_checked: bool = False


def _add_arguments(parser: Parser) -> None:
    add_debug_traceback(parser)
    add_paths(parser)
    add_package(parser)
    index = parser.add_argument_group("index")
    add_upload(index)
    index.add_argument(
        "--skip-released",
        action="store_true",
        help="upload nothing, and succeed, if the index has other files of this version; for pushes to a test index",
    )
    add_gates(parser.add_argument_group("gates"))
    parser.add_argument("--no-check", action="store_true", help="upload without running the checks of `cibw check`")
    _add_output(parser.add_argument_group("output"))


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--dry-run", action="store_true", help="print what would be uploaded, and what would stop it; upload nothing"
    )
    group.add_argument(
        "--json",
        dest="as_json",
        action="store_true",
        help="print the plan or the result as JSON; other output goes to stderr",
    )


# The hooks of a release: project commands before the first and after the last upload.

_LAST_LINES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Runs hooks in a directory, in an environment without credentials; `say` gets their output line by line."""

    directory: Path
    environment: Mapping[str, str]
    say: Callable[[str], None]

    def run(self, name: str, commands: tuple[Template, ...]) -> None:
        """Run the commands of a hook one after another; CommandFailedError at the first that fails."""
        shell = Shell.CMD if sys.platform == "win32" else Shell.SH
        machine = HostMachine(self.environment)
        bindings = {Placeholder.PROJECT: str(self.directory), Placeholder.CIBW_PYTHON: sys.executable}
        for command in commands:
            text = command.render(bindings)
            self.say(f"{name}: {text}")
            lines: list[str] = []
            request = CommandRequest(
                argv=shell.argv(text), cwd=str(self.directory), environment=without_credentials(self.environment)
            )
            outcome = machine.run(request, self._sink(lines))
            if outcome.exit_code:
                raise CommandFailedError(
                    f"The hook {name} failed.",
                    hint=f"Run `{text}` by hand to see the error, or change {name}.",
                    context=ErrorContext(
                        command=text, exit_code=outcome.exit_code, last_lines=tuple(lines[-_LAST_LINES:])
                    ),
                )

    def _sink(self, lines: list[str]) -> OutputSink:
        def hear(line: str, _is_error: bool) -> None:
            lines.append(line)
            self.say(f"  {line}")

        return hear


# Check a release before the upload.


def unfit(session: Session, arguments: PublishArguments, options: PublishOptions) -> ReleaseFaultError | None:
    """Print the findings about the release, and return the error that stops it, if any.

    Do nothing if an earlier step of the same run has checked the release.
    """
    style = session.style
    if arguments.is_checked:
        return None
    if arguments.no_check:
        mark = style.warning(style.symbol("⚠", "!"))
        session.stream_for_people.write(f"  {mark} The release was not checked (--no-check).\n")
        return None
    checked = check_release(
        session,
        options,
        chosen_paths(session, arguments.paths),
        CheckArguments(to=arguments.to),
        is_publishing=True,
    )
    told = tuple(one for one in checked.findings if one.severity is not Severity.SKIPPED)
    for text in finding_lines(told, len(checked.files), style):
        session.stream_for_people.write(f"{text}\n")
    tell_ci(session, replace(checked, findings=told))
    if not stops(told):
        return None
    errors = sum(one.severity is Severity.ERROR for one in told)
    return ReleaseFaultError(
        f"The release has {count(errors, 'error')}. Nothing was uploaded.",
        hint="`cibw check` runs the same checks without an index. If a rule is wrong for this project, add it to "
        "check-ignore in [tool.cibw]. --no-check uploads without checks.",
    )


# Check whether a release is allowed, with facts from the CI and git.


def release_facts(session: Session, project: Project, options: PublishOptions) -> CiFacts:
    """The facts of this run from the CI, else from git if a gate needs them.

    GateError if a gate needs git, and git refuses to read the repository.
    """
    facts = ci_facts(session.environment)
    is_asked = (options.require_tag or options.branches) and not project.is_sdist
    return with_git(facts, _git(session, project)) if is_asked else facts


def gate_refusals(options: PublishOptions, facts: CiFacts, project: str, version: str) -> tuple[Refusal, ...]:
    """All reasons by which the options refuse a release in this run."""
    gates = Gates(
        require_tag=options.require_tag,
        tag_format=options.tag_format,
        branches=options.branches,
        never_from_pull_request=options.never_from_pull_request,
    )
    return tuple(refusals(gates, facts, project, Version(version)))


def _git(session: Session, project: Project) -> Callable[[tuple[str, ...]], str]:
    host = HostMachine(session.environment)

    def ask(arguments: tuple[str, ...]) -> str:
        lines = git_lines(host, project.root, *arguments)
        refusal = owner_refusal(host, project.root) if lines is None else ""
        if refusal:
            raise GateError(
                f"git refuses to read the repository at {project.root}, because it belongs to another user. "
                "The tag and the branch of this release are unknown.",
                hint=f"If you trust the repository, run `{refusal}`.",
            )
        return "".join(f"{line}\n" for line in lines or ())

    return ask


# Run an upload with its hooks, progress display and report.

_TRIES_UNDER_WAY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishWork:
    """The dependencies of an upload; `kept` has its reports, the newest last."""

    session: Session
    root: Path
    options: PublishOptions
    chosen: ChosenRelease
    asked: SelectedIndex
    source: LazySource
    attestations: Attestations
    kept: list[PublishReport] = field(default_factory=list)

    def send(self, plan: UploadPlan) -> int:
        """Upload the files of the plan, between the hooks; return the exit code of a successful release."""
        self.source.open()
        hooks = Hooks(directory=self.root, environment=self.session.environment, say=self._say)
        hooks.run("before-publish", self.options.before_publish)
        # Do not lock during the hooks, which may run cibw for the same directory.
        with writing_to(self.session, self.chosen.directory):
            check_unchanged(plan)
            try:
                send_release(self.attestations.made(plan, self.source), self._sending())
            finally:
                self._tell_ending()
        try:
            hooks.run("after-publish", self.options.after_publish)
        except CommandFailedError as error:
            mark = self.session.style.warning(self.session.style.symbol("⚠", "!"))
            self._say(f"  {mark} {error.message} The release is on {plan.index.name}. {error.hint}")
        return 0

    def rehearse(self, plan: UploadPlan, tag: str) -> int:
        """End like the real run before the first upload: CredentialsError if no credentials are found."""
        if plan.having(Decision.SEND):
            self.source.open()
        elif tag and not self.options.skip_existing:
            raise _nothing_to_publish(plan, self.chosen, tag)
        return 0

    def skip_all(self, plan: UploadPlan, tag: str) -> int:
        """Report that there is nothing to do; NothingToPublishError in a run for a tag."""
        error = None if not tag or self.options.skip_existing else _nothing_to_publish(plan, self.chosen, tag)
        with writing_to(self.session, self.chosen.directory):
            self._keep(UploadResults.of(plan, time.time()).report(error.exit_code if error else 0))
        self._tell_ending()
        if error is not None:
            raise error
        self._say(f"Nothing to do: {plan.index.name} already has all of these files.")
        return 0

    def _sending(self) -> UploadContext:
        from cibw.release.twine import TwineUploader

        emit = UploadConsole(self.session.stream_for_people, self.session.style)
        uploader = TwineUploader(
            index=self.asked.index,
            context=certificates(self.session, self.asked.index),
            sent=partial(_tell_bytes, emit),
        )
        return UploadContext(
            uploader=uploader,
            source=self.source,
            list_files=lambda: self.asked.listing(self.chosen.release, attempts=_TRIES_UNDER_WAY),
            record=self._keep,
            emit=emit,
            skip_existing=self.options.skip_existing,
        )

    def _keep(self, report: PublishReport) -> None:
        self.kept.append(report)
        keep_publish(report, self.chosen.directory)

    def _tell_ending(self) -> None:
        if not self.kept:
            return
        add_summary(self.session, publish_markdown(self.kept[-1]))
        if self.session.line.as_json:
            print(publish_report_to_json(self.kept[-1]), end="", flush=True)

    def _say(self, text: str) -> None:
        stream = self.session.stream_for_people
        stream.write(f"{text}\n")
        stream.flush()


def _nothing_to_publish(plan: UploadPlan, chosen: ChosenRelease, tag: str) -> CibwError:
    release = chosen.release
    return NothingToPublishError(
        f"{plan.index.name} already has all files of {release.project} {release.version}, but this run is for the "
        f"tag {tag}.",
        hint="If the version was not raised, raise it and tag again. If the release is already published, use "
        "--skip-existing or skip-existing = true.",
    )


def _tell_bytes(emit: UploadConsole, sent: int, total: int) -> None:
    event: UploadEvent = BytesSent(sent=sent, total=total)
    emit(event)


# The `publish` command.


def run(session: Session, arguments: PublishArguments) -> int:
    """Plan an upload, and run it unless --dry-run is given; the exit code comes from the error."""
    with release_project(session) as found:
        options = with_arguments(arguments, found.options.publish)
        chosen = choose_files(session.working_dir, arguments.paths)
        facts = release_facts(session, found.project, options)
        index = named_index(arguments, options.to)
        hindrances = _hindrances(session, arguments, options, chosen, facts)
        warn = partial(_warn, session)
        policy = TrustedPublishing(arguments.trusted_publishing)
        source = source_for(session, index, facts, warn, policy=policy, dry_run=arguments.dry_run)
        attestations = Attestations(
            session=session, trusted_publishing=policy, policy=options.attestations, facts=facts, warn=warn
        )
        try:
            asked = find_index(session, index, source)
            plan = _with_refusals(attestations.planned(_plan(chosen, asked, options)), hindrances.refused)
            _tell(session, arguments, plan)
            if hindrances.fault is not None:
                raise hindrances.fault
            if arguments.skip_released and _is_skipped(session, plan, chosen):
                return 0
            check_conflicts(plan)
            work = PublishWork(
                session=session,
                root=found.project.root,
                options=options,
                chosen=chosen,
                asked=asked,
                source=source,
                attestations=attestations,
            )
            if arguments.dry_run:
                # If publishing is refused, as in a pull request, credentials are not needed.
                return 0 if hindrances.refused else work.rehearse(plan, facts.tag)
            exit_code = work.send(plan) if plan.having(Decision.SEND) else work.skip_all(plan, facts.tag)
            tell_page(session, asked.index, chosen.release)
            return exit_code
        finally:
            source.close()


def _is_skipped(session: Session, plan: UploadPlan, chosen: ChosenRelease) -> bool:
    if not plan.having(Decision.CONFLICT):
        return False
    session.stream_for_people.write(f"{skipped_text(plan, chosen.release)}\n")
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _PublishProblems:
    """Problems that a dry run reports and other runs fail with: refusals of the gates, and faults of the release."""

    refused: tuple[Refusal, ...]
    fault: ReleaseFaultError | None


def _hindrances(
    session: Session, arguments: PublishArguments, options: PublishOptions, chosen: ChosenRelease, facts: CiFacts
) -> _PublishProblems:
    refused = gate_refusals(options, facts, chosen.release.project, chosen.release.version)
    if refused and not arguments.dry_run:
        raise gate_error(refused)
    fault = unfit(session, arguments, options)
    if fault is not None and not arguments.dry_run:
        raise fault
    return _PublishProblems(refused=refused, fault=fault)


def with_arguments(line: UploadArguments, options: PublishOptions) -> PublishOptions:
    """The options, overridden by the command line."""
    never = line.never_from_pull_request
    return replace(
        options,
        to=line.to or options.to,
        skip_existing=options.skip_existing if line.skip_existing is None else line.skip_existing,
        require_tag=options.require_tag if line.require_tag is None else line.require_tag,
        branches=line.branches or options.branches,
        never_from_pull_request=options.never_from_pull_request if never is None else never,
    )


def _plan(chosen: ChosenRelease, asked: SelectedIndex, options: PublishOptions) -> UploadPlan:
    known = IndexState(
        listing=asked.listing(chosen.release),
        memory=memory_of(read_publish(chosen.directory), asked.index, time.time()),
        skip_existing=options.skip_existing,
    )
    plan = plan_upload(chosen.release, asked.index, known)
    return replace(plan, notes=(*filter(None, [chosen.note]), *plan.notes))


def _with_refusals(plan: UploadPlan, refused: tuple[Refusal, ...]) -> UploadPlan:
    return replace(plan, notes=(*plan.notes, *(f"Publishing would be refused. {one.message}" for one in refused)))


def _warn(session: Session, text: str) -> None:
    mark = session.style.warning(session.style.symbol("⚠", "!"))
    session.stream_for_people.write(f"  {mark} {session.style.clean(text)}\n")


def _tell(session: Session, arguments: PublishArguments, plan: UploadPlan) -> None:
    if arguments.as_json and arguments.dry_run:
        print(upload_plan_to_json(plan), end="")
    else:
        session.stream_for_people.write(upload_plan_text(plan, session.style))


COMMAND = Subcommand(
    name="publish",
    usage="[options] [DIR | FILE...]",
    description=(
        "Upload the wheels, then the sdist, to a package index. Files that the index already has are skipped. If the\n"
        "index has a different file with the same name, nothing is uploaded."
    ),
    epilog=_EPILOG,
    arguments=PublishArguments,
    add_arguments=_add_arguments,
    run=run,
)
