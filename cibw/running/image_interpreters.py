"""Checks the interpreters of an image."""

from __future__ import annotations

from cibw.errors import CommandFailedError, InterpreterMissingError
from cibw.model.command import Request
from cibw.model.images import ContainerSpec
from cibw.model.plan import Job, WheelBuild
from cibw.running.machine import Machine

_INSTALLER = "manylinux-interpreters"
_HINT = "Skip these builds, or use an image that has the interpreters, such as a manylinux or musllinux image."
# Images with this installer install interpreters on demand.
_MISSING = f'command -v {_INSTALLER} >/dev/null && exit; for f; do test -x "$f" || printf "%s\\n" "$f"; done'


def require_interpreters(machine: Machine, job: Job) -> None:
    """Raise InterpreterMissingError with all interpreters that the builds of a job need and the image lacks."""
    wanted = {build.python: str(build.identifier) for build in job.builds if build.python}
    if not (wanted and isinstance(job.machine, ContainerSpec)):
        return
    missing: list[str] = []
    argv = ("sh", "-c", _MISSING, "sh", *wanted)
    request = Request(argv=argv, cwd="/", environment=machine.environment())
    machine.run(request, lambda text, is_error: None if is_error else missing.append(text))
    image = job.machine.image.reference
    lines = [f"{path} does not exist in the image {image}, but {wanted[path]} needs it." for path in missing]
    if lines:
        raise InterpreterMissingError("\n".join(lines), hint=_HINT)


def explain_missing(error: CommandFailedError, build: WheelBuild) -> CommandFailedError | InterpreterMissingError:
    """Return an error for a failed build setup: InterpreterMissingError if the image has no such interpreter."""
    if not (build.python and _INSTALLER in error.context.command):
        return error
    return InterpreterMissingError(
        f"The image could not install {build.python}, which {build.identifier} needs.",
        hint=f"Check the output of {_INSTALLER}: the image may not support this interpreter, or the download failed.",
        context=error.context,
    )
