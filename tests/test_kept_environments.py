"""Environments that are kept between runs: resources/uv_build.sh and uv_venv.sh with the real uv."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cibw.running.host_session import RESOURCES_DIR, find_uv

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

    def build(self, settings: Mapping[str, str] | None = None, *requires: str, digest: str = "") -> None:
        known = digest or hashlib.sha256(PYPROJECT.encode()).hexdigest()
        words = [self.project, known, *(requires or ["setuptools>=77"]), "--", "--wheel", "--out-dir", self.wheels]
        self.run("uv_build.sh", settings or {}, *words)
        (wheel,) = self.wheels.glob("*.whl")
        wheel.unlink()

    def run(self, script: str, settings: Mapping[str, str], *words: str | Path) -> None:
        uv = Path(find_uv(os.environ["PATH"]))
        path = f"{uv.parent}:{os.environ['PATH']}"
        subprocess.run(
            ["sh", RESOURCES_DIR / script, self.kept, sys.executable, self.environment, *words],
            env={**os.environ, "PATH": path, "PYTHONDONTWRITEBYTECODE": "", **settings},
            check=True,
        )

    @property
    def all_kept(self) -> list[Path]:
        return sorted(self.kept.parent.iterdir()) if self.kept.parent.exists() else []


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


def test_the_second_build_has_the_bytecode_of_the_first(trial: Trial) -> None:
    trial.build()
    (kept,) = trial.all_kept
    assert list(kept.rglob("setuptools/__pycache__/*.pyc"))
    (kept / "mark").touch()
    trial.build()
    assert (trial.environment / "mark").exists()
    assert trial.all_kept == [kept]


def test_what_a_build_leaves_in_its_environment_is_not_kept(trial: Trial) -> None:
    trial.build()
    (trial.environment / "dirt").touch()
    trial.build()
    assert not (trial.environment / "dirt").exists()


def test_an_environment_that_is_out_of_date_is_made_anew(trial: Trial) -> None:
    trial.build()
    (kept,) = trial.all_kept
    (kept / "mark").touch()
    old = kept.stat().st_mtime - 3600
    os.utime(kept / ".checked", (old, old))
    trial.build(None, "setuptools>=77", "wheel")
    assert not (kept / "mark").exists()
    assert list(kept.rglob("wheel/__init__.py"))


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
    trial.build()
    assert trial.environment.exists()


def test_an_environment_with_pip_is_copied(trial: Trial) -> None:
    trial.run("uv_venv.sh", {})
    (kept,) = trial.all_kept
    (kept / "mark").touch()
    trial.run("uv_venv.sh", {})
    assert (trial.environment / "mark").exists()
    told = subprocess.run([trial.environment / "bin" / "pip", "--version"], capture_output=True, text=True, check=True)
    assert str(trial.environment) in told.stdout
    assert not list(kept.parent.glob("*.[0-9]*"))


def test_no_secret_decides_the_name_of_what_is_kept() -> None:
    def name(address: str, password: str) -> str:
        script = f'. {RESOURCES_DIR}/uv_kept.sh; kept_name env ""'
        settings = {"UV_INDEX": address, "UV_INDEX_MINE_PASSWORD": password, "PATH": os.environ["PATH"]}
        done = subprocess.run(["sh", "-c", script], env=settings, capture_output=True, text=True, check=True)
        return done.stdout

    first = name("https://me:one@index.example/simple", "one")
    assert name("https://me:two@index.example/simple", "two") == first
    assert name("https://me:one@other.example/simple", "one") != first


def test_an_environment_of_yesterday_is_made_anew(trial: Trial) -> None:
    trial.run("uv_venv.sh", {})
    (kept,) = trial.all_kept
    (kept / "mark").touch()
    old = kept.stat().st_mtime - 2 * 86400
    os.utime(kept / ".checked", (old, old))
    trial.run("uv_venv.sh", {})
    assert not (trial.environment / "mark").exists()


def test_nothing_half_made_is_kept(trial: Trial) -> None:
    shared_memory = Path("/dev/shm") / f"cibw-{os.getpid()}"
    trial.environment = shared_memory / "env"
    try:
        trial.run("uv_venv.sh", {})
        assert (trial.environment / "bin" / "pip").exists()
        assert trial.all_kept == []
    finally:
        shutil.rmtree(shared_memory)
