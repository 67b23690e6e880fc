from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cibw.cli.commands.publish import COMMAND, PublishArguments
from cibw.cli.session import without_credentials
from unit_test.cli.calling import Caller

WHEEL = "demo-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"


def test_every_argument_arrives() -> None:
    words = (
        "--to ours --simple-url https://a.example/ --skip-existing --allow-http --dry-run --json --package p "
        "--trusted-publishing never a.whl b"
    )
    assert COMMAND.parse(words.split()) == PublishArguments(
        package="p",
        paths=("a.whl", "b"),
        to="ours",
        simple_url="https://a.example/",
        skip_existing=True,
        allow_http=True,
        dry_run=True,
        as_json=True,
        trusted_publishing="never",
    )
    gates = "--require-tag --branch main --branch v* --no-never-from-pull-request"
    assert COMMAND.parse(gates.split()) == PublishArguments(
        require_tag=True, branches=("main", "v*"), never_from_pull_request=False
    )
    assert [COMMAND.parse(more).skip_existing for more in ([], ["--no-skip-existing"])] == [None, False]
    assert COMMAND.parse([]).paths == ()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "Directory not found"),
        (("wheelhouse",), 18, "no wheel or sdist"),
        (("wheelhouse", "other"), 2, "cannot be combined with other paths"),
        (("none.whl",), 2, "Cannot read it"),
        ((WHEEL, "--to", "http://index.example/"), 2, "not encrypted"),
        (("--to", "https://me:hunter22@index.example/", WHEEL), 2, "contains credentials"),
        (("--package", "nowhere", WHEEL), 2, "is missing"),
    ],
)
def test_mistakes(cibw: Caller, arguments: tuple[str, ...], code: int, said: str) -> None:
    (cibw.directory / WHEEL).touch()
    if "wheelhouse" in arguments:
        (cibw.directory / "wheelhouse").mkdir()
    called = cibw("publish", *arguments)
    assert (called.exit_code, called.stdout) == (code, "")
    assert said in " ".join(called.stderr.replace("│", " ").split())
    assert "hunter22" not in called.stderr


def test_files_of_cibw_are_left_out(cibw: Caller) -> None:
    dist = cibw.directory / "dist"
    dist.mkdir()
    for name in (WHEEL, f"{WHEEL}.publish.attestation", "report.json", "dist.json", "notes.txt"):
        (dist / name).touch()
    named = [str(path) for path in sorted(dist.iterdir()) if path.name != "notes.txt"]
    called = cibw("publish", *named, "--to", "http://index.example/")
    assert "http://index.example/ is not encrypted" in " ".join(called.stderr.split())
    called = cibw("publish", *named, str(dist / "notes.txt"), "--to", "http://index.example/")
    assert called.exit_code == 2
    assert "notes.txt" in called.stderr
    assert "report.json" not in called.stderr


def test_twine_may_be_missing(cibw: Caller) -> None:
    (cibw.directory / WHEEL).touch()
    cibw.environment.setitem(sys.modules, "twine", None)
    called = cibw("publish", WHEEL, "--to", "pypi")
    assert called.exit_code == 16
    assert "pip install 'cibw[publish]'" in called.stderr


def test_a_job_that_has_only_the_files(cibw: Caller, tmp_path: Path) -> None:
    (cibw.directory / "pyproject.toml").unlink()
    (tmp_path / WHEEL).touch()
    cibw.environment.setenv("CIBW_PUBLISH_TO", "http://index.example/")
    assert "http://index.example/ is not encrypted" in " ".join(cibw("publish", WHEEL).stderr.split())


def test_hooks_see_no_credentials() -> None:
    kept = {"PATH": "/bin", "TOKENS": "3", "CI": "1"}
    secret = {
        "TWINE_PASSWORD": "a",
        "TWINE_USERNAME": "b",
        "CIBW_PUBLISH_USERNAME": "g",
        "CIBW_PUBLISH_TOKEN": "h",
        "GITHUB_TOKEN": "c",
        "PYPI_ID_TOKEN": "d",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "e",
        "ACTIONS_ID_TOKEN_REQUEST_URL": "f",
    }
    assert without_credentials({**kept, **secret}) == kept


@pytest.mark.parametrize(
    ("command", "argument"),
    [
        *(("publish", "--to"), ("publish", "--simple-url"), ("verify", "--dependencies-from"), ("verify", "--to")),
        *(("check", "--to"), ("release", "--to")),
    ],
)
@pytest.mark.parametrize("address", ["https://me:planted@index.example/", "http://planted@index.example", "//a:b@c/"])
def test_an_address_with_a_login_is_no_argument(cibw: Caller, command: str, argument: str, address: str) -> None:
    """Every user of the computer can read arguments."""
    called = cibw(command, argument, address)
    assert called.exit_code == 2
    assert "contains credentials" in called.stderr
    assert "TWINE_PASSWORD" in called.stderr
    assert "planted" not in called.stdout + called.stderr
