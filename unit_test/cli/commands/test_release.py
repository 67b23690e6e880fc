from __future__ import annotations

from pathlib import Path

import pytest

from cibw.cli.arguments import CommandLine, CommandName
from cibw.cli.commands.release import parts_of
from cibw.cli.files import made_by_cibw
from cibw.cli.parser import parse
from cibw.cli.session import Session, without_logins
from unit_test.cli.calling import Caller


def calls(*arguments: str) -> list[str]:
    return [str(part) for part in parts_of(parse(["release", *arguments]), "wheelhouse")]


def test_every_argument_arrives() -> None:
    words = "hello --to ours --skip-existing --no-resume --dry-run --timeout 5 --require-tag --collect a b"
    assert parse(["release", *words.split()]) == CommandLine(
        command=CommandName.RELEASE,
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
    line = parse(["release"])
    assert [str(part) for part in parts_of(line, "wheelhouse", is_pure=True)] == [
        "cibw sdist --wheel",
        "cibw check dist",
        "cibw publish dist",
        "cibw verify dist",
    ]
    (first, *_rest) = parts_of(parse(["release", "sub", "--config-file", "c.toml"]), "wheelhouse", is_pure=True)
    assert str(first) == "cibw sdist sub --config-file c.toml --wheel"
    assert (first.line.wheel, first.line.output_dir) == (True, "dist")


def test_what_others_have_built_is_collected_of_pure_projects_too() -> None:
    parts = [str(part) for part in parts_of(parse(["release", "--collect", "a"]), "wheelhouse", is_pure=True)]
    assert parts[0] == "cibw collect a"


def test_a_dry_run_of_what_others_have_built() -> None:
    assert calls("--dry-run", "--collect", "a", "b") == [
        "cibw collect a b",
        "cibw check dist",
        "cibw publish dist --dry-run",
    ]


def test_the_build_is_told_where_and_how_many() -> None:
    parts = list(parts_of(parse(["release", "--engine", "host", "--jobs", "3"]), "wheels"))
    assert str(parts[1]) == "cibw build --engine host --jobs 3 --resume"
    assert (parts[1].line.engine, parts[1].line.jobs) == ("host", 3)


def test_each_part_gets_the_arguments_of_its_command() -> None:
    parts = list(parts_of(parse(["release", "--no-resume", "--skip-existing"]), "wheels"))
    assert [part.line.output_dir for part in parts] == ["dist", "", "dist", "", "", ""]
    assert [part.line.paths for part in parts] == [(), (), ("wheels",), ("dist",), ("dist",), ("dist",)]
    assert parts[1].line.resume is False
    assert [part.line.is_checked for part in parts] == [False, False, False, False, True, False]
    assert parts[4].line.skip_existing is True


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
    session = Session.start(parse(["build"]))
    (tmp_path / "dist").mkdir()
    assert tmp_path / "dist" not in made_by_cibw(session, tmp_path / "wheels")
    (tmp_path / "dist" / "dist.json").touch()
    assert tmp_path / "dist" in made_by_cibw(session, tmp_path / "wheels")
