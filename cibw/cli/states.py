"""Which images of earlier runs a job may start from."""

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
    """What tells it of a job; nothing is kept without a memory, or where nobody knows all that before-all reads."""

    def tell(job: Job) -> StateSpec | None:
        if memory is None or job.before_all is None:
            return None
        hashes, seal = memory.source.hashes, memory.seal
        for pattern in without_match(hashes, job.before_all_inputs):
            emit(WarningRaised(scope=job.name, message=f"before-all-inputs: {pattern} names no file of the project."))
        passed = {name: session.environment[name] for name in job.environment_pass if name in session.environment}
        named = inputs_of_before_all(job, memory.given(passed, passed), memory.inputs)
        if named.reasons:
            emit(WarningRaised(scope=job.name, message=f"before-all runs each time, as {named.reasons[0]}."))
            return None
        inputs = {**inputs_among(hashes, job.before_all_inputs), **named.hashes}

        def own_seal(text: str) -> str:
            # What before-all leaves may hold anything that a project brought, also by files that are no inputs.
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
    """What tells the prepared images of a job that builds in containers.

    `cache` is what the user chose for the store. By default there are none in a CI, where engines seldom keep images.
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
