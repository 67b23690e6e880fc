"""Builds without the network: in a network namespace that has none, and in containers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.builds import build, command, copy_project, environment, run_cibw
from tests.image_settings import image, image_settings
from tests.installing import here

ENGINES = [pytest.param("docker", marks=pytest.mark.docker), pytest.param("podman", marks=pytest.mark.podman)]
ONLY = ("--only", "cp312-manylinux_x86_64")
INTERFACES = "sed -n 's/^ *\\([a-z0-9]*\\):.*/interface \\1/p' /proc/net/dev"
NOBODY = "test-registry.invalid/nobody/image:1"


def cut_off(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run cibw where there is no network but a loopback that is down."""
    return subprocess.run(
        ["unshare", "--net", "--map-root-user", *command(*arguments)],
        cwd=directory,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.mark.host
def test_what_one_run_has_fetched_serves_a_later_one_without_the_network(tmp_path: Path) -> None:
    project = copy_project("c", tmp_path)
    only = ("--engine", "host", "--only", f"{here('cp312', 'cp311')[0]}-manylinux_x86_64")
    build(project, *only)
    ended = cut_off(project, "--offline", *only)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    # The network is really not there: a package that no cache holds can't be had.
    configuration = project / "pyproject.toml"
    text = configuration.read_text(encoding="utf-8")
    configuration.write_text(text.replace('["setuptools>=61"', '["setuptools>=61", "no-such-distribution"'), "utf-8")
    ended = cut_off(project, "--offline", *only)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "no-such-distribution" in ended.stdout


@pytest.mark.parametrize("engine", ENGINES)
def test_a_container_has_loopback_alone(engine: str, tmp_path: Path) -> None:
    project = copy_project("c", tmp_path)
    settings = {**image_settings("manylinux_x86_64"), "CIBW_BEFORE_BUILD": INTERFACES}
    with_network = build(project, "--engine", engine, *ONLY, settings=settings)
    assert "interface eth0" in with_network.words
    without = build(project, "--engine", engine, "--offline", *ONLY, settings=settings)
    assert "interface lo" in without.words
    assert "interface eth0" not in without.words


@pytest.mark.parametrize("engine", ENGINES)
def test_an_image_that_is_not_here_is_named_before_anything_is_built(engine: str, tmp_path: Path) -> None:
    settings = {
        **image_settings("manylinux_x86_64"),
        "CIBW_MUSLLINUX_X86_64_IMAGE": NOBODY,
        "CIBW_BUILD": "cp312-*_x86_64",
        "CIBW_OFFLINE": "1",
    }
    ran = run_cibw(copy_project("c", tmp_path), "--engine", engine, settings=settings)
    assert ran.exit_code == 12
    assert NOBODY in ran.output
    assert image("manylinux_x86_64").reference not in ran.output
    assert not ran.wheels
    assert "Traceback" not in ran.output


def test_the_mirror_of_a_registry_stands_in_the_plan(tmp_path: Path) -> None:
    project = copy_project("c", tmp_path)
    ran = run_cibw(project, "plan", *ONLY, settings={"CIBW_MIRRORS": "quay.io/pypa=near.example/pypa"})
    assert ran.exit_code == 0, ran.output
    assert "container of near.example/pypa/manylinux" in ran.words
