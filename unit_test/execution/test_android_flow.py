"""The flow of every identifier of Android, on a machine that only records."""

from __future__ import annotations

from pathlib import Path

import pytest

from cibw.model.identifiers import Platform
from cibw.model.plan import WheelBuild
from unit_test.execution.test_platforms import Trial
from unit_test.planning.planned import DOCKER, MAC, options_of, plan_with

TOML = """[tool.cibw]
archs = "all"
before-build = "prepare"
environment = 'PATH="$PATH" VALUE="$(tell value)"'
before-test = "make data"
test-command = "python -m pytest tests"
test-sources = ["tests"]
"""
OPTIONS = options_of(TOML, platform=Platform.ANDROID)
# An emulator runs one processor alone, so that it takes two hosts to test all.
BUILDS = [
    build
    for facts in (DOCKER, MAC)
    for job in plan_with(OPTIONS, facts).jobs
    for build in job.builds
    if not build.untested
]


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: str(build.identifier))
def test_the_flow(build: WheelBuild, tmp_path: Path) -> None:
    trial = Trial(build, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [trial.made.wheel.filename]
    assert all("{" not in word for request in trial.machine.requests for word in (*request.argv, request.cwd))
    assert len(trial.fetched) == 2
    assert all(path.startswith("/c/interpreters/") for _, path in trial.fetched)
    (frontend,) = trial.asked_with("uv build")
    assert frontend.argv[:2] == ("sh", "/w/android.sh")
    assert frontend.environment["VALUE"] == "told"
    assert frontend.environment["ANDROID_API_LEVEL"] == "24"
    assert frontend.environment["CMAKE_TOOLCHAIN_FILE"] == "/w/toolchain.cmake"
    (repair,) = trial.asked_with("auditwheel repair")
    assert "--ldpaths /w/ldpaths/clang:/w/ldpaths/sysroot -w /w/repaired /w/built/" in repair.argv[-1]
    for hook in ("prepare", "make data"):
        assert trial.asked_with(hook)[-1].argv == ("sh", "/w/android.sh", "sh", "-c", hook)
    (test,) = trial.asked_with("android.py test")
    assert test.argv[-4:] == ("--", "-m", "pytest", "tests")
    assert test.environment["VIRTUAL_ENV"] == "/w/build-env"


def test_all_are_tested_somewhere() -> None:
    assert len({build.identifier for build in BUILDS}) == 6
