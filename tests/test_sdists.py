"""Real projects: on the host for manylinux_2_17, in containers, and imported in a clean environment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.builds import PROJECTS, Ran, build, check_ended_well, check_wheel, native_files, selected
from tests.downloads import unpack
from tests.image_settings import image
from tests.installing import here, import_from
from tests.needs import Needs
from tests.sdists import FAST, SLOW, Sdist, download, libyaml_source

ALL_PYTHONS = ("cp310", "cp311", "cp312", "cp313")
NAMES = [sdist.name for sdist in FAST]
EVERY = [*FAST, *SLOW]


def place(sdist: Sdist, directory: Path, needs: Needs) -> str:
    """The sdist where cibw takes it: the archive itself, or its folder where a library's source has to lie beside."""
    if sdist.name != "pyyaml":
        return str(download(sdist))
    try:
        source = libyaml_source()
    except LookupError as error:
        needs.miss("host", str(error))
        raise
    project = unpack(download(sdist), directory)
    (project / "libyaml.tar").write_bytes(source.read_bytes())
    script = PROJECTS / "libyaml" / "build_libyaml.sh"
    (project / script.name).write_bytes(script.read_bytes())
    return "."


def build_sdist(package: str, sdist: Sdist, directory: Path, engine: str, tags: Sequence[str]) -> Ran:
    """Build and test the wheels of an sdist for some Pythons, and import them elsewhere."""
    identifiers = [f"{tag}-manylinux_x86_64" for tag in tags]
    settings = {
        **sdist.settings,
        **selected(*identifiers),
        "CIBW_TEST_COMMAND": sdist.test_command,
        "CIBW_MANYLINUX_X86_64_IMAGE": image("manylinux_x86_64").reference if engine == "docker" else "manylinux2014",
    }
    where = next(directory.glob(f"{sdist.name}-*"), directory) if package == "." else directory
    (where / "empty.toml").touch()
    configuration = ("--config-file", "empty.toml") if sdist.is_outdated else ()
    ran = build(where, package, "--engine", engine, *configuration, settings=settings)
    check_ended_well(ran, identifiers)
    for tag, identifier in zip(tags, identifiers, strict=True):
        check_wheel(ran.wheel_of(identifier), "manylinux_2_17_x86_64" if engine == "host" else "manylinux")
        if tag in here(tag):
            assert import_from(ran.wheel_of(identifier), tag, sdist.check, directory)
    return ran


@pytest.mark.host
@pytest.mark.parametrize("sdist", FAST, ids=NAMES)
def test_on_the_host(sdist: Sdist, tmp_path: Path, needs: Needs) -> None:
    tags = here(*ALL_PYTHONS)
    tag = tags[FAST.index(sdist) % len(tags)]
    ran = build_sdist(place(sdist, tmp_path, needs), sdist, tmp_path, "host", [tag])
    if sdist.name == "pyyaml":
        assert any("libyaml" in name for name in native_files(ran.wheels[0]))


@pytest.mark.docker
@pytest.mark.parametrize("sdist", FAST, ids=NAMES)
def test_in_a_container(sdist: Sdist, tmp_path: Path, needs: Needs) -> None:
    tag = ALL_PYTHONS[FAST.index(sdist) % len(ALL_PYTHONS)]
    build_sdist(place(sdist, tmp_path, needs), sdist, tmp_path, "docker", [tag])


@pytest.mark.slow
@pytest.mark.parametrize(
    "engine", [pytest.param("host", marks=pytest.mark.host), pytest.param("docker", marks=pytest.mark.docker)]
)
@pytest.mark.parametrize("sdist", EVERY, ids=[sdist.name for sdist in EVERY])
def test_every_python(engine: str, sdist: Sdist, tmp_path: Path, needs: Needs) -> None:
    tags = here(*ALL_PYTHONS) if engine == "host" else list(ALL_PYTHONS)
    build_sdist(place(sdist, tmp_path, needs), sdist, tmp_path, engine, tags)
