from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from cibw.cli.commands.build import BuildArguments
from cibw.cli.commands.check import CheckArguments
from cibw.cli.commands.collect import CollectArguments
from cibw.cli.commands.publish import PublishArguments
from cibw.cli.commands.release import COMMAND, ReleaseArguments, parts_of
from cibw.cli.commands.sdist import SdistArguments
from cibw.cli.commands.verify import VerifyArguments
from cibw.cli.files import made_by_cibw
from cibw.cli.main import parse
from cibw.cli.session import Session, without_logins
from unit_test.cli.calling import Caller


def calls(*arguments: str) -> list[str]:
    return [str(part) for part in parts_of(COMMAND.parse(list(arguments)), "wheelhouse")]


def test_every_argument_arrives() -> None:
    words = "hello --to ours --skip-existing --no-resume --dry-run --timeout 5 --require-tag --collect a b"
    assert COMMAND.parse(words.split()) == ReleaseArguments(
        package="hello",
        to="ours",
        skip_existing=True,
        resume=False,
        dry_run=True,
        timeout=5.0,
        require_tag=True,
        collect=("a", "b"),
    )


def test_all_parts() -> None:
    assert calls() == [
        "cibw sdist",
        "cibw build --resume",
        "cibw collect wheelhouse",
        "cibw check dist",
        "cibw publish dist",
        "cibw verify dist",
    ]
    assert calls("sub dir", "--to", "ours", "--allow-http", "--config-file", "c.toml")[3:] == [
        "cibw check dist --package 'sub dir' --config-file c.toml --to ours",
        "cibw publish dist --package 'sub dir' --config-file c.toml --to ours --allow-http",
        "cibw verify dist --package 'sub dir' --config-file c.toml --to ours --allow-http",
    ]


def test_a_pure_project_has_one_wheel() -> None:
    line = COMMAND.parse([])
    assert [str(part) for part in parts_of(line, "wheelhouse", is_pure=True)] == [
        "cibw sdist --wheel",
        "cibw check dist",
        "cibw publish dist",
        "cibw verify dist",
    ]
    (first, *_rest) = parts_of(COMMAND.parse(["sub", "--config-file", "c.toml"]), "wheelhouse", is_pure=True)
    assert str(first) == "cibw sdist sub --config-file c.toml --wheel"
    assert first.call.line == SdistArguments(package="sub", config_file="c.toml", wheel=True)


def test_what_others_have_built_is_collected_of_pure_projects_too() -> None:
    parts = [str(part) for part in parts_of(COMMAND.parse(["--collect", "a"]), "wheelhouse", is_pure=True)]
    assert parts[0] == "cibw collect a"


def test_a_dry_run_of_what_others_have_built() -> None:
    assert calls("--dry-run", "--collect", "a", "b") == [
        "cibw collect a b",
        "cibw check dist",
        "cibw publish dist --dry-run",
    ]


def test_the_build_is_told_where_and_how_many() -> None:
    parts = list(parts_of(COMMAND.parse(["--engine", "host", "--jobs", "3"]), "wheels"))
    assert str(parts[1]) == "cibw build --engine host --jobs 3 --resume"
    assert (parts[1].call.line.engine, parts[1].call.line.jobs) == ("host", 3)


def test_each_part_gets_the_arguments_of_its_command() -> None:
    index = "--to ours --simple-url https://a.example/ --allow-http"
    gates = "--skip-existing --trusted-publishing never --require-tag --branch main --no-never-from-pull-request"
    checks = "--timeout 5 --dependencies-from https://b.example/"
    line = COMMAND.parse(["--no-resume", *index.split(), *gates.split(), *checks.split(), "sub", "--config-file", "c"])
    assert [part.call.line for part in parts_of(line, "wheels")] == [
        SdistArguments(package="sub", config_file="c"),
        BuildArguments(package="sub", config_file="c", resume=False),
        CollectArguments(paths=("wheels",)),
        CheckArguments(package="sub", config_file="c", paths=("dist",), to="ours"),
        PublishArguments(
            package="sub",
            config_file="c",
            paths=("dist",),
            to="ours",
            simple_url="https://a.example/",
            allow_http=True,
            skip_existing=True,
            trusted_publishing="never",
            require_tag=True,
            branches=("main",),
            never_from_pull_request=False,
            is_checked=True,
        ),
        VerifyArguments(
            package="sub",
            config_file="c",
            paths=("dist",),
            to="ours",
            simple_url="https://a.example/",
            allow_http=True,
            timeout=5.0,
            dependencies_from="https://b.example/",
        ),
    ]


@pytest.mark.parametrize(
    "words",
    [
        "",
        "sub --config-file c --engine host --jobs 2 --no-resume --pure",
        "--to ours --simple-url https://a.example/ --allow-http --no-skip-existing --trusted-publishing never",
        "--no-require-tag --branch main --branch 'release/*' --never-from-pull-request --timeout 5 --dry-run",
        "--dependencies-from https://b.example/ --timeout 2.5 --collect a b",
    ],
)
def test_the_command_of_a_part_has_the_arguments_of_the_part(words: str) -> None:
    line = COMMAND.parse(shlex.split(words))
    assert COMMAND.parse(list(COMMAND.words(line))) == line
    for part in parts_of(line, "wheels"):
        parsed = parse(shlex.split(str(part))[1:])
        given = part.call.line
        # Only the release knows that the files were checked.
        assert parsed.line == (replace(given, is_checked=False) if isinstance(given, PublishArguments) else given)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "nowhere"), "Unknown index 'nowhere'"),
        (("missing",), "is missing"),
        (("--to", "https://me:hunter22@index.example/"), "contains credentials"),
    ],
)
def test_mistakes_are_told_before_anything_is_built(cibw: Caller, arguments: tuple[str, ...], said: str) -> None:
    called = cibw("release", *arguments)
    assert (called.exit_code, called.stdout) == (2, "")
    assert said in " ".join(called.stderr.split())
    assert "hunter22" not in called.stderr


def test_builds_never_see_what_lets_publish() -> None:
    kept = {"PATH": "/bin", "GITHUB_TOKEN": "a", "CIBW_PUBLISH_TO": "testpypi", "FLIT_NO_NETWORK": "1"}
    logins = {
        "TWINE_USERNAME": "a",
        "TWINE_PASSWORD": "b",
        "UV_PUBLISH_TOKEN": "c",
        "CIBW_PUBLISH_PASSWORD": "d",
        "ACTIONS_ID_TOKEN_REQUEST_URL": "e",
    }
    assert without_logins({**kept, **logins}) == kept


def test_a_collected_release_is_no_source_of_a_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session = Session.start(BuildArguments())
    (tmp_path / "dist").mkdir()
    assert tmp_path / "dist" not in made_by_cibw(session, tmp_path / "wheels")
    (tmp_path / "dist" / "dist.json").touch()
    assert tmp_path / "dist" in made_by_cibw(session, tmp_path / "wheels")
