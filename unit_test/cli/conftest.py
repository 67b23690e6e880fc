"""The program, ready to be called."""

from __future__ import annotations

from pathlib import Path

import pytest

from unit_test.cli.calling import Caller, caller_in


@pytest.fixture
def cibw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Caller:
    return caller_in(tmp_path, monkeypatch, capsys)
