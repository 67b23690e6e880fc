from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cibw.errors import MissingToolError
from cibw.execution.toolchain import TOOLS, ZigSettings
from cibw.execution.zig import lay_compilers, zig_compiler
from tests.doubles.machine import Answer, RecordingMachine
from unit_test.execution.damages import (
    DAMAGES,
    Damage,
    garbage,
    replace_by_dead_link,
    replace_by_directory,
    replace_by_fifo,
)

SETTINGS = ZigSettings(zig="/zig", target="x86_64-linux-gnu.2.17")


def compile_nothing(target: Path) -> None:
    target.write_bytes(b"program")


def test_every_tool_is_the_wrapper_with_its_settings_beside_it(tmp_path: Path) -> None:
    directory = lay_compilers(tmp_path / "root", SETTINGS, compile_nothing)
    assert directory.name.startswith("x86_64-linux-gnu.2.17-")
    assert {path.name for path in directory.iterdir()} == {*TOOLS, "settings.txt", "stand_in.c", "stand_in.cpp"}
    assert [(directory / tool).read_bytes() for tool in TOOLS] == [b"program"] * 4
    assert (directory / "settings.txt").read_text(encoding="utf-8") == SETTINGS.to_text()


def test_compilers_are_laid_once_for_the_same_settings(tmp_path: Path) -> None:
    targets: list[Path] = []

    def compile_wrapper(target: Path) -> None:
        targets.append(target)
        compile_nothing(target)

    first = lay_compilers(tmp_path, SETTINGS, compile_wrapper)
    assert lay_compilers(tmp_path, SETTINGS, compile_wrapper) == first
    assert len(targets) == 1
    assert lay_compilers(tmp_path, replace(SETTINGS, zig="/other/zig"), compile_wrapper) != first


def test_nothing_half_made_is_left(tmp_path: Path) -> None:
    def refuse(_target: Path) -> None:
        raise MissingToolError("no compiler", hint="")

    with pytest.raises(MissingToolError):
        lay_compilers(tmp_path, SETTINGS, refuse)
    assert {path.name for path in tmp_path.iterdir()} <= {".lock", "fallback"}
    assert lay_compilers(tmp_path, SETTINGS, compile_nothing).is_dir()


def test_the_header_that_old_pythons_include_is_there(tmp_path: Path) -> None:
    lay_compilers(tmp_path, SETTINGS, compile_nothing)
    assert "char *crypt(" in (tmp_path / "fallback" / "crypt.h").read_text(encoding="utf-8")


def test_zig_compiles_the_wrapper_with_its_own_cache(tmp_path: Path) -> None:
    machine = RecordingMachine()
    zig_compiler(machine, Path("/tools/zig"), Path("/cache"))(tmp_path / "cc")
    (request,) = machine.requests
    assert request.argv[:2] == ("/tools/zig", "cc")
    assert request.argv[-2:] == ("-o", str(tmp_path / "cc"))
    assert [Path(word).name for word in request.argv if word.endswith("main.c")] == ["main.c"]
    assert request.environment["ZIG_GLOBAL_CACHE_DIR"] == "/cache"


def test_a_zig_that_does_not_run_is_an_error_with_its_reason(tmp_path: Path) -> None:
    machine = RecordingMachine(lambda _request: Answer(exit_code=1, stderr="illegal instruction"))
    with pytest.raises(MissingToolError, match="illegal instruction"):
        zig_compiler(machine, Path("/zig"), Path("/cache"))(tmp_path / "cc")


@pytest.mark.parametrize("name", [*TOOLS, "settings.txt", "stand_in.c"])
@pytest.mark.parametrize("damage", [garbage, replace_by_directory, replace_by_fifo, replace_by_dead_link, Path.unlink])
def test_damaged_compilers_are_laid_again_with_one_notice(tmp_path: Path, name: str, damage: Damage) -> None:
    directory = lay_compilers(tmp_path, SETTINGS, compile_nothing)
    damage(directory / name)
    notices: list[str] = []
    assert lay_compilers(tmp_path, SETTINGS, compile_nothing, notices.append) == directory
    assert (directory / name).is_file()
    assert len(notices) == 1
    lay_compilers(tmp_path, SETTINGS, compile_nothing, notices.append)
    assert len(notices) == 1


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_header_is_written_again(tmp_path: Path, damage: Damage) -> None:
    lay_compilers(tmp_path, SETTINGS, compile_nothing)
    header = tmp_path / "fallback" / "crypt.h"
    content = header.read_bytes()
    damage(header)
    lay_compilers(tmp_path, SETTINGS, compile_nothing)
    assert header.read_bytes() == content
    assert not header.is_symlink()
