"""Write `dist.json` of a run: its wheels, and all identifiers of its plan."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from cibw.model.events import BuildFinished, BuildResult, Event, RunFinished, Status
from cibw.model.identifier import BuildIdentifier
from cibw.model.manifest import Manifest, ManifestFile, kept, merged
from cibw.model.plan import Plan
from cibw.model.plan_key import plan_of_build
from cibw.reporting.manifest import read_manifest, write_manifest
from cibw.reporting.reporter import Reporter


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
    from cibw.reporting.codec import plan_to_json

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
