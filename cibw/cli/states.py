"""The images of earlier runs that a job may start from."""

from __future__ import annotations

from collections.abc import Callable

from cibw.catalog import Catalog
from cibw.cli.sessions import Session
from cibw.cli.store import Memory
from cibw.model.events import Event, WarningRaised
from cibw.model.plan import Job
from cibw.model.target import Platform
from cibw.reporting.fold import is_ci
from cibw.running.build_inputs import inputs_of_before_all
from cibw.running.container_prepared import Preparation, PreparedImages
from cibw.running.container_states import StateSpec
from cibw.running.state_key import inputs_among, key_of_state, without_match

_SWITCH = "CIBW_PREPARED_IMAGES"


def state_teller(
    session: Session, memory: Memory | None, emit: Callable[[Event], None]
) -> Callable[[Job], StateSpec | None]:
    """A function that returns the state of a job; none without a memory, or if the inputs of before-all are unknown."""

    def tell(job: Job) -> StateSpec | None:
        if memory is None or job.before_all is None:
            return None
        hashes, seal = memory.source.hashes, memory.seal
        for pattern in without_match(hashes, job.before_all_inputs):
            emit(WarningRaised(scope=job.name, message=f"before-all-inputs: {pattern} matches no file of the project."))
        passed = {name: session.environment[name] for name in job.environment_pass if name in session.environment}
        named = inputs_of_before_all(job, memory.given(passed, passed), memory.inputs)
        if named.reasons:
            emit(WarningRaised(scope=job.name, message=f"before-all runs each time, because {named.reasons[0]}."))
            return None
        inputs = {**inputs_among(hashes, job.before_all_inputs), **named.hashes}

        def own_seal(text: str) -> str:
            # The result of before-all may contain any data of the project, also from files that are not inputs.
            return seal(f"{session.cache_project}\n{text}")

        return StateSpec(
            key=lambda image: key_of_state(job, image, inputs, session.environment, own_seal),
            owner=seal(f"{memory.project} {job.name}"),
            files=hashes,
            has_changed=lambda: memory.source.has_changed or memory.inputs.has_changed,
            is_wanted=not session.line.rebuild_before_all,
        )

    return tell


def preparation(session: Session, cache: bool | None, catalog: Catalog) -> Callable[[Job], Preparation | None]:
    """A function that returns the prepared images of a job that builds in containers.

    `cache` is the user's setting for the store. By default, a CI has none, because its engines rarely keep images.
    """
    is_set = bool(session.environment.get(_SWITCH))
    is_wanted = session.is_on(_SWITCH) if is_set else cache or not is_ci(session.environment)
    images = PreparedImages(session.cache_dir / "prepared-images", at_once=is_set)

    def tell(job: Job) -> Preparation | None:
        if not is_wanted:
            return None
        paths = {entry.identifier: entry.path for entry in catalog.interpreters(Platform.LINUX)}
        pythons = frozenset(f"{paths[build.identifier]}/bin/python" for build in job.builds)
        return Preparation(images=images, pythons=pythons)

    return tell
