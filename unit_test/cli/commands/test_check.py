from __future__ import annotations

import json
from pathlib import Path

import pytest

from cibw.cli.commands.check import COMMAND, CheckArguments
from cibw.model.identifiers import BuildIdentifier
from cibw.model.manifest import Manifest, ManifestFile
from cibw.release.upload_plan import read_distribution
from cibw.reporting.files import write_manifest
from unit_test.cli.calling import Called, Caller
from unit_test.release.archives import FIELDS, Made

BUILD = 'build = "cp3{11,12}-manylinux_x86_64"'
MORE = 'build = "cp3{11,12}-manylinux_x86_64 cp312-win*"\nrelease-targets = "linux:x86_64 windows:AMD64"'
TAGS = ("cp311-cp311-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-win_amd64")


def check(cibw: Caller, *arguments: str) -> Called:
    """Check without the linters, which are other programs."""
    return cibw("check", "--no-linters", *arguments)


def rules(called: Called) -> list[str]:
    """The rules whose errors were found, each once."""
    findings = json.loads(called.stdout)["findings"]
    return list(dict.fromkeys(one["rule"] for one in findings if one["severity"] == "error"))


def configure(cibw: Caller) -> None:
    path = cibw.directory / "pyproject.toml"
    path.write_text(path.read_text().replace(BUILD, MORE))


def make(directory: Path) -> list[Path]:
    """A whole and good release."""
    return [*(Made(tag=tag).wheel(directory) for tag in TAGS), Made().sdist(directory)]


def test_every_argument_arrives() -> None:
    words = "--to ours --tag v1 --no-linters --json --verbose --package p a.whl b"
    assert COMMAND.parse(words.split()) == CheckArguments(
        package="p",
        paths=("a.whl", "b"),
        to="ours",
        tag="v1",
        linters=False,
        as_json=True,
        verbose=True,
    )


def test_a_good_release(cibw: Caller, tmp_path: Path) -> None:
    configure(cibw)
    make(tmp_path / "dist")
    called = check(cibw, "--tag", "v1.0")
    assert (called.exit_code, called.stderr) == (0, "")
    assert called.stdout.splitlines()[-1].endswith(": fit to be published")
    assert "Not checked" not in called.stdout


def test_one_call_finds_all_faults(cibw: Caller, tmp_path: Path) -> None:
    configure(cibw)
    dist = tmp_path / "dist"
    windows = Made(tag=TAGS[2]).wheel(dist)
    built = read_distribution(windows).distribution
    manifest = Manifest(
        files=(ManifestFile(filename=windows.name, size=built.size, sha256=built.sha256),),
        expected=(BuildIdentifier.parse("cp313-manylinux_x86_64"),),
    )
    write_manifest(manifest, dist)
    Made(tag=TAGS[2], extra={"demo/changed.py": b""}).wheel(dist)
    Made(tag=TAGS[0], fields=(*FIELDS, "Classifier: Typing :: Typd"), readme=".. image::\n").wheel(dist)
    local = Made(version="1.0+g123")
    local.wheel(dist)
    large = Made(tag="cp313-cp313-win_amd64", extra={"demo/zeros": bytes(101 * 1024 * 1024)}, method=0)
    large.wheel(dist)
    cibw.environment.setenv("GITHUB_ACTIONS", "true")
    cibw.environment.setenv("GITHUB_REF", "refs/tags/v2.0")
    called = check(cibw, "--json")
    assert called.exit_code == 18
    assert set(rules(called)) == {
        "missing-wheel",
        "missing-sdist",
        "changed-file",
        "several-versions",
        "wrong-tag",
        "local-version",
        "file-size",
        "unknown-classifier",
        "readme",
    }
    findings = {one["rule"]: one for one in json.loads(called.stdout)["findings"]}
    missing = "2 of 4 wheels are missing: cp312-manylinux_x86_64, cp313-manylinux_x86_64."
    assert findings["missing-wheel"]["message"] == missing
    assert all(one["fix"] for one in findings.values())


def test_ignored_rules_and_other_indexes(cibw: Caller, tmp_path: Path) -> None:
    paths = make(tmp_path / "dist")
    paths[-1].unlink()
    Made(tag="cp311-cp311-linux_x86_64").wheel(tmp_path / "dist")
    assert rules(check(cibw, "--json")) == ["missing-sdist", "platform-tag"]
    assert rules(check(cibw, "--json", "--to", "https://index.example/")) == ["missing-sdist"]
    assert rules(check(cibw, "--json", "--to", "ours")) == ["missing-sdist"]
    cibw.environment.setenv("CIBW_CHECK_IGNORE", "missing-sdist")
    assert check(cibw, "--to", "ours").exit_code == 0


def test_single_files_and_directories(cibw: Caller, tmp_path: Path) -> None:
    wheel, *_rest = make(tmp_path / "wheelhouse")
    assert check(cibw, str(wheel)).exit_code == 0
    assert check(cibw).exit_code == 0
    (tmp_path / "wheelhouse" / "dist.json").write_text("[")
    called = check(cibw, "--json")
    assert (called.exit_code, rules(called)) == (18, ["odd-file"])


def names_in(directory: Path) -> list[str]:
    """What `*` stands for in a directory, with reports, logs and attestations that cibw wrote there."""
    for name in ("report.json", "demo-1.0.tar.gz.publish.attestation", "demo-1.0.tar.gz.slsa.attestation"):
        (directory / name).write_text("{}")
    (directory / "logs").mkdir()
    return [str(path) for path in sorted(directory.iterdir())]


def test_all_names_of_a_directory_mean_the_directory(cibw: Caller, tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    paths = make(dist)
    changed = ManifestFile(filename=paths[0].name, size=1, sha256="0" * 64)
    write_manifest(Manifest(files=(changed,)), dist)
    called = check(cibw, "--json", *names_in(dist))
    assert (called.exit_code, rules(called)) == (18, ["changed-file"])


def test_files_of_cibw_are_left_out_among_some_of_a_directory(cibw: Caller, tmp_path: Path) -> None:
    paths = make(tmp_path / "dist")
    names = [name for name in names_in(tmp_path / "dist") if name != str(paths[-1])]
    called = check(cibw, *names)
    assert (called.exit_code, called.stderr) == (0, "")


def test_files_of_cibw_alone_are_a_mistake(cibw: Caller, tmp_path: Path) -> None:
    make(tmp_path / "dist")
    names_in(tmp_path / "dist")
    called = check(cibw, "dist/report.json", "dist/logs")
    assert called.exit_code == 2
    assert "report.json and logs cannot be published" in " ".join(called.stderr.split())


def test_nobody_is_told_to_remove_the_manifest(cibw: Caller, tmp_path: Path) -> None:
    make(tmp_path / "dist")
    (tmp_path / "dist" / "dist.json").write_text("[")
    findings = json.loads(check(cibw, "--json").stdout)["findings"]
    fixes = [one["fix"] for one in findings if one["rule"] == "odd-file"]
    assert fixes == ["Copy it again from the job that built the files; it lists the contents of the release."]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "Not found"),
        (("nowhere", "none.whl"), 2, "none.whl"),
        (("empty", "a.whl"), 2, "is a directory and cannot be combined with"),
        (("--config-file", "x.toml", "empty"), 2, "x.toml is missing"),
    ],
)
def test_mistakes(cibw: Caller, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    (tmp_path / "empty").mkdir()
    called = check(cibw, *arguments)
    assert (called.exit_code, called.stdout) == (code, "")
    assert words in " ".join(called.stderr.split())


def test_an_empty_directory(cibw: Caller, tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    called = check(cibw)
    assert called.exit_code == 18
    assert "There are no distributions." in called.stdout


def test_a_job_that_has_only_the_files(cibw: Caller, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").unlink()
    make(tmp_path / "dist")
    cibw.environment.setenv("CIBW_RELEASE_TARGETS", "windows:AMD64")
    cibw.environment.setenv("CIBW_BUILD", "cp31{2,3}-*")
    called = check(cibw, "--json")
    assert rules(called) == ["missing-wheel"]
    assert "1 of 2 wheels are missing: cp313-win_amd64" in called.stdout


def test_a_job_of_github_shows_what_was_found(cibw: Caller, tmp_path: Path) -> None:
    make(tmp_path / "dist")[-1].unlink()
    cibw.environment.setenv("GITHUB_ACTIONS", "true")
    cibw.environment.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    called = check(cibw)
    assert "\n::error title=missing-sdist::There is no sdist." in called.stdout
    assert "| ❌ | `missing-sdist` | There is no sdist." in (tmp_path / "summary.md").read_text("utf-8")
    cibw.environment.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "none" / "summary.md"))
    called = check(cibw, "--json")
    assert "::error title=missing-sdist::" in called.stderr
    assert rules(called) == ["missing-sdist"]


def test_a_mistake_is_an_annotation_too(cibw: Caller) -> None:
    cibw.environment.setenv("GITHUB_ACTIONS", "true")
    assert "::error title=Failed (configuration)::Not found: " in check(cibw).stdout


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({}, 18),
        ({"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/main"}, 0),
        ({"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/tags/v1.0"}, 18),
    ],
)
def test_a_run_of_a_ci_between_tags_takes_local_versions(
    cibw: Caller, tmp_path: Path, variables: dict[str, str], code: int
) -> None:
    made = Made(version="1.1.dev3+gabc")
    made.wheel(tmp_path / "dist")
    made.sdist(tmp_path / "dist")
    for name, value in variables.items():
        cibw.environment.setenv(name, value)
    called = check(cibw)
    assert called.exit_code == code, called.stdout
    assert "local-version" in called.stdout
