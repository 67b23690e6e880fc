"""Environments that are kept between runs: resources/uv_build.sh and uv_venv.sh with the real uv."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from cibw.execution.host.session import RESOURCES_DIR, find_uv
from unit_test.execution.damages import DAMAGES, Damage, flip, replace_by_dead_link, replace_by_directory, truncate

PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "tiny"
version = "1.0"
[tool.setuptools]
py-modules = []
"""


class Trial:
    """A project, and the script that builds it."""

    def __init__(self, directory: Path) -> None:
        self.kept = directory / "kept" / "env"
        self.environment = directory / "work" / "env"
        self.wheels = directory / "wheels"
        self.project = directory / "project"
        self.project.mkdir()
        (self.project / "pyproject.toml").write_text(PYPROJECT)

    def build(self, settings: Mapping[str, str] | None = None, *requires: str, digest: str = "") -> str:
        known = digest or hashlib.sha256(PYPROJECT.encode()).hexdigest()
        words = [self.project, known, *(requires or ["setuptools>=77"]), "--", "--wheel", "--out-dir", self.wheels]
        told = self.run("uv_build.sh", settings or {}, *words)
        (wheel,) = self.wheels.glob("*.whl")
        wheel.unlink()
        return told

    def run(self, script: str, settings: Mapping[str, str], *words: str | Path) -> str:
        uv = Path(find_uv(os.environ["PATH"]))
        path = f"{uv.parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", RESOURCES_DIR / script, self.kept, sys.executable, self.environment, *words],
            env={**os.environ, "PATH": path, "PYTHONDONTWRITEBYTECODE": "", **settings},
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    @property
    def the_kept(self) -> Path:
        """The one environment that is kept, as a directory."""
        (kept,) = self.all_kept
        return kept

    def names(self) -> list[str]:
        """What is in the archive of the one environment that is kept."""
        with tarfile.open(self.the_kept / "environment.tar") as archive:
            return archive.getnames()

    @property
    def all_kept(self) -> list[Path]:
        return sorted(self.kept.parent.iterdir()) if self.kept.parent.exists() else []


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


def age(kept: Path, seconds: float) -> None:
    """Let an environment look as if it was last checked so long ago."""
    then = (kept / "checked").stat().st_mtime - seconds
    os.utime(kept / "checked", (then, then))


def test_the_second_build_has_the_bytecode_of_the_modules_that_the_first_imported(trial: Trial) -> None:
    trial.build()
    assert not [name for name in trial.names() if name.endswith(".pyc")]
    trial.build()
    compiled = [name for name in trial.names() if name.endswith(".pyc")]
    assert any("setuptools/__pycache__" in name for name in compiled)
    before = (trial.the_kept / "environment.tar").stat().st_mtime_ns
    trial.build()
    assert (trial.the_kept / "environment.tar").stat().st_mtime_ns == before


def test_what_a_build_writes_into_its_environment_does_not_reach_the_next(trial: Trial, tmp_path: Path) -> None:
    """A setup.py that appends to a module of setuptools, adds a file, and plants bytecode."""
    (trial.project / "setup.py").write_text(
        "import pathlib, setuptools, setuptools.version\n"
        "place = pathlib.Path(setuptools.version.__file__)\n"
        "print('FOUND', place.read_text().count('# mark'), (place.parent / 'dirt.py').exists())\n"
        "with place.open('a') as file:\n"
        "    file.write('# mark\\n')\n"
        "(place.parent / 'dirt.py').touch()\n"
        "for path in (place.parent / '__pycache__').glob('*.pyc'):\n"
        "    path.write_bytes(path.read_bytes() + b'# mark')\n"
        "setuptools.setup()\n"
    )
    for _ in range(3):
        # A cache of uv of its own, because the build spoils it where this fails.
        told = trial.build({"UV_CACHE_DIR": str(tmp_path / "uv")})
        assert "FOUND 0 False" in told
    with tarfile.open(trial.the_kept / "environment.tar") as archive:
        texts = [file.read() for member in archive if member.isfile() and (file := archive.extractfile(member))]
    assert not any(b"# mark" in text for text in texts)


def test_no_file_is_shared_with_the_cache_of_uv_or_with_what_is_kept(trial: Trial, tmp_path: Path) -> None:
    settings = {"UV_CACHE_DIR": str(tmp_path / "uv")}
    trial.build(settings)
    trial.build(settings)
    shared = [path for path in trial.environment.rglob("*") if path.is_file() and path.stat().st_nlink > 1]
    assert shared == []
    trial.run("uv_venv.sh", settings)
    trial.run("uv_venv.sh", settings)
    assert [path for path in trial.environment.rglob("*") if path.is_file() and path.stat().st_nlink > 1] == []


def test_a_listed_module_outside_of_the_environment_is_not_compiled(trial: Trial, tmp_path: Path) -> None:
    trial.build()
    outside = tmp_path / "outside.py"
    outside.write_text("x = 1\n")
    (trial.the_kept / "modules").write_text(f"{outside}\n./lib/../../../outside.py\n../outside.py\n")
    trial.build()
    assert not (tmp_path / "__pycache__").exists()


@pytest.mark.parametrize("name", ["environment.tar", "sha256"])
@pytest.mark.parametrize(
    ("script", "damage"), [("uv_build.sh", truncate), *(("uv_venv.sh", damage) for damage in DAMAGES)]
)
def test_a_damaged_environment_is_made_again(trial: Trial, script: str, name: str, damage: Damage) -> None:
    def run() -> str:
        return trial.build() if script == "uv_build.sh" else trial.run(script, {})

    run()
    damage(trial.the_kept / name)
    notices = [line for line in run().splitlines() if "is damaged" in line]
    assert len(notices) == 1
    assert str(trial.the_kept) in notices[0]
    assert "is damaged" not in run()
    assert (trial.environment / "bin" / "python").exists()


@pytest.mark.parametrize("name", ["modules", "checked"])
@pytest.mark.parametrize("damage", [flip, replace_by_directory, replace_by_dead_link])
def test_damaged_notes_about_an_environment_do_no_harm(trial: Trial, name: str, damage: Damage) -> None:
    trial.build()
    damage(trial.the_kept / name)
    trial.build()
    trial.build()
    assert (trial.environment / "bin" / "python").exists()


def test_a_file_in_place_of_a_kept_environment_is_removed(trial: Trial) -> None:
    trial.build()
    kept = trial.the_kept
    shutil.rmtree(kept)
    kept.write_text("a file")
    assert "is damaged" in trial.build()
    assert (kept / "environment.tar").is_file()


def test_an_environment_that_is_out_of_date_is_made_anew(trial: Trial) -> None:
    trial.build()
    age(trial.the_kept, 3600)
    trial.build(None, "setuptools>=77", "wheel")
    assert [name for name in trial.names() if name.endswith("site-packages/wheel/__init__.py")]


FILES = {
    "UV_CONSTRAINT": "setuptools==78.1.1\n",
    "UV_BUILD_CONSTRAINT": "setuptools==78.1.1\n",
    "UV_OVERRIDE": "setuptools==78.1.1\n",
    "UV_CONFIG_FILE": 'exclude-newer = "2025-06-01T00:00:00Z"\n',
}


@pytest.mark.parametrize("variable", FILES)
def test_the_contents_of_files_that_uv_reads_decide_which_environment_is_taken(
    trial: Trial, tmp_path: Path, variable: str
) -> None:
    def name(text: str) -> str:
        (tmp_path / "file.txt").write_text(text)
        return name_of({variable: str(tmp_path / "file.txt")}, trial.project)

    assert name(FILES[variable]) == name(FILES[variable]) != name(f"# another\n{FILES[variable]}")


@pytest.mark.parametrize("include", ["-r ", "-c ", "--constraint ", "--requirement=", "-c"])
def test_included_files_decide_as_well(trial: Trial, tmp_path: Path, include: str) -> None:
    (tmp_path / "file.txt").write_text(f"{include}parts/inner.txt\n-r file.txt\n")
    (tmp_path / "parts").mkdir()

    def name(text: str) -> str:
        (tmp_path / "parts" / "inner.txt").write_text(text)
        return name_of({"UV_CONSTRAINT": str(tmp_path / "file.txt")}, trial.project)

    assert name("six==1\n") == name("six==1\n") != name("six==2\n")


def test_the_projects_own_settings_of_uv_decide_as_well(trial: Trial) -> None:
    def name(text: str) -> str:
        (trial.project / "uv.toml").write_text(text)
        return name_of({}, trial.project)

    assert name("offline = true\n") != name("offline = false\n")


def name_of(settings: Mapping[str, str], directory: Path) -> str:
    """The name that the script gives an environment with these settings."""
    script = f'. {RESOURCES_DIR}/uv_kept.sh; kept_name env ""'
    environment = {"PATH": os.environ["PATH"], "HOME": str(directory), **settings}
    command = ["sh", "-c", script]
    done = subprocess.run(command, env=environment, cwd=directory, capture_output=True, text=True, check=True)
    return done.stdout


def test_other_constraints_have_an_environment_of_their_own(trial: Trial, tmp_path: Path) -> None:
    trial.build()
    (tmp_path / "constraints.txt").write_text("setuptools==78.1.1\n")
    trial.build({"UV_BUILD_CONSTRAINT": str(tmp_path / "constraints.txt")})
    assert len(trial.all_kept) == 2
    assert list(trial.environment.rglob("setuptools-78.1.1.dist-info"))


def test_requirements_that_a_hook_has_changed_are_left_to_uv(trial: Trial) -> None:
    trial.build(digest="0" * 64)
    assert not trial.environment.exists()
    assert trial.all_kept == []


def test_a_place_that_cannot_be_written_spoils_no_build(trial: Trial) -> None:
    trial.kept.parent.write_text("a file stands in the way")
    assert "Could not save" in trial.build()
    assert trial.environment.exists()


def test_an_environment_with_pip_is_unpacked(trial: Trial) -> None:
    trial.run("uv_venv.sh", {})
    before = (trial.the_kept / "environment.tar").stat().st_mtime_ns
    trial.run("uv_venv.sh", {})
    assert (trial.the_kept / "environment.tar").stat().st_mtime_ns == before
    told = subprocess.run([trial.environment / "bin" / "pip", "--version"], capture_output=True, text=True, check=True)
    assert str(trial.environment) in told.stdout
    assert len(trial.all_kept) == 1


def test_no_secret_decides_the_name_of_what_is_kept(tmp_path: Path) -> None:
    def name(address: str, password: str) -> str:
        return name_of({"UV_INDEX": address, "UV_INDEX_MINE_PASSWORD": password}, tmp_path)

    first = name("https://me:one@index.example/simple", "one")
    assert name("https://me:two@index.example/simple", "two") == first
    assert name("https://me:one@other.example/simple", "one") != first


def test_an_environment_of_yesterday_is_made_anew(trial: Trial) -> None:
    trial.run("uv_venv.sh", {})
    age(trial.the_kept, 2 * 86400)
    before = (trial.the_kept / "environment.tar").stat().st_mtime_ns
    trial.run("uv_venv.sh", {})
    assert (trial.the_kept / "environment.tar").stat().st_mtime_ns != before


def test_an_environment_on_another_file_system_is_kept_as_well(trial: Trial) -> None:
    shared_memory = Path("/dev/shm") / f"cibw-{os.getpid()}"
    trial.environment = shared_memory / "env"
    try:
        trial.run("uv_venv.sh", {})
        trial.run("uv_venv.sh", {})
        assert (trial.environment / "bin" / "pip").exists()
        assert "environment.tar" in {path.name for path in trial.the_kept.iterdir()}
    finally:
        shutil.rmtree(shared_memory)
