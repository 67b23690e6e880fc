"""Standard streams, directories and names that are not as usual: each ends with a code and without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PYPROJECT = '[project]\nname = "demo"\nversion = "1.0"\n[tool.cibw]\nbuild = "cp312-manylinux_x86_64"\n'
CALL = f"exec '{sys.executable}' -m cibw plan"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="these are words of a POSIX shell")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    return tmp_path


def run(directory: Path, words: str, **variables: str) -> tuple[int, str]:
    """The exit code of a shell's words, and all that was printed."""
    names = ("PATH", "HOME", "PYTHONPATH", "TMPDIR")
    environment = {name: os.environ[name] for name in names if name in os.environ}
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", words],
        cwd=directory,
        env={**environment, "PYTHONPATH": str(root), "CIBW_CACHE_PATH": str(directory / "cache"), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    text = done.stdout.decode("utf-8", "backslashreplace")
    assert "Traceback" not in text
    assert "Exception ignored" not in text
    return done.returncode, text


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (f"{CALL} >&-", 0),
        (f"{CALL} >&- 2>&-", 0),
        (f"{CALL} nowhere 2>&-", 2),
        (f"({CALL}) | true", 1),
        (f"mkdir gone; cd gone; rmdir ../gone; {CALL}", 1),
    ],
)
def test_streams_and_directories_that_are_gone(project: Path, words: str, exit_code: int) -> None:
    assert run(project, words)[0] == exit_code


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux alone has a disk that is always full")
def test_a_full_disk_behind_standard_output(project: Path) -> None:
    exit_code, text = run(project, f"{CALL} > /dev/full")
    assert exit_code == 1
    assert "No space left on device" in text


@pytest.mark.parametrize("name", ["A_TOKEN", "LANG", "GITHUB_REF", "COLUMNS", "TERM", "DOCKER_CONTEXT"])
def test_a_variable_that_is_no_text(project: Path, name: str) -> None:
    assert run(project, CALL, **{name: "\udcff\udc9b31m"})[0] == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_names_that_the_terminal_can_not_show(project: Path, encoding: str) -> None:
    exit_code, text = run(project, f"{CALL} $'nowhere-\\xff\\u2713'", PYTHONIOENCODING=encoding)
    assert exit_code == 2
    assert "nowhere-\\udcff" in text
