"""Files outside of the project that a build reads by name: the store takes no wheel that was made with other ones."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from cibw.model.events import Status
from tests.builds import Ran, build, copy_project
from tests.image_settings import image_settings

ONLY = "cp311-manylinux_x86_64"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return {"CIBW_CACHE_PATH": str(tmp_path / "cache"), "CIBW_CACHE": "true", "CIBW_BUILD": ONLY}


def status(ran: Ran) -> Status:
    return ran.results[ONLY].status


def metadata(ran: Ran, name: str) -> str:
    with ZipFile(ran.wheel_of(ONLY)) as archive:
        [found] = [one for one in archive.namelist() if one.endswith(name)]
        return archive.read(found).decode()


@pytest.mark.host
@pytest.mark.parametrize("variable", ["UV_BUILD_CONSTRAINT", "PIP_CONSTRAINT"])
def test_constraints_count_by_their_content(tmp_path: Path, settings: dict[str, str], variable: str) -> None:
    project = copy_project("c", tmp_path)
    constraints = tmp_path / "con.txt"
    chosen = {**settings, variable: str(constraints)}
    constraints.write_text("setuptools<80\n")
    before = metadata(build(project, "--engine", "host", settings=chosen), "/WHEEL")
    assert status(build(project, "--engine", "host", settings=chosen)) is Status.RESTORED
    constraints.write_text("setuptools>=80\n")
    ran = build(project, "--engine", "host", "--explain-cache", settings=chosen)
    assert status(ran) is Status.BUILT
    assert f"the file {constraints} changed" in ran.words
    assert metadata(ran, "/WHEEL") != before


@pytest.mark.host
def test_a_link_that_leads_out_of_the_project(tmp_path: Path, settings: dict[str, str]) -> None:
    project = copy_project("c", tmp_path)
    target = tmp_path / "target.txt"
    target.write_text("old")
    (project / "README.txt").symlink_to(target)
    text = (project / "pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(text.replace('version = "1.0"', 'version = "1.0"\nreadme = "README.txt"'))
    build(project, "--engine", "host", settings=settings)
    assert status(build(project, "--engine", "host", settings=settings)) is Status.RESTORED
    target.write_text("new")
    ran = build(project, "--engine", "host", settings=settings)
    assert status(ran) is Status.BUILT
    assert metadata(ran, "/METADATA").rstrip().endswith("new")


@pytest.mark.host
def test_a_file_outside_that_changes_meanwhile_keeps_the_wheel_out(tmp_path: Path, settings: dict[str, str]) -> None:
    project = copy_project("c", tmp_path)
    outside = tmp_path / "outside.txt"
    outside.write_text("old")
    chosen = {**settings, "CIBW_BEFORE_BUILD": f"echo new >> {outside}"}
    build(project, "--engine", "host", settings=chosen)
    outside.write_text("old")
    assert status(build(project, "--engine", "host", settings=chosen)) is Status.BUILT


@pytest.mark.docker
def test_a_container_that_reads_the_host(tmp_path: Path, settings: dict[str, str]) -> None:
    project = copy_project("c", tmp_path)
    outside = tmp_path / "outside.txt"
    outside.write_text("old")
    before = {"CIBW_BEFORE_BUILD": f"cat /host{outside}"}
    chosen = {**settings, **image_settings("manylinux_x86_64"), "CIBW_CONTAINER_ENGINE": "docker"}
    build(project, settings={**chosen, **before})
    assert status(build(project, settings={**chosen, **before})) is Status.RESTORED
    outside.write_text("new")
    assert status(build(project, settings={**chosen, **before})) is Status.BUILT
    anything = {**chosen, "CIBW_BEFORE_BUILD": "ls /host"}
    ran = build(project, settings=anything)
    assert (
        "The store is not used because the step before-build names files in /host that are only known at run time."
        in ran.words
    )
    assert status(build(project, settings=anything)) is Status.BUILT
