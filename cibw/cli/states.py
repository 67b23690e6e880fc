"""By what the state is kept that before-all leaves in a container."""

from __future__ import annotations

from collections.abc import Callable

from cibw.cli.sessions import Session
from cibw.cli.store import Memory
from cibw.model.events import Event, WarningRaised
from cibw.model.plan import Job
from cibw.running.build_inputs import inputs_of_before_all
from cibw.running.container_states import StateSpec
from cibw.running.state_key import inputs_among, key_of_state, without_match


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
        return StateSpec(
            key=lambda image: key_of_state(job, image, inputs, session.environment, seal),
            owner=seal(f"{memory.project} {job.name}"),
            files=hashes,
            has_changed=lambda: memory.source.has_changed or memory.inputs.has_changed,
            is_wanted=not session.line.rebuild_before_all,
        )

    return tell
