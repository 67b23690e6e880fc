from __future__ import annotations

import pytest

from cibw.cli.arguments import CommandLine, CommandName
from cibw.cli.parser import parse


def test_no_argument_builds_this_directory() -> None:
    assert parse([]) == CommandLine(command=CommandName.BUILD)


@pytest.mark.parametrize(
    ("arguments", "command", "package"),
    [
        (["build"], CommandName.BUILD, "."),
        (["plan"], CommandName.PLAN, "."),
        (["plan", "packages/foo"], CommandName.PLAN, "packages/foo"),
        (["packages/foo"], CommandName.BUILD, "packages/foo"),
        (["./plan"], CommandName.BUILD, "./plan"),
        (["--keep-going", "plan"], CommandName.BUILD, "plan"),
    ],
)
def test_only_the_first_word_is_a_command(arguments: list[str], command: CommandName, package: str) -> None:
    line = parse(arguments)
    assert (line.command, line.package) == (command, package)


def test_every_argument_arrives() -> None:
    texts = "--platform linux --archs x86_64,i686 --enable pypy --enable graalpy --engine host --output-dir out"
    flags = "--allow-empty --keep-going --debug-traceback --verbose"
    assert parse([*texts.split(), *flags.split(), "--config-file", "{package}/a.toml", "sub"]) == CommandLine(
        command=CommandName.BUILD,
        package="sub",
        platform="linux",
        archs="x86_64,i686",
        enable=("pypy", "graalpy"),
        engine="host",
        output_dir="out",
        config_file="{package}/a.toml",
        allow_empty=True,
        keep_going=True,
        debug_traceback=True,
        verbose=True,
    )
    assert parse(["--jobs", "3"]).jobs == 3
    assert parse(["plan", "--json"]).as_json
    assert parse(["--print-build-identifiers"]).print_build_identifiers
    assert parse(["--clean-cache"]).clean_cache
    assert [parse(words).resume for words in ([], ["--resume"], ["--no-resume"])] == [None, True, False]
    assert parse(["--explain-cache"]).explain_cache
    assert parse(["cache"]).action == "info"
    assert parse(["cache", "prune", "--older-than", "1.5"]).older_than == 1.5
    assert parse(["--only", "cp312-manylinux_x86_64"]).only == "cp312-manylinux_x86_64"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--only", "cp312-manylinux_x86_64", "--archs", "x86_64"],
        ["--only", "cp312-manylinux_x86_64", "--platform", "linux"],
        ["--onl", "cp312-manylinux_x86_64"],
        ["cache", "burn"],
        ["cache", "prune", "--older-than", "-1"],
        ["cache", "prune", "--older-than", "weeks"],
        ["--platform", "bsd"],
        ["--engine", "lxc"],
        ["plan", "--keep-going"],
        ["one", "two"],
    ],
)
def test_what_makes_no_sense_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["build"], ["plan"]])
def test_the_help_has_groups_variables_and_exit_codes(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([*command, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for heading in ("project", "selection", "run", "output", "environment variables", "exit codes"):
        assert f"\n{heading}:\n" in text
    for variable in ("CIBW_PLATFORM", "CIBW_ARCHS", "CIBW_ENABLE", "CIBW_ALLOW_EMPTY", "CIBW_OUTPUT_DIR"):
        assert f"[{variable}]" in " ".join(text.split())
    assert ("--json" in text) is (command == ["plan"])
    assert ("--keep-going" in text) is (command != ["plan"])
