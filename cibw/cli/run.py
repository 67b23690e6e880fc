"""Runs a build: its downloads, reporters, machines and store."""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import IO

from cibw.catalog import Catalog, load_catalog
from cibw.cli.commands.build import BuildArguments
from cibw.cli.commands.cache import mark_cache
from cibw.cli.facts import gather, known_facts
from cibw.cli.files import LOGS, made_by_cibw
from cibw.cli.project import Project, open_project, refuse_elsewhere, sources_of, writing_to
from cibw.cli.session import Session, learn_from, without_logins
from cibw.cli.store import ProjectFiles, StoreSources, open_memory, preparation, state_teller, wheel_cache_of
from cibw.config.load import load_options
from cibw.config.options import Options
from cibw.errors import ConfigurationError
from cibw.execution.container.emulation import Processor
from cibw.execution.fetch.download import (
    OFFLINE_VARIABLES,
    DownloadSettings,
    NoTransport,
    Transport,
    demand_here,
    downloads_of,
    fetcher_of,
    images_of,
)
from cibw.execution.host.machine import HostMachine
from cibw.execution.host.probe import default_jobs, read_processors
from cibw.execution.host.session import HostSettings
from cibw.execution.machine import Fetcher, Tree
from cibw.execution.openers import Machines, MachineSettings
from cibw.execution.pool import PoolSettings, Rank, slowest_first
from cibw.execution.scheduler import RunSettings, run_plan
from cibw.execution.source.project import every_file, project_files
from cibw.model.events import Event, Progress, WarningRaised
from cibw.model.machines import ContainerSpec, HostFacts, Mirrors
from cibw.model.plan import Plan, WheelBuild
from cibw.model.templates import Placeholder
from cibw.planning.plan import make_plan, require_host
from cibw.reporting.console import Console
from cibw.reporting.files import LogFiles, log_path, manifest_writer, read_report, report_writer
from cibw.reporting.markdown import summary_writer
from cibw.reporting.reporters import BuildBuffer, Reporter, combine, redact

# Download the files of a plan.


def plan_fetcher(session: Session, options: Options, catalog: Catalog) -> Fetcher:
    """A fetcher that downloads into the cache, using configured mirrors; offline, it only uses the cache."""

    @cache
    def fetching() -> DownloadSettings:
        return fetching_of(session, options, catalog)

    return fetcher_of(fetching)


def fetching_of(session: Session, options: Options, catalog: Catalog) -> DownloadSettings:
    """The download settings of a run."""
    return DownloadSettings(
        transport=NoTransport() if options.offline else _network(session),
        cache=session.cache_dir,
        mirrors=Mirrors(chosen=options.mirrors, pseudo=catalog.pseudo_addresses()),
    )


def _network(session: Session) -> Transport:
    from cibw.execution.fetch.http import HttpTransport, trusted

    return HttpTransport(context=trusted(session.environment))


def environment_of(session: Session, options: Options) -> Mapping[str, str]:
    """The environment for programs on this computer; offline, it keeps uv and pip off the network."""
    return {**session.environment, **OFFLINE_VARIABLES} if options.offline else session.environment


def demand_offline(
    plan: Plan, session: Session, fetching: DownloadSettings, has_image: Callable[[ContainerSpec], bool]
) -> None:
    """DownloadError or ImageUnavailableError with all files or images of a plan that are missing locally."""
    bindings = {Placeholder.CACHE: str(session.cache_dir)}
    images = dict.fromkeys(spec.image for spec in images_of(plan) if not has_image(spec))
    demand_here(downloads_of(plan, bindings), fetching, tuple(images))


# The reporters of a run: terminal, log files, report, manifest, CI summary.


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporters:
    """All reporters combined, and the paths of the logs."""

    emit: Reporter
    log_dir: Path

    def log_file(self, scope: str) -> str:
        """The path of the log of a build or a job."""
        return str(log_path(self.log_dir, scope))


def open_reporters(session: Session, plan: Plan, output_dir: Path, *, side_by_side: bool) -> Reporters:
    """Reporters for the session's terminal and CI. Secrets of the environment and the plan are masked.

    CibwError if the output directory has an unreadable manifest.
    """
    log_dir = output_dir / LOGS
    console = Console(sys.stdout, session.style, time.time, errors=sys.stderr)
    reporters: list[Reporter] = [
        BuildBuffer(console, partial(_spool, output_dir)) if side_by_side else console,
        LogFiles(log_dir),
        report_writer(output_dir),
        manifest_writer(output_dir, plan),
    ]
    summary = session.environment.get("GITHUB_STEP_SUMMARY")
    if summary:
        reporters.append(summary_writer(Path(summary)))
    return Reporters(emit=redact(combine(*reporters), session.mask), log_dir=log_dir)


def _spool(directory: Path) -> IO[bytes]:
    return tempfile.TemporaryFile(dir=directory)


# Build the wheels of a project.

_DATE = "SOURCE_DATE_EPOCH"
_END_OF_ZIP_TIMES = 4_354_819_200
"""1 January 2108: zip archives cannot store later timestamps."""


def build(session: Session, arguments: BuildArguments) -> int:
    """Build the wheels of a project and return the exit code of the report."""
    # Build backends and hooks run third-party code.
    session = replace(session, environment=_with_date(without_logins(session.environment)))
    with open_project(session.line, session.working_dir) as project:
        sources = sources_of(session.line, project, session.working_dir, session.environment)
        options = load_options(sources, session.platform())
        mark_cache(session)
        require_host(options.platform, known_facts())
        if arguments.from_sdist is None:
            return _plan_and_run(session, arguments, project, options)
        from cibw.cli.commands.sdist import unpacked_sdist

        with unpacked_sdist(session, arguments.from_sdist, project, sources, environment_of(session, options)) as found:
            options = load_options(found.sources, session.platform())
            return _plan_and_run(session, arguments, found.project, options, *found.notes)


def _with_date(environment: Mapping[str, str]) -> Mapping[str, str]:
    """The environment without an empty SOURCE_DATE_EPOCH; ConfigurationError if it is not valid for a wheel."""
    text = environment.get(_DATE, "0")
    if not text:
        return {name: value for name, value in environment.items() if name != _DATE}
    if not re.fullmatch("[0-9]{1,10}", text) or int(text) >= _END_OF_ZIP_TIMES:
        raise ConfigurationError(
            f"{_DATE} is {text!r}, which is not a valid timestamp for a wheel.",
            hint="Set it to a number of seconds since 1970 that is before the year 2108, or unset it.",
        )
    return environment


def _plan_and_run(session: Session, arguments: BuildArguments, project: Project, options: Options, *notes: str) -> int:
    catalog = load_catalog()
    gathered = gather(session, options, catalog, resolves_engine=True)
    plan = make_plan(options, catalog, gathered.facts, gathered.selection)
    if any(isinstance(job.machine, ContainerSpec) for job in plan.jobs):
        refuse_elsewhere(project, session.working_dir)
    plan = replace(plan, notes=(*plan.notes, *filter(None, [gathered.note]), *notes))
    if project.is_sdist and arguments.from_sdist is None:
        plan = replace(plan, notes=(*plan.notes, *_host_mount_notes(plan)))
    learn_from(session.mask, plan, options, session.environment)
    session.mask.spare([project.root.name])
    planned = _PlannedRun(arguments=arguments, plan=plan, options=options, facts=gathered.facts, catalog=catalog)
    return _run(session, project, planned)


def _host_mount_notes(plan: Plan) -> Iterator[str]:
    """Notes to show before untrusted code of an sdist runs."""
    engines = (job.machine.engine for job in plan.jobs if isinstance(job.machine, ContainerSpec))
    for name in dict.fromkeys(engine.name.value for engine in engines if not engine.disable_host_mount):
        yield (
            "the sdist's code can read and write all files of this computer at /host; if you do not trust it, set "
            f'CIBW_CONTAINER_ENGINE="{name}; disable-host-mount: true"'
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _PlannedRun:
    arguments: BuildArguments
    plan: Plan
    options: Options
    facts: HostFacts
    catalog: Catalog


def _run(session: Session, project: Project, planned: _PlannedRun) -> int:
    with writing_to(session, session.working_dir / planned.options.output_dir) as output_dir:
        return _run_in(session, project, planned, output_dir)


def _run_in(session: Session, project: Project, planned: _PlannedRun, output_dir: Path) -> int:
    arguments = planned.arguments
    jobs = min(planned.options.jobs or default_jobs(), len(planned.plan.identifiers))
    reporters = open_reporters(session, planned.plan, output_dir, side_by_side=jobs > 1)
    files = _files(session, project, planned.options, reporters.emit)
    memory = open_memory(
        session, planned.options, ProjectFiles(project=project, tree=files), reporters.emit, resume=arguments.resume
    )
    machines = MachineSettings(
        host=_host(session, planned, lambda text: reporters.emit(Progress(job="cache", text=text))),
        project=project.root,
        cache_project=session.cache_project,
        emit=reporters.emit,
        keep_containers=session.is_on("CIBW_DEBUG_KEEP_CONTAINER"),
        runs_32bit=planned.facts.runs_32bit,
        offline=planned.options.offline,
        state=state_teller(session, memory, reporters.emit, is_wanted=not arguments.rebuild_before_all),
        prepared=preparation(session, planned.options.cache, planned.catalog),
    )
    with Machines(machines) as opener:
        if planned.options.offline:
            fetching = fetching_of(session, planned.options, planned.catalog)
            demand_offline(planned.plan, session, fetching, opener.has_image)
        pools = PoolSettings(
            open_machine=opener.open,
            emit=reporters.emit,
            source=files,
            host_environment=session.environment,
            processors=read_processors(),
            builds=jobs,
            project=None if project.is_sdist else project.root,
        )
        sources = StoreSources(facts=planned.facts, emit=reporters.emit, image=opener.image_identity)
        settings = RunSettings(
            pools=pools,
            output_dir=output_dir,
            jobs=jobs,
            keep_going=arguments.keep_going,
            rank=_rank(planned, output_dir),
            log_file=reporters.log_file,
            wheel_cache=wheel_cache_of(
                session,
                memory,
                sources,
                takes=arguments.resume is not False and not arguments.rebuild_before_all,
                explains=arguments.explain_cache,
            ),
        )
        return run_plan(planned.plan, settings).exit_code


def _files(session: Session, project: Project, options: Options, emit: Callable[[Event], None]) -> Tree:
    excluded = made_by_cibw(session, session.working_dir / options.output_dir)
    if project.is_sdist:
        return every_file(project.root, excluded)
    host = HostMachine(session.environment)
    tell = lambda note: emit(WarningRaised(scope="", message=note))  # noqa: E731
    return project_files(host, project.root, excluded, ignored=options.copy_ignored, tell=tell)


def _host(session: Session, planned: _PlannedRun, notice: Callable[[str], None]) -> HostSettings:
    prefixes = dict.fromkeys(Path(one.path).resolve().parent.parent for one in planned.facts.interpreters)
    return HostSettings(
        environment=environment_of(session, planned.options),
        cache_dir=session.cache_dir,
        prefixes=tuple(prefixes),
        fetcher=plan_fetcher(session, planned.options, planned.catalog),
        notice=notice,
    )


def _rank(planned: _PlannedRun, output_dir: Path) -> Rank:
    @cache
    def ranks() -> Rank:
        earlier = read_report(output_dir)
        host = Processor(machine=planned.facts.machine, runs_32bit=planned.facts.runs_32bit)
        return slowest_first(planned.plan, earlier.results if earlier else (), host)

    def rank(build: WheelBuild) -> float:
        # A run that finds all its wheels in the store does not need the earlier report.
        return ranks()(build)

    return rank
