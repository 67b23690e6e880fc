"""Which builds expect the abi3 wheel of another one."""

from __future__ import annotations

from dataclasses import replace

from cibw.config.options import StableAbi
from cibw.model.identifier import BuildIdentifier, Implementation, Interpreter
from cibw.model.plan import Expectation, Job


def with_expectations(job: Job, stable_abi: StableAbi | None) -> Job:
    """Let builds expect the wheel of the oldest Python of the job that makes an abi3 one.

    Older Pythons than that, free-threaded ones and other implementations expect nothing.
    """
    if stable_abi is None:
        return job
    makers = [build.identifier for build in job.builds if stable_abi.makes(build.identifier.interpreter)]
    if not makers:
        return job
    maker = min(makers, key=lambda identifier: identifier.interpreter.minor)
    expects = Expectation(identifier=maker, reason=f"abi3, by {stable_abi.place}")
    builds = (replace(one, expects=expects) if _is_served(one.identifier, maker) else one for one in job.builds)
    return replace(job, builds=tuple(builds))


def _is_served(identifier: BuildIdentifier, maker: BuildIdentifier) -> bool:
    return _may_load_abi3(identifier.interpreter) and identifier.interpreter.minor > maker.interpreter.minor


def _may_load_abi3(interpreter: Interpreter) -> bool:
    return interpreter.implementation is Implementation.CPYTHON and not interpreter.free_threaded
