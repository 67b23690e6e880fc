from __future__ import annotations

from pathlib import Path

import pytest

from cibw.cli.command_line import CommandLine, CommandName
from cibw.cli.sessions import Session
from cibw.errors import ConfigurationError
from cibw.model.target import Platform
from cibw.reporting.look import Look


def session(line: CommandLine | None = None, **environment: str) -> Session:
    return Session(
        line=line or CommandLine(command=CommandName.BUILD),
        environment=environment,
        working_dir=Path("/here"),
        look=Look(),
    )


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("Yes", True), ("", False), ("0", False), ("no", False)])
def test_switches(value: str, expected: bool) -> None:
    assert session(CIBW_DEBUG_KEEP_CONTAINER=value).is_on("CIBW_DEBUG_KEEP_CONTAINER") is expected
    assert session(CIBW_DEBUG_TRACEBACK=value).shows_traceback is expected


def test_the_cache() -> None:
    assert session(CIBW_CACHE_PATH="/kept").cache_dir == Path("/kept")
    assert session(CIBW_CACHE_PATH="kept").cache_dir == Path("/here/kept")
    assert session().cache_dir.name == "cibw"


def test_the_platform() -> None:
    only = CommandLine(command=CommandName.BUILD, only="cp312-win_amd64")
    argument = CommandLine(command=CommandName.BUILD, platform="macos")
    assert session(only, CIBW_PLATFORM="linux").platform() is Platform.WINDOWS
    assert session(argument, CIBW_PLATFORM="linux").platform() is Platform.MACOS
    assert session(CIBW_PLATFORM="pyodide").platform() is Platform.PYODIDE
    assert session(CIBW_PLATFORM="auto").platform() is session().platform()
    with pytest.raises(ConfigurationError, match="'bsd'"):
        session(CIBW_PLATFORM="bsd").platform()


@pytest.mark.parametrize("mode", ["", "azure", "GitHub", "gitlab", "travis", "disabled"])
def test_known_ways_of_folding(mode: str) -> None:
    session(CIBW_LOG_FOLD_MODE=mode).check()


def test_an_unknown_way_of_folding() -> None:
    with pytest.raises(ConfigurationError) as raised:
        session(CIBW_LOG_FOLD_MODE="paper").check()
    assert raised.value.mistakes[0].place == "CIBW_LOG_FOLD_MODE"
    assert "disabled" in raised.value.mistakes[0].hint
