from __future__ import annotations

import pkgutil

import pytest

from cibw.cli import commands
from cibw.cli.commands import COMMANDS, build, cache, plan
from cibw.cli.commands.build import BuildArguments
from cibw.cli.main import load_command, parse


def test_no_argument_builds_this_directory() -> None:
    call = parse([])
    assert (call.name, call.line) == ("build", BuildArguments())


@pytest.mark.parametrize(
    ("arguments", "command", "package"),
    [
        (["build"], "build", "."),
        (["plan"], "plan", "."),
        (["plan", "packages/foo"], "plan", "packages/foo"),
        (["packages/foo"], "build", "packages/foo"),
        (["./plan"], "build", "./plan"),
        (["--keep-going", "plan"], "build", "plan"),
    ],
)
def test_only_the_first_word_is_a_command(arguments: list[str], command: str, package: str) -> None:
    call = parse(arguments)
    assert (call.name, call.line.package) == (command, package)


def test_every_argument_arrives() -> None:
    texts = "--platform linux --archs x86_64,i686 --enable pypy --enable graalpy --engine host --output-dir out"
    flags = "--allow-empty --keep-going --debug-traceback --verbose"
    assert parse([*texts.split(), *flags.split(), "--config-file", "{package}/a.toml", "sub"]).line == BuildArguments(
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
    assert build.COMMAND.parse(["--jobs", "3"]).jobs == 3
    assert plan.COMMAND.parse(["--json"]).as_json
    assert build.COMMAND.parse(["--print-build-identifiers"]).print_build_identifiers
    assert build.COMMAND.parse(["--clean-cache"]).clean_cache
    assert [build.COMMAND.parse(words).resume for words in ([], ["--resume"], ["--no-resume"])] == [None, True, False]
    assert build.COMMAND.parse(["--explain-cache"]).explain_cache
    assert cache.COMMAND.parse([]).action == "info"
    assert cache.COMMAND.parse(["prune", "--older-than", "1.5"]).older_than == 1.5
    assert build.COMMAND.parse(["--only", "cp312-manylinux_x86_64"]).only == "cp312-manylinux_x86_64"


def test_the_registry_has_every_file_of_a_command() -> None:
    assert {module.name for module in pkgutil.iter_modules(commands.__path__)} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_file_of_a_command_declares_it(name: str) -> None:
    assert load_command(name).name == name


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_lists_every_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    assert f"\n  {name} " in capsys.readouterr().out


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
