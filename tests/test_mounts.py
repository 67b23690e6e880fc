"""What a container can reach of this computer."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import pytest

from tests.builds import build, copy_project
from tests.image_settings import image_settings

ENGINES = [pytest.param("docker", marks=pytest.mark.docker), pytest.param("podman", marks=pytest.mark.podman)]
_OF_ENGINES = re.compile(r"/|/(proc|sys|dev|run)(/.*)?|/etc/(resolv\.conf|hostname|hosts|mtab)|/run/\.containerenv")
"""What engines give to every container."""
_LIST = 'while read -r _ place _ rights _; do echo "MOUNT $place $rights"; done < /proc/self/mounts'


def mounts(output: str) -> dict[str, bool]:
    """The places that something is mounted at, and whether a container can write there."""
    found = re.findall(r"MOUNT (/\S*) ([a-z]+)", output)
    return {place: rights == "rw" for place, rights in found if not _OF_ENGINES.fullmatch(place)}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("has_host", [True, False], ids=["default", "disable-host-mount"])
def test_the_mounts_of_a_container(tmp_path: Path, engine: str, has_host: bool) -> None:
    project = copy_project("c", tmp_path)
    settings = {
        **image_settings("manylinux_x86_64"),
        "CIBW_BUILD": "cp311-manylinux_x86_64",
        "CIBW_TEST_COMMAND": "",
        "CIBW_BEFORE_BUILD": f"{_LIST}; ls -a / /tmp | tr '\\n' ' '",
        "CIBW_CONTAINER_ENGINE": engine if has_host else f"{engine}; disable-host-mount: true",
    }
    ran = build(project, "--verbose", settings=settings)
    found = mounts(ran.output)
    assert found, ran.output
    of_host = {place for place in found if place == "/host" or place.startswith("/host/")}
    others = found.keys() - of_host
    assert all(place.startswith("/tmp/cibw/") for place in others), found
    assert bool(of_host) is has_host
    assert not has_host or found["/host"]


@pytest.mark.docker
def test_a_build_of_an_sdist_tells_of_the_mount(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "demo_c-1.0.tar.gz", "w:gz") as archive:
        archive.add(copy_project("c", tmp_path), "demo_c-1.0")
    settings = {**image_settings("manylinux_x86_64"), "CIBW_BUILD": "cp311-manylinux_x86_64", "CIBW_TEST_COMMAND": ""}
    hint = 'CIBW_CONTAINER_ENGINE="docker; disable-host-mount: true"'
    ran = build(tmp_path, "demo_c-1.0.tar.gz", settings={**settings, "CIBW_CONTAINER_ENGINE": "docker"})
    assert hint in ran.words
    closed = {**settings, "CIBW_CONTAINER_ENGINE": "docker; disable-host-mount: true"}
    assert hint not in build(tmp_path, "demo_c-1.0.tar.gz", settings=closed).words
