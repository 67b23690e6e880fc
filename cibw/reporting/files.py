"""Files that a run writes: `report.json`, `dist.json` and logs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from cibw.errors import CibwError, assert_never
from cibw.model.events import (
    BuildFinished,
    BuildResult,
    BuildStarted,
    CommandStarted,
    Event,
    JobStarted,
    OutputLine,
    Progress,
    PublishReport,
    Report,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    StepStarted,
    VariablesSet,
    WarningRaised,
)
from cibw.model.identifiers import BuildIdentifier
from cibw.model.manifest import MANIFEST_NAME, Manifest, ManifestFile, kept, merged
from cibw.model.plan import Plan, plan_of_build
from cibw.reporting.reporters import Reporter
from cibw.reporting.streams import neutral
from cibw.reporting.terminal import TerminalStyle, duration
from cibw.untrusted.limits import read_text_limited

# Write files atomically.


def write_whole(path: Path, text: str) -> Path:
    """Write a text to a temporary file and rename it, so that readers never see a partial file; create the directory.

    Undecodable bytes, such as those of a file name, are written as escapes, as in JSON.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    # A checkout may contain a symlink of this name; its target must not be overwritten.
    temporary.unlink(missing_ok=True)
    with temporary.open("x", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.write(text)
    temporary.replace(path)
    return path


# Read and write `dist.json`.


def write_manifest(manifest: Manifest, directory: Path) -> Path:
    """Write `dist.json` into a directory and return its path."""
    from cibw.reporting.codecs import manifest_to_json

    return write_whole(directory / MANIFEST_NAME, manifest_to_json(manifest))


def read_manifest(directory: Path) -> Manifest | None:
    """The manifest of a directory, or None; CibwError if it cannot be read."""
    from cibw.reporting.codecs import manifest_from_json

    path = directory / MANIFEST_NAME
    try:
        text = read_text_limited(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CibwError(f"Cannot read {path}: {error}.", hint="Remove it and build again.") from error
    try:
        return manifest_from_json(text)
    except CibwError as error:
        raise CibwError(f"{path}: {error.message}", hint=error.hint or "Remove it and build again.") from error


# Read and write `report.json` next to the wheels.

FILE_NAME = "report.json"


def report_writer(directory: Path) -> Reporter:
    """A reporter that writes `report.json` into a directory when the run ends."""

    def report(event: Event) -> None:
        if isinstance(event, RunFinished):
            write_report(event.report, directory)

    return report


def write_report(report: Report, directory: Path) -> Path:
    """Write `report.json` and return its path."""
    from cibw.reporting.codecs import report_to_json

    return write_whole(directory / FILE_NAME, report_to_json(report))


def read_report(directory: Path) -> Report | None:
    """The report of an earlier run; None if there is no readable one."""
    from cibw.reporting.codecs import report_from_json

    try:
        return report_from_json(read_text_limited(directory / FILE_NAME))
    except (CibwError, OSError, ValueError):
        return None


# The result of an upload in the `report.json` next to the files.


def keep_publish(publish: PublishReport, directory: Path) -> None:
    """Add the report of an upload to `report.json`, and keep the report of a build there."""
    write_report(replace(read_report(directory) or Report(results=()), publish=publish), directory)


def read_publish(directory: Path) -> PublishReport | None:
    """The report of the last upload from a directory; None if there is no readable one."""
    report = read_report(directory)
    return report.publish if report else None


# Write `dist.json` of a run: its wheels, and all identifiers of its plan.


def manifest_writer(directory: Path, plan: Plan) -> Reporter:
    """A reporter that updates `dist.json` in a directory after each built wheel and at the end of the run.

    Entries of earlier runs are kept if their files still exist. CibwError, immediately, if the existing manifest
    cannot be read.
    """
    earlier = read_manifest(directory) or Manifest()
    own = Manifest(expected=plan.identifiers)

    def report(event: Event) -> None:
        nonlocal own
        is_due = isinstance(event, RunFinished)
        if isinstance(event, BuildFinished):
            own = merged((own, Manifest(files=_entries(event.result, plan))))
            # Wheels from the store take no time, so one update at the end is enough.
            is_due = event.result.status is Status.BUILT
        if is_due:
            write_manifest(merged((kept(earlier, _sizes(earlier, directory)), own)), directory)

    return report


def plan_key(plan: Plan, identifier: BuildIdentifier) -> str:
    """The SHA-256 of the JSON of one build in a plan, without the values of variables."""
    from cibw.reporting.codecs import plan_to_json

    return hashlib.sha256(plan_to_json(plan_of_build(plan, identifier)).encode()).hexdigest()


def _entries(result: BuildResult, plan: Plan) -> tuple[ManifestFile, ...]:
    wheel = result.wheel
    if wheel is None:
        return ()
    # A reused wheel keeps the key of the build that created it.
    key = "" if result.status is Status.REUSED else plan_key(plan, result.identifier)
    entry = ManifestFile(
        filename=wheel.filename,
        size=wheel.size,
        sha256=wheel.sha256,
        identifiers=(result.identifier,),
        plan_key=key,
    )
    return (entry,)


def _sizes(manifest: Manifest, directory: Path) -> Mapping[str, int]:
    paths = (directory / entry.filename for entry in manifest.files)
    return {path.name: path.stat().st_size for path in paths if path.is_file()}


# Write a log file for each build and each job.

_PLAIN = TerminalStyle()


def log_path(directory: Path, scope: str) -> Path:
    """The path of the log of a build identifier or a job."""
    return directory / f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', scope)}.log"


class LogFiles:
    """Writes the events of each scope to its own file, line by line, without colours.

    A run overwrites the files. Files are opened at their first line, and closed when the build or the run ends.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._files: dict[str, TextIO] = {}
        self._begun: set[str] = set()

    def __call__(self, event: Event) -> None:
        """Write an event to its log."""
        match event:
            case BuildFinished(result=result):
                self._close(str(result.identifier))
            case RunFinished():
                for scope in tuple(self._files):
                    self._close(scope)
            case RunStarted() | VariablesSet():
                pass
            case _:
                scope, line = _entry(event)
                if line is not None:
                    self._write(scope, line)

    def _write(self, scope: str, line: str) -> None:
        if scope not in self._files:
            self._directory.mkdir(parents=True, exist_ok=True)
            path = log_path(self._directory, scope)
            if scope not in self._begun:
                path.unlink(missing_ok=True)
            self._begun.add(scope)
            self._files[scope] = path.open("a", buffering=1, encoding="utf-8", errors="replace")
        self._files[scope].write(f"{neutral(line, colour=False)}\n")

    def _close(self, scope: str) -> None:
        file = self._files.pop(scope, None)
        if file is not None:
            file.close()


_Entry = JobStarted | Progress | BuildStarted | StepStarted | CommandStarted | OutputLine | StepFinished | WarningRaised


def _entry(event: _Entry) -> tuple[str, str | None]:
    match event:
        case JobStarted(job=job, machine=machine):
            return job, f"{job}: {machine}"
        case Progress(job=job, text=text):
            return job, text
        case BuildStarted(identifier=identifier):
            return str(identifier), str(identifier)
        case WarningRaised(scope=scope, message=message):
            return scope, f"WARNING: {message}"
        case _:
            return event.scope, _step_entry(event)


def _step_entry(event: StepStarted | CommandStarted | OutputLine | StepFinished) -> str:
    match event:
        case StepStarted(step=step):
            return f"\n== {step.value}"
        case CommandStarted(text=text):
            return f"$ {text}"
        case OutputLine(text=text):
            return _PLAIN.clean(text)
        case StepFinished(step=step, seconds=seconds, succeeded=succeeded):
            return f"== {step.value} {'done' if succeeded else 'FAILED'} after {duration(seconds)}"
        case _:
            assert_never(event)
