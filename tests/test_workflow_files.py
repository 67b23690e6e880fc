"""The workflow files obey the schemas of their CIs, and zizmor finds no weakness in those of GitHub."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCHEMAS = {
    "github": ("vendor.github-workflows",),
    "gitlab": ("vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
    "azure": ("vendor.azure-pipelines", "--data-transform", "azure-pipelines", "--regex-variant", "python"),
    "circleci": ("vendor.circle-ci",),
    "travis": ("vendor.travis",),
}
WIDE = """\
release-targets = "linux:x86_64,aarch64,s390x macos:all windows:all pyodide android ios"
tag-format = "rel/{version}"
"""
VARIANTS = {
    "usual": ("", ()),
    "from sdist": ("", ("--from-sdist",)),
    "no test index": ("", ("--no-test-index",)),
    "all platforms": (WIDE, ("--from-sdist",)),
    "per identifier": (WIDE, ("--per-identifier", "--no-test-index")),
}


def run(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], cwd=cwd, capture_output=True, text=True, check=False)


def zizmor(*files: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).with_name("zizmor"))
    words = [program, "--offline", "--no-progress", "--persona", "pedantic", *files]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text((ROOT / "examples/hello/pyproject.toml").read_text("utf-8"))
    return tmp_path


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("ci", SCHEMAS)
def test_what_init_writes_obeys_the_schema(project: Path, ci: str, variant: str) -> None:
    lines, arguments = VARIANTS[variant]
    path = project / "pyproject.toml"
    path.write_text(f"{path.read_text()}\n{lines}\n")
    made = run("cibw", "init", ci, "--output", "made.yml", *arguments, cwd=project)
    assert made.returncode == 0, made.stderr
    schema, *options = SCHEMAS[ci]
    checked = run("check_jsonschema", "--builtin-schema", schema, *options, str(project / "made.yml"))
    assert checked.returncode == 0, checked.stdout[-3000:]
    if ci == "github":
        judged = zizmor(str(project / "made.yml"))
        assert judged.returncode == 0, judged.stdout


def test_the_schema_finds_mistakes(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("on: push\njobs: {build: {runs-on: ubuntu-24.04, steps: [{uses: 1}]}}\n")
    checked = run("check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(tmp_path / "bad.yml"))
    assert checked.returncode == 1


def test_zizmor_finds_mistakes(tmp_path: Path) -> None:
    text = (ROOT / "examples/workflows/github/.github/workflows/wheels.yml").read_text("utf-8")
    (tmp_path / "bad.yml").write_text(text.replace("cibw sdist", "cibw sdist ${{ github.head_ref }}"))
    assert zizmor(str(tmp_path / "bad.yml")).returncode != 0
