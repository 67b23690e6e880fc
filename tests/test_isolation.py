"""What one build does to its environments does not reach any other build, and damaged caches repair themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builds import build, copy_project, run_cibw, selected
from tests.image_settings import image
from unit_test.execution.damages import Damage, empty, garbage, replace_by_dead_link, replace_by_directory, truncate

ONE = "cp311-manylinux_x86_64"
SPOIL = """
import pathlib, setuptools, setuptools.version
place = pathlib.Path(setuptools.version.__file__)
print("FOUND", place.read_text().count("# spoilt"))
with place.open("a") as file:
    file.write("# spoilt\\n")
"""
SPOIL_TESTS = """
import pathlib, pip
place = pathlib.Path(pip.__file__)
print("FOUND IN PIP", place.read_text().count("# spoilt"))
with place.open("a") as file:
    file.write("# spoilt\\n")
"""


def spoiling(directory: Path) -> Path:
    """A project whose build and test append to files of their environments."""
    project = copy_project("c", directory)
    setup = project / "setup.py"
    setup.write_text(SPOIL + setup.read_text())
    (project / "spoil.py").write_text(SPOIL_TESTS)
    return project


def settings_of(engine: str, cache: Path) -> dict[str, str]:
    # A cache of uv of its own: the test must not spoil that of the user where it fails.
    own = {"UV_CACHE_DIR": str(cache / "of-uv")} if engine == "host" else {}
    return {
        **selected(ONE),
        **own,
        "CIBW_CACHE_PATH": str(cache),
        "CIBW_CACHE_PROJECT": "",
        "CIBW_CONTAINER_ENGINE": engine,
        "CIBW_MANYLINUX_X86_64_IMAGE": "" if engine == "host" else image("manylinux_x86_64").reference,
        "CIBW_TEST_COMMAND": "python {project}/spoil.py",
        "CIBW_BUILD_VERBOSITY": "1",
    }


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Path]:
    """A cache directory; the volumes that runs with it have made go with it."""
    yield tmp_path / "cache"
    run_cibw(tmp_path, "--clean-cache", settings={"CIBW_CACHE_PATH": str(tmp_path / "cache")})


@pytest.mark.parametrize(
    "engine", [pytest.param("host", marks=pytest.mark.host), pytest.param("docker", marks=pytest.mark.docker)]
)
def test_what_builds_and_tests_write_into_environments_reaches_no_other_build(
    tmp_path: Path, cache: Path, engine: str
) -> None:
    projects = [spoiling(tmp_path / name) for name in ("a", "b")]
    for project in (projects[0], projects[0], projects[1], projects[0]):
        ran = build(project, settings=settings_of(engine, cache))
        assert "FOUND 0" in ran.output
        assert "FOUND IN PIP 0" in ran.output
        assert "FOUND 1" not in ran.output
        assert "FOUND IN PIP 1" not in ran.output


@pytest.mark.docker
def test_each_project_has_a_volume_of_its_own(tmp_path: Path, cache: Path) -> None:
    """Code in a container is root, and can write to every volume that is mounted."""
    projects = [copy_project("c", tmp_path / name) for name in ("a", "b")]
    settings = {**settings_of("docker", cache), "CIBW_TEST_COMMAND": ""}
    settings["CIBW_BEFORE_BUILD"] = "ls /tmp/cibw/cache && touch /tmp/cibw/cache/left-behind"
    told = [build(project, settings=settings).output for project in (*projects, projects[0])]
    seen = [any(line.split()[-1:] == ["left-behind"] for line in output.splitlines()) for output in told]
    assert seen == [False, False, True]
    shown = run_cibw(tmp_path, "cache", "info", settings={"CIBW_CACHE_PATH": str(cache)})
    names = [line.split()[1] for line in shown.output.splitlines() if line.startswith("volume ")]
    assert len(names) == 2
    assert all(str(project) in shown.output for project in projects)
    run_cibw(tmp_path, "cache", "clear", settings={"CIBW_CACHE_PATH": str(cache)})
    listed = subprocess.run(["docker", "volume", "ls", "-q"], capture_output=True, text=True, check=True).stdout.split()
    assert not set(names) & set(listed)


DAMAGED: tuple[tuple[str, Damage], ...] = (
    ("interpreters.json", replace_by_directory),
    ("interpreters.json", garbage),
    ("interpreters.json", empty),
    ("CACHEDIR.TAG", replace_by_directory),
    ("toolchains/.lock", replace_by_directory),
    ("toolchains/.lock", replace_by_dead_link),
    ("toolchains/fallback/crypt.h", replace_by_directory),
    ("toolchains/x86_64-*/cc", truncate),
    ("toolchains/x86_64-*/c++", empty),
    ("toolchains/x86_64-*/settings.txt", empty),
    ("toolchains/x86_64-*/ar", replace_by_directory),
    ("zig/b/*/builtin.zig", truncate),
    ("zig/o/*/*.o", truncate),
    ("zig/h/*", garbage),
    ("store/lock", replace_by_directory),
    ("store/secret", replace_by_directory),
    ("store/secret", empty),
    ("store/memos/*.json", replace_by_directory),
    ("store/wheels/*/*/entry.json", replace_by_directory),
    ("store/wheels/*/*/*.whl", truncate),
    ("store/last/*/*.json", garbage),
    ("store/sources/*.json", replace_by_directory),
    ("environments/build-*/environment.tar", truncate),
    ("environments/seeded-*/environment.tar", replace_by_directory),
    ("environments/build-*/sha256", empty),
)
QUICK = {
    ("interpreters.json", replace_by_directory),
    ("toolchains/.lock", replace_by_directory),
    ("toolchains/fallback/crypt.h", replace_by_directory),
    ("toolchains/x86_64-*/cc", truncate),
    ("zig/b/*/builtin.zig", truncate),
    ("store/wheels/*/*/entry.json", replace_by_directory),
    ("store/wheels/*/*/*.whl", truncate),
    ("environments/build-*/environment.tar", truncate),
    ("environments/seeded-*/environment.tar", replace_by_directory),
}
"""One of each kind of cache; the session `faults` tries all."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A project that was built on the host, and the cache that this has filled."""
    directory = tmp_path_factory.mktemp("filled")
    project = copy_project("c", directory)
    build(project, settings=_on_host(directory / "cache"))
    return project, directory / "cache"


def _on_host(cache: Path) -> dict[str, str]:
    return {
        **selected(ONE),
        "CIBW_CACHE_PATH": str(cache),
        "CIBW_CACHE": "true",
        "CIBW_CONTAINER_ENGINE": "host",
        "CIBW_TEST_COMMAND": 'python -c "import demo_c"',
    }


@pytest.mark.host
@pytest.mark.parametrize(
    ("pattern", "damage"),
    [pytest.param(*row, marks=() if row in QUICK else pytest.mark.faults_long) for row in DAMAGED],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_damaged_cache_spoils_no_build(filled: tuple[Path, Path], pattern: str, damage: Damage) -> None:
    project, cache = filled
    found = sorted(path for path in cache.glob(pattern) if path.is_file())
    assert found
    for path in found:
        damage(path)
    # What damages the store is seen by a run that takes wheels from it, and all else by one that builds.
    ran = build(project, *(() if pattern.startswith("store/") else ("--no-resume",)), settings=_on_host(cache))
    assert len(ran.wheels) == 1
    assert "Traceback" not in ran.output
    assert ran.words.count("is damaged; ") == _notices(pattern, damage)


def _notices(pattern: str, damage: Damage) -> int:
    """How many notices a damage brings: none where a file is a mere note, or is written again in any case."""
    if pattern.startswith(("environments/", "toolchains/x86_64", "zig/b", "zig/o")):
        return 1
    is_kind = damage in (replace_by_directory, replace_by_dead_link)
    return int(is_kind and not pattern.startswith(("store/memos", "store/sources", "store/wheels")))


@pytest.mark.host
@pytest.mark.parametrize(
    "folder",
    [
        "zig/b",
        "environments",
        *(
            pytest.param(folder, marks=pytest.mark.faults_long)
            for folder in ("zig/o", "zig", "store", "store/wheels", "toolchains")
        ),
    ],
)
def test_a_file_in_place_of_a_directory_of_the_cache_spoils_no_build(filled: tuple[Path, Path], folder: str) -> None:
    project, cache = filled
    shutil.rmtree(cache / folder)
    (cache / folder).write_text("a file")
    ran = build(project, "--no-resume", settings=_on_host(cache))
    assert ran.words.count(f"{folder} is damaged") == 1


@pytest.mark.host
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_lock_that_cannot_be_written_is_replaced(filled: tuple[Path, Path]) -> None:
    project, cache = filled
    (cache / "toolchains" / ".lock").chmod(0o444)
    build(project, "--no-resume", settings=_on_host(cache))
