"""The benchmark works; how fast anything is, no test says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builds import ROOT


@pytest.mark.docker
def test_the_tiny_case(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    arguments = ["--only", "tiny", "--runs", "1", "--no-warm-up", "--json", str(figures)]
    done = subprocess.run(
        [sys.executable, str(ROOT / "bin" / "benchmark.py"), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    samples = json.loads(figures.read_text(encoding="utf-8"))["tiny"]["samples"]
    assert list(samples) == ["cibw", "peer with uv", "limit"]
    assert all(len(rounds) == 1 and rounds[0]["seconds"] > 0 for rounds in samples.values())
    assert all(f"| {name} |" in done.stdout for name in samples)
