"""Runs that take wheels from the store."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cibw.execution.container.connection import connect
from cibw.execution.container.images import local_image, peek_image
from cibw.execution.host.machine import HostMachine
from cibw.model.events import Status
from cibw.model.machines import EngineName
from tests.builds import CACHE, Ran, build, copy_project, run_cibw, selected
from tests.image_settings import image, image_settings
from tests.installing import here

PYTHONS = here("cp310", "cp311", "cp312", "cp313")[:2]
ENGINES = [pytest.param("docker", marks=pytest.mark.docker), pytest.param("podman", marks=pytest.mark.podman)]
IDENTIFIERS = [f"{tag}-manylinux_x86_64" for tag in PYTHONS]


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """A cache of the test's own, which begins with what zig has compiled already."""
    cache = tmp_path / "cache"
    cache.mkdir()
    if (CACHE / "zig").is_dir():
        (cache / "zig").symlink_to(CACHE / "zig")
    return {"CIBW_CACHE_PATH": str(cache), "CIBW_CACHE": "true", "CIBW_BUILD": " ".join(IDENTIFIERS)}


def statuses(ran: Ran) -> list[Status]:
    return [ran.results[identifier].status for identifier in IDENTIFIERS]


@pytest.mark.host
def test_the_same_command_again(tmp_path: Path, settings: dict[str, str]) -> None:
    project = copy_project("c", tmp_path)
    first = build(project, "--engine", "host", settings=settings)
    contents = {wheel.name: wheel.read_bytes() for wheel in first.wheels}
    shutil.rmtree(first.output_dir)
    second = build(project, "--engine", "host", "--explain-cache", settings=settings)
    assert statuses(second) == [Status.RESTORED] * 2, second.output
    assert {wheel.name: wheel.read_bytes() for wheel in second.wheels} == contents
    assert all(result.tested for result in second.results.values())
    assert "2 wheels from the store" in second.words
    assert [path.name for path in sorted(second.output_dir.iterdir()) if path.suffix != ".whl"] == [
        "dist.json",
        "report.json",
    ]


@pytest.mark.host
def test_a_changed_file_builds_again_and_is_named(tmp_path: Path, settings: dict[str, str]) -> None:
    project = copy_project("c", tmp_path)
    build(project, "--engine", "host", settings=settings)
    (project / "note.txt").write_text("new")
    ran = build(project, "--engine", "host", "--explain-cache", settings=settings)
    assert statuses(ran) == [Status.BUILT] * 2
    assert f"{IDENTIFIERS[0]}: not in the store: the source: note.txt is new" in ran.words
    anew = build(project, "--engine", "host", "--no-resume", settings=settings)
    assert statuses(anew) == [Status.BUILT] * 2, anew.output
    contents = [wheel.read_bytes() for wheel in anew.wheels]
    later = build(project, "--engine", "host", settings=settings)
    assert statuses(later) == [Status.RESTORED] * 2, later.output
    assert [wheel.read_bytes() for wheel in later.wheels] == contents


@pytest.mark.host
def test_a_failed_build_that_was_mended_builds_alone(tmp_path: Path, settings: dict[str, str]) -> None:
    project = copy_project("c", tmp_path)
    version = PYTHONS[1].removeprefix("cp3")
    fails = f'python -c "import sys; sys.exit(sys.version_info[1] == {version})"'
    override = project / "cibw.toml"
    table = f'[[tool.cibw.overrides]]\nselect = "{IDENTIFIERS[1]}"\n'
    override.write_text(f"{table}before-build = {fails!r}\n")
    arguments = ("--engine", "host", "--keep-going", "--config-file", str(tmp_path / "options.toml"))
    shutil.move(override, tmp_path / "options.toml")
    broken = run_cibw(project, *arguments, settings=settings)
    assert statuses(broken) == [Status.BUILT, Status.FAILED], broken.output
    (tmp_path / "options.toml").write_text("")
    mended = build(project, *arguments, settings=settings)
    assert statuses(mended) == [Status.RESTORED, Status.BUILT], mended.output


@pytest.mark.parametrize("engine", ENGINES)
def test_wheels_of_containers_come_from_the_store(engine: str, tmp_path: Path, settings: dict[str, str]) -> None:
    project = copy_project("abi3", tmp_path)
    identifiers = [f"{tag}-manylinux_x86_64" for tag in ("cp310", "cp311")]
    chosen = {**settings, **selected(*identifiers), **image_settings("manylinux_x86_64")}
    first = build(project, "--engine", engine, settings=chosen)
    second = build(project, "--engine", engine, "--explain-cache", settings=chosen)
    assert [second.results[one].status for one in identifiers] == [Status.RESTORED, Status.REUSED], second.output
    assert second.wheels == first.wheels


@pytest.mark.parametrize("engine", ENGINES)
def test_an_image_has_the_same_identity_at_first_sight(engine: str) -> None:
    name, wanted, host = EngineName(engine), image("manylinux_x86_64"), HostMachine(os.environ)
    seen = peek_image(name, wanted, host)
    with connect(name, os.environ) as connection:
        found = local_image(connection.client.image, wanted)
    assert found is not None
    assert seen.removeprefix("sha256:") == found.identity.removeprefix("sha256:") != ""
    assert not peek_image(name, replace(wanted, reference="cibw-test/missing:1"), host)
    assert not peek_image(name, replace(wanted, oci_platform="linux/s390x"), host)
