"""The store of a run, and the images of earlier runs that a job may start from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from cibw.catalog import Catalog
from cibw.ci import ci_facts
from cibw.cli.project import Project
from cibw.cli.session import Session
from cibw.config.options import Options
from cibw.errors import ConfigurationError
from cibw.execution.container.snapshots import Preparation, PreparedImages
from cibw.execution.container.states import StateSpec
from cibw.execution.host.machine import HostMachine
from cibw.execution.host.session import FOREIGN_VARIABLES
from cibw.execution.machine import Tree
from cibw.execution.source.project import ProjectState, git_index
from cibw.execution.store.input_files import InputFiles
from cibw.execution.store.inputs import (
    InputContext,
    file_identity,
    inputs_in_container,
    inputs_of_before_all,
    inputs_on_host,
    tool_identities,
)
from cibw.execution.store.keys import (
    IMAGE,
    ExternalInputs,
    KeyedHash,
    inputs_among,
    key_of_state,
    variables_that_count,
    without_match,
)
from cibw.execution.store.store import Store
from cibw.execution.store.wheel_cache import NullCache, StoreCache, StoreSettings, WheelCache
from cibw.model.events import Event, Progress, WarningRaised
from cibw.model.identifiers import BuildIdentifier, Platform
from cibw.model.machines import ContainerSpec, HostFacts
from cibw.model.plan import Job, WheelBuild
from cibw.planning.platforms.linux import host_interpreter

# Open the store of a run, and collect the facts that it needs about this computer.

_DEFAULT_LIMIT = 5_000_000_000
_SIZE = re.compile(r"(?P<number>[0-9]{1,18}(\.[0-9]{1,18})?)\s*(?P<unit>[KMGT]?)(?P<binary>i?)B?", re.IGNORECASE)
_UNITS = " KMGT"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSources:
    """The inputs of a run's store: the project's files, the plan's options and facts, and the event sink.

    `image` returns the identity of an image, or an empty string if the image is not available locally.
    """

    facts: HostFacts
    emit: Callable[[Event], None]
    image: Callable[[ContainerSpec], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFiles:
    """A project, and its files that are copied to machines."""

    project: Project
    tree: Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreState:
    """The results of earlier runs: the store, and the data to detect changes of the project."""

    store: Store
    keyed_hash: KeyedHash
    project: str
    source: ProjectState
    files: ProjectFiles
    inputs: InputFiles

    def given(self, variables: Mapping[str, str], environment: Mapping[str, str]) -> InputContext:
        """The context of a build: the variables that it gets, and those that complete names."""
        root = self.files.tree.root
        return InputContext(
            variables=variables,
            environment=environment,
            package=root / self.files.project.package_dir,
            root=root,
            links=self.source.links,
        )


def store_directory(session: Session) -> Path:
    """The directory of the store."""
    return session.cache_dir / "store"


def size_limit(session: Session) -> int:
    """The maximum size of the store in bytes; ConfigurationError if CIBW_CACHE_SIZE is invalid."""
    text = session.environment.get("CIBW_CACHE_SIZE", "").strip()
    if not text:
        return _DEFAULT_LIMIT
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ConfigurationError(
            f"CIBW_CACHE_SIZE is {text!r}, which is not a valid size.", hint="Write it as 500MB or 2GiB."
        )
    base = 1024 if found["binary"] else 1000
    return int(float(found["number"]) * base ** _UNITS.index(found["unit"].upper() or " "))


def open_memory(
    session: Session,
    options: Options,
    files: ProjectFiles,
    emit: Callable[[Event], None],
    *,
    resume: bool | None,
) -> StoreState | None:
    """The memory of a run; None if the cache is disabled, and `resume` not set, or the store cannot be used."""
    chosen = options.cache if options.cache is not None else not ci_facts(session.environment).is_ci
    size_limit(session)
    if not (chosen or resume):
        return None
    try:
        return _memory(session, files)
    except OSError as error:
        message = f"Cannot use the store at {store_directory(session)}: {error.strerror or error}."
        emit(WarningRaised(scope="", message=message))
        return None


def _memory(session: Session, files: ProjectFiles) -> StoreState:
    store = Store(store_directory(session))
    keyed_hash = KeyedHash(store.secret())
    project = str((session.working_dir / session.line.package).resolve())
    root = files.tree.root
    listing = "" if files.project.is_sdist else git_index(HostMachine(session.environment), root)
    source = ProjectState(files.tree, listing, keyed_hash, store.memo(keyed_hash(project)))
    inputs = InputFiles(root, keyed_hash, store.memo(keyed_hash(f"{project} inputs")), session.environment)
    return StoreState(store=store, keyed_hash=keyed_hash, project=project, source=source, files=files, inputs=inputs)


def wheel_cache_of(
    session: Session, memory: StoreState | None, sources: StoreSources, *, takes: bool, explains: bool
) -> WheelCache:
    """The wheel cache of a run, with a store if there is one; `takes`: it reuses wheels of the store."""
    if memory is None:
        return NullCache()
    settings = StoreSettings(
        store=memory.store,
        keyed_hash=memory.keyed_hash,
        project=memory.project,
        source=memory.source,
        takes=takes,
        external_inputs=_external_inputs(session.environment, sources, memory),
        inputs_have_changed=lambda: memory.inputs.has_changed,
        warn=lambda message: sources.emit(WarningRaised(scope="", message=message)),
        explain=_explainer(sources.emit) if explains else None,
        limit=size_limit(session),
    )
    return StoreCache(settings)


def _external_inputs(
    environment: Mapping[str, str], sources: StoreSources, memory: StoreState
) -> Callable[[Job, WheelBuild], ExternalInputs]:
    path = environment.get("PATH", "")
    identities = cache(lambda on_host: tool_identities(path, on_host=on_host))
    known: dict[tuple[str, BuildIdentifier], ExternalInputs] = {}

    def tell(job: Job, build: WheelBuild) -> ExternalInputs:
        # Input files are traced once for each build of a run.
        place = (job.name, build.identifier)
        found = known.get(place)
        if found is None:
            found = known[place] = _around(job, build)
        return replace(found, tools={**found.tools, **_machine_identity(job, build, sources)})

    def _around(job: Job, build: WheelBuild) -> ExternalInputs:
        in_container = isinstance(job.machine, ContainerSpec)
        if in_container:
            names = (*build.environment_pass, *(job.environment_pass if job.before_all else ()))
            variables = {name: environment[name] for name in names if name in environment}
            given, inputs = memory.given(variables, variables), inputs_in_container
        else:
            variables = variables_that_count(environment, FOREIGN_VARIABLES)
            given, inputs = memory.given(variables, environment), inputs_on_host
        of_build = inputs(job, build, given, memory.inputs, tests=False)
        of_tests = inputs(job, build, given, memory.inputs, tests=True)
        return ExternalInputs(
            tools=identities(not in_container),
            variables=variables,
            files=of_build.hashes,
            test_files=of_tests.hashes,
            unfollowed=of_build.reasons,
            unfollowed_by_tests=of_tests.reasons,
        )

    return tell


def _machine_identity(job: Job, build: WheelBuild, sources: StoreSources) -> Mapping[str, str]:
    if isinstance(job.machine, ContainerSpec):
        return {IMAGE: sources.image(job.machine)}
    found = host_interpreter(build.identifier, sources.facts)
    return {"the interpreter": file_identity(Path(found.path)) if found else ""}


def _explainer(emit: Callable[[Event], None]) -> Callable[[Job, WheelBuild, str], None]:
    def explain(job: Job, build: WheelBuild, why: str) -> None:
        emit(Progress(job=job.name, text=f"{build.identifier}: {why}"))

    return explain


# The images of earlier runs that a job may start from.

_SWITCH = "CIBW_PREPARED_IMAGES"


def state_teller(
    session: Session, memory: StoreState | None, emit: Callable[[Event], None], *, is_wanted: bool
) -> Callable[[Job], StateSpec | None]:
    """A function that returns the state of a job; none without a memory, or if the inputs of before-all are unknown.

    `is_wanted`: a state of an earlier run may be used.
    """

    def tell(job: Job) -> StateSpec | None:
        if memory is None or job.before_all is None:
            return None
        hashes, keyed_hash = memory.source.hashes, memory.keyed_hash
        for pattern in without_match(hashes, job.before_all_inputs):
            emit(WarningRaised(scope=job.name, message=f"before-all-inputs: {pattern} matches no file of the project."))
        passed = {name: session.environment[name] for name in job.environment_pass if name in session.environment}
        named = inputs_of_before_all(job, memory.given(passed, passed), memory.inputs)
        if named.reasons:
            emit(WarningRaised(scope=job.name, message=f"before-all runs each time, because {named.reasons[0]}."))
            return None
        inputs = {**inputs_among(hashes, job.before_all_inputs), **named.hashes}

        def own_hash(text: str) -> str:
            # The result of before-all may contain any data of the project, also from files that are not inputs.
            return keyed_hash(f"{session.cache_project}\n{text}")

        return StateSpec(
            key=lambda image: key_of_state(job, image, inputs, session.environment, own_hash),
            owner=keyed_hash(f"{memory.project} {job.name}"),
            files=hashes,
            has_changed=lambda: memory.source.has_changed or memory.inputs.has_changed,
            is_wanted=is_wanted,
        )

    return tell


def preparation(session: Session, cache: bool | None, catalog: Catalog) -> Callable[[Job], Preparation | None]:
    """A function that returns the prepared images of a job that builds in containers.

    `cache` is the user's setting for the store. By default, a CI has none, because its engines rarely keep images.
    """
    is_set = bool(session.environment.get(_SWITCH))
    is_wanted = session.is_on(_SWITCH) if is_set else cache or not ci_facts(session.environment).is_ci
    images = PreparedImages(session.cache_dir / "prepared-images", at_once=is_set)

    def tell(job: Job) -> Preparation | None:
        if not is_wanted:
            return None
        paths = {entry.identifier: entry.path for entry in catalog.interpreters(Platform.LINUX)}
        pythons = frozenset(f"{paths[build.identifier]}/bin/python" for build in job.builds)
        return Preparation(images=images, pythons=pythons)

    return tell
