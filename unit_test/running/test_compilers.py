"""Builds on a machine that brings compilers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cibw.errors import CommandFailedError
from cibw.model.environment import EnvExpr
from cibw.running.recording import RecordingMachine
from unit_test.running.test_flow import Trial, a_build


def trial_with_compilers(output_dir: Path) -> Trial:
    trial = Trial(output_dir)
    trial.toolchain = {"CC": "/tools/cc", "CXX": "/tools/c++", "AR": "/tools/ar"}
    trial.machine = RecordingMachine(trial.answer, {"PATH": "/bin", **trial.toolchain})
    return trial


def test_a_build_uses_the_compilers_that_its_machine_brings(tmp_path: Path) -> None:
    trial = trial_with_compilers(tmp_path)
    trial.go(a_build())
    assert trial.toolchain.items() <= trial.machine.requests[1].environment.items()


def test_a_project_with_its_own_compiler_gets_no_other_one(tmp_path: Path) -> None:
    trial = trial_with_compilers(tmp_path)
    trial.go(replace(a_build(), environment=(EnvExpr("CC", ("gcc",)),)))
    environment = trial.machine.requests[1].environment
    assert environment["CC"] == "gcc"
    assert {"CXX", "AR"}.isdisjoint(environment)


@pytest.mark.parametrize(("compiler", "hint"), [("/tools/cc -v", "take another compiler"), ("gcc", "")])
def test_where_the_compilers_fail_a_user_gets_an_advice(tmp_path: Path, compiler: str, hint: str) -> None:
    trial = trial_with_compilers(tmp_path)
    trial.failing = "build"
    with pytest.raises(CommandFailedError) as caught:
        trial.go(replace(a_build(), environment=(EnvExpr("CC", (compiler,)),)))
    assert caught.value.hint == hint
