"""Prepares a machine for its builds: checks its interpreters and runs before-all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from posixpath import dirname, join

from cibw.errors import CibwError, CommandFailedError, InterpreterMissingError
from cibw.execution.machine import Machine, MachineSession, SnapshotPolicy, Tree
from cibw.execution.steps import StepRunner
from cibw.execution.store.keys import is_of_git
from cibw.execution.toolchain import advice_for, settled
from cibw.model.events import Event, Progress
from cibw.model.machines import ContainerSpec
from cibw.model.plan import Job, Step, WheelBuild
from cibw.model.templates import CommandRequest, Placeholder
from cibw.untrusted.limits import parse_json

# Compares the files of a project with those that before-all found; pure.


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFiles:
    """The hashes of the project's files before before-all, and the files that before-all wrote."""

    files: Mapping[str, str]
    written: frozenset[str]

    def to_json(self) -> bytes:
        """Return this as JSON."""
        return json.dumps({"files": dict(self.files), "written": sorted(self.written)}).encode()

    @classmethod
    def from_json(cls, text: str) -> FoundFiles:
        """Parse JSON. Raise ValueError if it is invalid."""
        table: object = parse_json(text)
        match table:
            case {"files": dict(files), "written": [*written]}:
                return cls(
                    files={str(name): str(digest) for name, digest in files.items()},
                    written=frozenset(map(str, written)),
                )
            case _:
                raise ValueError("this is not a list of files")


@dataclass(frozen=True, slots=True, kw_only=True)
class StateDifference:
    """The changes that turn the files that before-all found into the current ones.

    `gone` are removed, deepest first, and directories only if they are empty. `fresh` are new or changed. If `git`
    is set, git's own directory is replaced completely.
    """

    gone: tuple[str, ...] = ()
    fresh: frozenset[str] = frozenset()
    git: bool = False


def difference(found: FoundFiles, now: Mapping[str, str]) -> StateDifference:
    """Return how the current files differ from those that before-all found."""
    old = {name: digest for name, digest in found.files.items() if not is_of_git(name)}
    new = {name: digest for name, digest in now.items() if not is_of_git(name)}
    gone = old.keys() - new.keys()
    emptied = _parents(gone) - _parents(new) - new.keys()
    return StateDifference(
        gone=tuple(sorted(gone | emptied, reverse=True)),
        fresh=frozenset(name for name, digest in new.items() if old.get(name) != digest),
        git=_git(found.files) != _git(now),
    )


def overwritten(found: FoundFiles, now: Mapping[str, str]) -> tuple[str, ...]:
    """Return files that before-all wrote and that have changed since then, so that its state cannot be reused."""
    changes = difference(found, now)
    return tuple(sorted(found.written & {*changes.gone, *changes.fresh}))


def _git(files: Mapping[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in files.items() if is_of_git(name)}


def _parents(names: Iterable[str]) -> set[str]:
    parents: set[str] = set()
    for name in names:
        parent = dirname(name)
        while parent and parent not in parents:
            parents.add(parent)
            parent = dirname(parent)
    return parents


# Checks the interpreters of an image.

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
    request = CommandRequest(argv=argv, cwd="/", environment=machine.environment())
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


# Runs before-all on a machine, or reuses the state that an earlier run saved.

_SHOWN = 3
_AT_ONCE = 500
_WRITTEN = 'cd -- "$1" && find . -newer "$2" ! -type d'
_REMOVE = 'for f; do rm -f -- "$f" 2>/dev/null || rmdir -- "$f" 2>/dev/null || :; done'


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeAll:
    """The before-all step of a job. `base` returns the environment that it starts from on a machine."""

    job: Job
    step: Step
    source: Tree
    emit: Callable[[Event], None]
    base: Callable[[MachineSession], Mapping[str, str]]
    passed: tuple[tuple[str, str], ...]

    def run(self, session: MachineSession) -> bool:
        """Run before-all in the project directory and move the project to SOURCE.

        Return whether the state may be saved. It may not if the project has changed since the run began.
        """
        machine, project, source = session.machine, session.before_all_dir, session.bindings[Placeholder.SOURCE]
        snapshot_policy = session.snapshot_policy
        if snapshot_policy is not None:
            machine.make_dir(dirname(source))
            _output(machine, ("touch", _mark(session)), "/")
        machine.put(self.source, project)
        is_true = snapshot_policy is not None and not snapshot_policy.has_changed()
        runner = self._runner(session)
        with runner.step(self.step.name):
            given = runner.environment(self.job.environment, self.base(session), self.passed)
            self._perform(runner, settled(given, session.toolchain), session)
            if project != source:
                _move(machine, project, source)
        if snapshot_policy is not None and is_true:
            found = FoundFiles(files=snapshot_policy.files, written=frozenset(_written(session)))
            machine.put(found.to_json(), _list(session))
        return is_true

    def _perform(self, runner: StepRunner, environment: Mapping[str, str], session: MachineSession) -> None:
        try:
            runner.perform(self.step, environment)
        except CommandFailedError as error:
            error.hint = error.hint or advice_for(
                error.context.last_lines, environment, session.toolchain, session.advice
            )
            raise

    def resume(self, session: MachineSession, snapshot_policy: SnapshotPolicy) -> bool:
        """Copy changed project files over the saved state instead of running before-all.

        Return False if that is not possible because before-all wrote to files that have changed since then.
        """
        found = _found(session)
        faults = overwritten(found, snapshot_policy.files) if found else (_list(session),)
        if found is None or faults:
            shown = f"{', '.join(faults[:_SHOWN])}{' and others' if len(faults) > _SHOWN else ''}"
            self._tell(f"before-all runs again because it wrote to files that have changed since then: {shown}")
            return False
        with self._runner(session).step(self.step.name):
            self._lay(session, difference(found, snapshot_policy.files))
        self._tell(
            f"before-all is skipped because its saved image is reused: {snapshot_policy.start}; "
            "--rebuild-before-all runs it again"
        )
        return True

    def lay_over(self, session: MachineSession, files: Mapping[str, str]) -> None:
        """Copy changed project files over the saved state of another machine of the job."""
        found = _found(session)
        if found is not None:
            self._lay(session, difference(found, files))

    def _lay(self, session: MachineSession, changes: StateDifference) -> None:
        """Update the files at SOURCE to the current project. Files that before-all added are kept."""
        machine, source = session.machine, session.bindings[Placeholder.SOURCE]
        _remove(machine, source, changes.gone)
        if changes.git:
            machine.remove(f"{source}/.git")
        fresh = [name for name in self.source.files if name in changes.fresh or (changes.git and is_of_git(name))]
        if fresh:
            machine.put(replace(self.source, files=tuple(fresh)), source)

    def _runner(self, session: MachineSession) -> StepRunner:
        bindings = {**session.bindings, Placeholder.WORK: session.work_dir, Placeholder.PROJECT: session.before_all_dir}
        return StepRunner(session.machine, self.job.name, bindings, self.emit)

    def _tell(self, text: str) -> None:
        self.emit(Progress(job=self.job.name, text=text))


def _mark(session: MachineSession) -> str:
    return join(dirname(session.bindings[Placeholder.SOURCE]), "before-all.start")


def _list(session: MachineSession) -> str:
    return join(dirname(session.bindings[Placeholder.SOURCE]), "before-all.json")


def _written(session: MachineSession) -> Iterable[str]:
    argv = ("sh", "-c", _WRITTEN, "sh", session.bindings[Placeholder.SOURCE], _mark(session))
    names = (line.removeprefix("./") for line in _output(session.machine, argv, "/").splitlines())
    return (name for name in names if not is_of_git(name))


def _found(session: MachineSession) -> FoundFiles | None:
    try:
        return FoundFiles.from_json(_output(session.machine, ("cat", _list(session)), "/"))
    except (CommandFailedError, ValueError):
        return None


def _remove(machine: Machine, source: str, names: tuple[str, ...]) -> None:
    for start in range(0, len(names), _AT_ONCE):
        _output(machine, ("sh", "-c", _REMOVE, "sh", *names[start : start + _AT_ONCE]), source)


def _move(machine: Machine, source: str, target: str) -> None:
    machine.remove(target)
    machine.make_dir(dirname(target))
    try:
        _output(machine, ("mv", source, target), "/")
    except CommandFailedError as error:
        raise CibwError(f"Could not move the project to {target} after before-all: {error.message}") from error


def _output(machine: Machine, argv: tuple[str, ...], cwd: str) -> str:
    lines: list[str] = []
    request = CommandRequest(argv=argv, cwd=cwd, environment=machine.environment())
    outcome = machine.run(request, lambda text, _is_error: lines.append(text))
    if outcome.exit_code != 0:
        raise CommandFailedError("; ".join(lines))
    return outcome.stdout
