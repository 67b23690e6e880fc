"""The volumes in which containers keep what their tools need again."""

from __future__ import annotations

import os
from pathlib import Path

from cibw.execution.container.states import Volume, VolumeRecords, remove_volumes, volume_name
from cibw.model.machines import EngineName
from unit_test.execution.container.fake_engine import FakeEngine
from unit_test.execution.container.test_machine import engine_of

DAY = 86_400


def volume(name: str, engine: EngineName = EngineName.DOCKER) -> Volume:
    return Volume(name=name, engine=engine, project=f"/projects/{name}")


def let_pass(cache: Path, name: str, days: float) -> None:
    path = cache / "volumes" / f"docker-{name}.json"
    then = path.stat().st_mtime - days * DAY
    os.utime(path, (then, then))


def test_projects_targets_and_cache_directories_have_volumes_of_their_own(tmp_path: Path) -> None:
    names = {
        volume_name(target, project, cache)
        for target in ("manylinux_x86_64", "musllinux_x86_64")
        for project in ("/a", "/b")
        for cache in (tmp_path / "1", tmp_path / "2")
    }
    assert len(names) == 8
    assert volume_name("manylinux_x86_64", "/a", tmp_path) == volume_name("manylinux_x86_64", "/a", tmp_path)
    assert volume_name("manylinux_x86_64", "/a", tmp_path).startswith("cibw-manylinux_x86_64-")


def test_a_run_that_uses_a_volume_keeps_it_from_being_removed(tmp_path: Path) -> None:
    records = VolumeRecords(tmp_path)
    for name in ("old", "used"):
        records.note_use(volume(name))
        let_pass(tmp_path, name, 31)
    records.note_use(volume("used"))
    assert [found.name for found in records.unused()] == ["old"]
    assert {found.project for found in records.all()} == {"/projects/old", "/projects/used"}


def test_only_the_engines_own_volumes_are_removed_and_none_in_use(tmp_path: Path) -> None:
    records = VolumeRecords(tmp_path)
    volumes = [volume("a"), volume("busy"), volume("c", EngineName.PODMAN)]
    for one in volumes:
        records.note_use(one)
    client = FakeEngine(volumes_in_use=("busy",))
    assert remove_volumes(engine_of(client), volumes, records) == 1
    assert client.removed_volumes == ["a"]
    assert [found.name for found in records.all()] == ["busy", "c"]


def test_broken_records_are_left_out_and_written_again(tmp_path: Path) -> None:
    records = VolumeRecords(tmp_path)
    for text in ("", "{", "[]", '{"name": 1}', '{"name": "other", "engine": "docker"}', '{"name": "a"}'):
        (tmp_path / "volumes").mkdir(exist_ok=True)
        (tmp_path / "volumes" / "docker-a.json").write_text(text)
        assert list(records.all()) == []
        records.note_use(volume("a"))
        assert [found.name for found in records.all()] == ["a"]


def test_a_record_that_cannot_be_written_fails_no_run(tmp_path: Path) -> None:
    (tmp_path / "volumes").write_text("a file")
    VolumeRecords(tmp_path).note_use(volume("a"))
