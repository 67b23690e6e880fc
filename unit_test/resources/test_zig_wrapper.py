from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cibw.resources.zig_wrapper import main
from cibw.running.zig_settings import ZigSettings


@pytest.fixture
def settings_file(tmp_path: Path) -> str:
    file = tmp_path / "settings.txt"
    file.write_text(ZigSettings(target="x86_64-linux-gnu.2.17").to_text(), encoding="utf-8")
    return str(file)


@pytest.fixture(autouse=True)
def _path_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    # The wrapper is a program of its own and leaves sys.path changed; this puts it back after the test.
    monkeypatch.syspath_prepend("")


def test_answers_without_zig(settings_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    main("/missing/zig", settings_file, "cc", ["-dumpmachine"])
    assert capsys.readouterr().out == "x86_64-linux-gnu\n"


def test_the_standard_library_comes_first(settings_file: str) -> None:
    main("/missing/zig", settings_file, "cc", ["-dumpversion"])
    assert Path(sys.path[-1]).joinpath("cibw").is_dir()


def test_lost_settings_end_the_call() -> None:
    with pytest.raises(SystemExit, match="lost its settings: /missing/settings"):
        main("/missing/zig", "/missing/settings", "cc", [])
