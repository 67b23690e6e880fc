"""The GitHub Action: its schema, and what its shell does with inputs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.test_workflow_files import ROOT, run, zizmor
from unit_test.workflows.reading import entries, read_yaml, table

NASTY = '$(touch pwned) "; touch pwned; # `touch pwned`'
FAKE = f"#!{sys.executable}\nimport sys\nprint('\\n'.join(sys.argv[1:]))\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a step printed, and the outputs that it set."""

    words: list[str]
    outputs: list[str]


def script_of(name: str) -> str:
    steps = map(table, entries(read_yaml((ROOT / "action.yml").read_text("utf-8")), "runs", "steps"))
    return next(str(step["run"]) for step in steps if step.get("name") == name)


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    if sys.platform == "win32" or not shutil.which("bash"):
        pytest.skip("needs bash, and programs that a line can start")
    program = tmp_path / "venv/bin/cibw"
    program.parent.mkdir(parents=True)
    program.write_text(FAKE)
    program.chmod(0o755)
    return tmp_path / "venv"


def build(venv: Path, **inputs: str) -> Ran:
    work = venv.parent
    given = {"PACKAGE_DIR": ".", "OUTPUT_DIR": "wheelhouse", "CONFIG_FILE": "", "ONLY": "", "VENV": str(venv)} | inputs
    environment = {**os.environ, "GITHUB_OUTPUT": str(work / "outputs")}
    environment |= {f"ACTION_{name}": value for name, value in given.items()}
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script_of("Build wheels")]
    done = subprocess.run(words, cwd=work, env=environment, capture_output=True, text=True, check=True)
    return Ran(words=done.stdout.splitlines(), outputs=(work / "outputs").read_text().splitlines())


def test_the_action_obeys_its_schema() -> None:
    checked = run("check_jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")
    assert checked.returncode == 0, checked.stdout
    judged = zizmor("action.yml")
    assert judged.returncode == 0, judged.stdout


def test_inputs_that_are_not_given_add_nothing(venv: Path) -> None:
    assert build(venv).words == ["build", "--output-dir", "wheelhouse", "--", "."]


def test_inputs_become_arguments(venv: Path) -> None:
    ran = build(venv, PACKAGE_DIR="pkg", OUTPUT_DIR="out", CONFIG_FILE="cibw.toml", ONLY="cp313-win32")
    expected = "build --output-dir out --config-file cibw.toml --only cp313-win32 -- pkg"
    assert ran.words == expected.split()
    assert ran.outputs == ["wheels=out", "report=out/report.json"]


def test_no_input_becomes_a_command(venv: Path) -> None:
    ran = build(venv, PACKAGE_DIR=NASTY, OUTPUT_DIR=NASTY, CONFIG_FILE=NASTY, ONLY=NASTY)
    assert ran.words == ["build", "--output-dir", NASTY, "--config-file", NASTY, "--only", NASTY, "--", NASTY]
    assert not (venv.parent / "pwned").exists()


def test_the_action_installs_itself_into_an_environment_of_its_own(tmp_path: Path) -> None:
    if sys.platform == "win32" or not shutil.which("bash"):
        pytest.skip("needs bash")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment |= {
        "ACTION_PATH": str(ROOT),
        "ACTION_EXTRAS": "host",
        "ACTION_PYTHON": sys.executable,
        "ACTION_VENV": str(tmp_path / "venv"),
    }
    words = ["bash", "-eo", "pipefail", "-c", script_of("Install cibw")]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    version = subprocess.run([tmp_path / "venv/bin/cibw", "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("cibw ")
