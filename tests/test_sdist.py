"""Real sdists: of repositories in all states, built once, and wheels from them."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from cibw.model.manifest import Manifest
from cibw.reporting.files import read_manifest
from tests.builds import ROOT, Ran, check_ended_well, environment, run_cibw

SDIST = "hello-1.0.0.tar.gz"
ONLY = ("--engine", "host", "--only", "cp311-manylinux_x86_64")


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """A cache of the test's own, and git that needs nobody's configuration."""
    names = ("AUTHOR", "COMMITTER")
    people = {f"GIT_{name}_{part}": "a@example.org" for name in names for part in ("NAME", "EMAIL")}
    return {**people, "CIBW_CACHE_PATH": str(tmp_path / "cache"), "GIT_CONFIG_GLOBAL": "/dev/null"}


def hello(directory: Path) -> Path:
    """A copy of the example."""
    return Path(shutil.copytree(ROOT / "examples/hello", directory / "hello"))


def git(directory: Path, settings: dict[str, str], *arguments: str) -> None:
    command = ["git", "-c", "protocol.file.allow=always", *arguments]
    subprocess.run(command, cwd=directory, env=environment(settings), check=True, capture_output=True)


def repository(project: Path, settings: dict[str, str], *tags: str) -> Path:
    """A project with one commit."""
    git(project, settings, "init", "-b", "main")
    git(project, settings, "add", ".")
    git(project, settings, "commit", "-m", "one")
    for tag in tags:
        git(project, settings, "tag", tag)
    return project


def manifest_of(directory: Path) -> Manifest:
    found = read_manifest(directory)
    assert found is not None
    return found


def by_setuptools_scm(project: Path) -> Path:
    text = (project / "pyproject.toml").read_text("utf-8")
    text = text.replace('version = "1.0.0"', 'dynamic = ["version"]')
    text = text.replace('requires = ["', 'requires = ["setuptools-scm>=8", "', 1)
    (project / "pyproject.toml").write_text(f"{text}\n[tool.setuptools_scm]\n", "utf-8")
    return project


def test_a_source_has_one_sdist(tmp_path: Path, settings: dict[str, str]) -> None:
    project = repository(hello(tmp_path), settings)
    first = run_cibw(project, "sdist", settings=settings)
    assert first.exit_code == 0, first.output
    content = (project / "dist" / SDIST).read_bytes()
    (entry,) = manifest_of(project / "dist").files
    assert (entry.filename, entry.size) == (SDIST, len(content))
    assert entry.source
    assert {path.name for path in (project / "dist").iterdir()} == {SDIST, "dist.json"}
    with tarfile.open(project / "dist" / SDIST) as archive:
        assert "hello-1.0.0/src/hello/_hello.c" in archive.getnames()

    again = run_cibw(project, "sdist", settings=settings)
    assert "already built from the same source" in again.words
    assert (project / "dist" / SDIST).read_bytes() == content

    forced = run_cibw(project, "sdist", "--force", settings=settings)
    assert "already built" not in forced.words
    (project / "README.md").write_text("Another text.\n")
    changed = run_cibw(project, "sdist", settings=settings)
    assert "already built" not in changed.words
    assert "README.md" in changed.output, "a change that is not committed is told"


def test_the_same_commit_elsewhere_is_the_same_source(tmp_path: Path, settings: dict[str, str]) -> None:
    origin = repository(hello(tmp_path), settings)
    run_cibw(origin, "sdist", settings=settings)
    git(tmp_path, settings, "clone", str(origin), "clone")
    shutil.copytree(origin / "dist", tmp_path / "clone/dist")
    ran = run_cibw(tmp_path / "clone", "sdist", settings=settings)
    assert "already built from the same source" in ran.words


def test_an_sdist_that_is_not_the_noted_one_is_built_anew(tmp_path: Path, settings: dict[str, str]) -> None:
    project = hello(tmp_path)
    run_cibw(project, "sdist", settings=settings)
    (project / "dist" / SDIST).write_bytes(b"broken")
    ran = run_cibw(project, "sdist", settings=settings)
    assert "already built" not in ran.words
    assert tarfile.is_tarfile(project / "dist" / SDIST)


def test_a_shallow_clone_gives_no_version(tmp_path: Path, settings: dict[str, str]) -> None:
    origin = repository(by_setuptools_scm(hello(tmp_path)), settings, "v2.5")
    git(tmp_path, settings, "clone", "--depth", "1", origin.as_uri(), "shallow")
    ran = run_cibw(tmp_path / "shallow", "sdist", settings=settings)
    assert ran.exit_code == 18
    assert "git fetch --unshallow --tags" in ran.words
    assert not list((tmp_path / "shallow/dist").glob("*"))
    git(tmp_path, settings, "clone", origin.as_uri(), "deep")
    ran = run_cibw(tmp_path / "deep", "sdist", settings=settings)
    assert ran.exit_code == 0, ran.output
    assert (tmp_path / "deep/dist/hello-2.5.tar.gz").is_file()


def test_a_submodule_that_is_not_checked_out(tmp_path: Path, settings: dict[str, str]) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library/a.h").touch()
    library = repository(tmp_path / "library", settings)
    project = hello(tmp_path)
    git(project, settings, "init", "-b", "main")
    git(project, settings, "submodule", "add", str(library), "src/library")
    repository(project, settings)
    git(tmp_path, settings, "clone", str(project), "clone")
    ran = run_cibw(tmp_path / "clone", "sdist", settings=settings)
    assert ran.exit_code == 18
    assert "src/library" in ran.words
    assert "git submodule update --init --recursive" in ran.words
    git(tmp_path / "clone", settings, "submodule", "update", "--init", "--recursive")
    assert run_cibw(tmp_path / "clone", "sdist", settings=settings).exit_code == 0


def test_the_build_sees_no_credentials(tmp_path: Path, settings: dict[str, str]) -> None:
    project = hello(tmp_path)
    setup = project / "setup.py"
    setup.write_text(f"import os\nprint('SEEN', sorted(os.environ))\n{setup.read_text('utf-8')}", "utf-8")
    secrets = {"TWINE_PASSWORD": "hush", "MY_TOKEN": "hush", "ACTIONS_ID_TOKEN_REQUEST_URL": "hush", "VISIBLE": "1"}
    ran = run_cibw(project, "sdist", settings={**settings, **secrets})
    assert ran.exit_code == 0, ran.output
    assert "'VISIBLE'" in ran.output
    assert all(name not in ran.output for name in secrets if name != "VISIBLE")


def test_a_backend_that_fails_is_shown(tmp_path: Path, settings: dict[str, str]) -> None:
    project = hello(tmp_path)
    (project / "setup.py").write_text("raise SystemExit('no way')\n")
    ran = run_cibw(project, "sdist", settings=settings)
    assert ran.exit_code == 1
    assert "no way" in ran.words
    assert 'Traceback (most recent call last):\n  File "' + str(ROOT) not in ran.output
    assert list((project / "dist").iterdir()) == []


def from_sdist(project: Path, settings: dict[str, str], *arguments: str) -> Ran:
    ran = run_cibw(project, "build", *ONLY, *arguments, settings=settings)
    assert ran.exit_code == 0, ran.output
    return ran


@pytest.mark.host
def test_wheels_are_built_from_the_sdist(tmp_path: Path) -> None:
    project = hello(tmp_path)
    ran = from_sdist(project, {}, "--from-sdist")
    (sdist,) = manifest_of(project / "dist").files
    assert f"from the sdist {SDIST}, SHA-256 {sdist.sha256}" in ran.words
    assert len(ran.wheels) == 1
    manifest = manifest_of(ran.output_dir)
    assert [str(one) for one in manifest.expected] == ["cp311-manylinux_x86_64"]

    # The file is taken as it is, also where the project has another text by now; the options are the project's.
    (project / "src/hello/_hello.c").write_text("#error not of the sdist\n")
    with (project / "pyproject.toml").open("a") as file:
        file.write('\n[[tool.cibw.overrides]]\nselect = "*"\ntest-command = "echo of the project"\n')
    again = from_sdist(project, {}, f"--from-sdist=dist/{SDIST}")
    assert "of the project" in again.words
    assert manifest_of(project / "dist").files == (sdist,)
    # In a CI the sdist comes from another checkout, and the note would be no help.
    noted = from_sdist(project, {"CI": ""}, "--from-sdist")
    assert "the source has changed since this sdist was built" in noted.words
    check_ended_well(noted, ["cp311-manylinux_x86_64"])
