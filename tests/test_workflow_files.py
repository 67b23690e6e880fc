"""The workflow files obey the schemas of their CIs, and zizmor finds no weakness in those of GitHub."""

from __future__ import annotations

import os
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
    "pure": ("", ("--pure",)),
    "tags without v": ('tag-format = "{version}"', ()),
}


def run(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], cwd=cwd, capture_output=True, text=True, check=False)


def zizmor(*files: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).with_name("zizmor"))
    words = [program, "--offline", "--no-progress", "--persona", "pedantic", "--min-severity", "low", *files]
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


def git(directory: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    people = {f"GIT_{role}_{part}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    environment = {**os.environ, **settings, **people}
    return subprocess.run(["git", *arguments], cwd=directory, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("form", ["files", "packed", "work tree", "reftable"])
def test_tags_of_a_real_repository_decide(project: Path, form: str) -> None:
    (project / ".git").rmdir()
    if git(project, "init", *(["--ref-format=reftable"] if form == "reftable" else [])).returncode:
        pytest.skip("this git knows no reftable")
    git(project, "add", ".")
    git(project, "commit", "-m", "one")
    for tag in ("1.0", "1.1"):
        assert git(project, "tag", "-a", "-m", tag, tag).returncode == 0
    if form != "files":
        git(project, "pack-refs", "--all")
    if form == "work tree":
        assert git(project, "worktree", "add", "further").returncode == 0
        project /= "further"
    made = run("cibw", "init", "github", cwd=project)
    assert made.returncode == 0, made.stderr
    assert "Releases get tags such as 1.0, like the existing tag 1.1." in made.stdout
    text = (project / ".github/workflows/wheels.yml").read_text("utf-8")
    assert 'tags: ["[0-9]*"]' in text
    assert 'CIBW_TAG_FORMAT: "{version}"' in text
