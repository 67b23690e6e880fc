"""pip in the build environment of a Linux host: resources/pip_on_demand.sh with the real uv."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cibw.execution.host.session import RESOURCES_DIR, find_uv


@pytest.mark.parametrize("name", ["pip", "pip3"])
def test_pip_is_installed_when_something_calls_it(tmp_path: Path, name: str) -> None:
    uv, programs = find_uv(os.environ["PATH"]), tmp_path / "env" / "bin"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(programs.parent)], check=True)
    subprocess.run(["sh", str(RESOURCES_DIR / "pip_on_demand.sh"), "--into", str(programs)], check=True)
    told = {**os.environ, "PATH": f"{Path(uv).parent}:{os.environ['PATH']}"}

    def call(settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        command = [str(programs / name), "--version"]
        return subprocess.run(command, env={**told, **settings}, capture_output=True, text=True, check=False)

    offline = {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "cache")}
    assert "pip" in call(offline).stderr
    assert call(offline).returncode != 0
    for _ in range(2):
        assert str(programs.parent) in call({}).stdout
