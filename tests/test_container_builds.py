"""Own projects, built in containers of Docker and Podman, of musllinux, and of another architecture."""

from __future__ import annotations

import os
import subprocess
import uuid
from pathlib import Path

import pytest

from cibw.model.identifiers import Target
from cibw.resources.certificates import certificate_file
from tests.builds import ROOT, Ran, build, check_ended_well, check_made_once, check_wheel, copy_project, selected
from tests.image_settings import image, image_settings
from tests.installing import import_from

ENGINES = [pytest.param("docker", marks=pytest.mark.docker), pytest.param("podman", marks=pytest.mark.podman)]


def build_in(engine: str, project: Path, *identifiers: str, **settings: str) -> Ran:
    """Build some identifiers of one target in its image."""
    target = str(Target.parse(identifiers[0].partition("-")[2]))
    chosen = {**image_settings(target), **selected(*identifiers), **settings}
    ran = build(project, "--engine", engine, "--archs", "all", settings=chosen)
    check_ended_well(ran, identifiers)
    for identifier in identifiers:
        check_wheel(ran.wheel_of(identifier), target.partition("_")[0])
        assert ran.wheel_of(identifier).name.endswith(f"{target.partition('_')[2]}.whl")
    return ran


def marked(engine: str, mark: str) -> dict[str, str]:
    """Settings that label the containers of a run, for others may run at the same time."""
    return {"CIBW_CONTAINER_ENGINE": f"{engine}; create-args: --label tests={mark}"}


def leftovers(engine: str, mark: str) -> str:
    """The containers that a run left behind, a line each."""
    command = [engine, "ps", "--all", "--quiet", "--filter", f"label=tests={mark}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("engine", ENGINES)
def test_several_pythons_in_one_container(engine: str, tmp_path: Path) -> None:
    identifiers = [f"{tag}-manylinux_x86_64" for tag in ("cp310", "cp313")]
    mark = uuid.uuid4().hex
    ran = build_in(engine, copy_project("c", tmp_path), *identifiers, **marked(engine, mark))
    assert import_from(ran.wheel_of(identifiers[1]), "cp313", "import demo_c; print(demo_c.hypotenuse(3, 4))", tmp_path)
    assert leftovers(engine, mark) == ""


@pytest.mark.docker
def test_the_pip_of_an_old_python_trusts_the_certificates_of_cibw(tmp_path: Path) -> None:
    old, new = (f"{tag}-manylinux_x86_64" for tag in ("cp39", "cp313"))
    certificates = f"/host{certificate_file(os.environ)}"
    check = (
        f'case $CIBUILDWHEEL_BUILD_IDENTIFIER in cp39-*) cmp "$PIP_CERT" {certificates};; *) test -z "$PIP_CERT";; esac'
    )
    build_in("docker", copy_project("c", tmp_path), old, new, CIBW_BEFORE_BUILD=check)


@pytest.mark.docker
def test_tests_find_sources_around_the_project(tmp_path: Path) -> None:
    project = copy_project("c", tmp_path / "inner")
    (tmp_path / "inner" / "checks").mkdir()
    (tmp_path / "inner" / "checks" / "check.py").write_text("import demo_c; assert demo_c.hypotenuse(3, 4) == 5")
    settings = {"CIBW_TEST_SOURCES": "../checks", "CIBW_TEST_COMMAND": "python ../checks/check.py"}
    build_in("docker", project, "cp313-manylinux_x86_64", **settings)


@pytest.mark.docker
def test_create_args_reach_the_engine(tmp_path: Path) -> None:
    project = copy_project("c", tmp_path)
    (project / "data").mkdir()
    (project / "data" / "given").touch()
    args = "--mount type=bind,source=./data,target=/data,readonly -e GIVEN --group-add 44 --shm-size 32m --rm"
    mounts = "test -e /data/given && ! touch /data/b && df /dev/shm | grep 32768"
    check = f'{mounts} && test "$GIVEN" = yes && id -G | grep -w 44'
    settings = {"CIBW_CONTAINER_ENGINE": f"docker; create-args: {args}", "CIBW_BEFORE_BUILD": check, "GIVEN": "yes"}
    build_in("docker", project, "cp313-manylinux_x86_64", **settings)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_configuration_chooses_the_engine(engine: str, tmp_path: Path) -> None:
    project = copy_project("abi3", tmp_path)
    configuration = project / "pyproject.toml"
    lines = [
        configuration.read_text(encoding="utf-8"),
        f'container-engine = "{engine}"',
        f'manylinux-x86_64-image = "{image("manylinux_x86_64").reference}"',
        'build = "cp311-manylinux_x86_64 cp312-manylinux_x86_64"',
    ]
    configuration.write_text("\n".join(lines), encoding="utf-8")
    ran = build(project)
    check_ended_well(ran, ["cp311-manylinux_x86_64", "cp312-manylinux_x86_64"])
    check_made_once(ran)
    assert engine in ran.output.lower()


@pytest.mark.docker
@pytest.mark.parametrize(
    ("name", "tag"),
    [("cpp", "cp312"), ("cython", "cp310"), ("cffi", "cp311"), ("meson", "cp313"), ("skbuild", "cp311")],
)
def test_build_backends(name: str, tag: str, tmp_path: Path) -> None:
    build_in("docker", copy_project(name, tmp_path), f"{tag}-manylinux_x86_64")


@pytest.mark.docker
def test_the_example_with_the_frontend_build_and_pip(tmp_path: Path) -> None:
    project = tmp_path / "hello"
    subprocess.run(["cp", "-r", str(ROOT / "examples" / "hello"), str(project)], check=True)
    for frontend, tag in (("build", "cp312"), ("pip", "cp311")):
        ran = build(
            project,
            *("--engine", "docker", "--only", f"{tag}-manylinux_x86_64", "--output-dir", f"wheelhouse-{frontend}"),
            settings={**image_settings("manylinux_x86_64"), "CIBW_BUILD_FRONTEND": frontend},
        )
        assert f"hello-1.0.0-{tag}-" in ran.output


@pytest.mark.musl
@pytest.mark.parametrize("engine", ENGINES)
def test_musllinux(engine: str, tmp_path: Path) -> None:
    build_in(engine, copy_project("c", tmp_path), "cp311-musllinux_x86_64")
