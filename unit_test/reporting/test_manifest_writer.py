from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cibw.errors import CibwError
from cibw.model.events import BuildFinished
from cibw.model.manifest import Manifest, ManifestFile
from cibw.reporting.files import manifest_writer, plan_key, read_manifest, write_manifest
from unit_test.reporting.scenario import CP310, CP311, CP312, CP313, EVENTS, PLAN, RESULTS

ABI3 = RESULTS[0].wheel


def entry(name: str, size: int) -> ManifestFile:
    return ManifestFile(filename=name, size=size, sha256="0" * 64)


def test_a_run_leaves_its_wheels_and_all_that_was_planned(tmp_path: Path) -> None:
    reporter = manifest_writer(tmp_path, PLAN)
    for event in EVENTS:
        reporter(event)
    assert ABI3 is not None
    wheel = ManifestFile(
        filename=ABI3.filename,
        size=ABI3.size,
        sha256=ABI3.sha256,
        identifiers=(CP310, CP311),
        plan_key=plan_key(PLAN, CP310),
    )
    assert read_manifest(tmp_path) == Manifest(files=(wheel,), expected=(CP310, CP311, CP312, CP313))


def test_a_wheel_stands_there_as_soon_as_it_is_built(tmp_path: Path) -> None:
    reporter = manifest_writer(tmp_path, PLAN)
    reporter(EVENTS[0])
    assert read_manifest(tmp_path) is None
    reporter(BuildFinished(result=RESULTS[0]))
    found = read_manifest(tmp_path)
    assert found is not None
    assert [one.identifiers for one in found.files] == [(CP310,)]
    assert found.expected == PLAN.identifiers


def test_an_earlier_manifest_stays_as_far_as_its_files_do(tmp_path: Path) -> None:
    (tmp_path / "there.whl").write_bytes(b"12")
    (tmp_path / "changed.whl").write_bytes(b"12")
    earlier = (entry("there.whl", 2), entry("changed.whl", 3), entry("gone.whl", 2))
    write_manifest(Manifest(files=earlier, expected=(CP312,)), tmp_path)
    reporter = manifest_writer(tmp_path, replace(PLAN, jobs=PLAN.jobs[1:]))
    reporter(EVENTS[-1])
    assert read_manifest(tmp_path) == Manifest(files=earlier[:1], expected=(CP312, CP313))


def test_a_manifest_that_cannot_be_read_is_told_before_anything_is_built(tmp_path: Path) -> None:
    (tmp_path / "dist.json").write_text("{}")
    with pytest.raises(CibwError, match=r"dist\.json"):
        manifest_writer(tmp_path, PLAN)


def test_keys_differ_by_build() -> None:
    keys = {plan_key(PLAN, identifier) for identifier in PLAN.identifiers}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {64}
