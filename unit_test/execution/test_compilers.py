"""Builds on a machine that brings compilers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cibw.errors import CommandFailedError
from cibw.model.templates import EnvExpr
from tests.doubles.machine import RecordingMachine
from unit_test.execution.test_flow import Trial, a_build


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
    trial.says = "a.c:1:10: fatal error: 'a.h' file not found"
    with pytest.raises(CommandFailedError) as caught:
        trial.go(replace(a_build(), environment=(EnvExpr("CC", (compiler,)),)))
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("ModuleNotFoundError: No module named 'numpy'", ""),
        ("error: option --plat-name not recognized", ""),
        ("a.c:1:10: fatal error: 'a.h' file not found", "take another compiler"),
        ("a.c:3:5: error: use of undeclared identifier 'x'", "take another compiler"),
        ("ld.lld: error: undefined symbol: deflate", "take another compiler"),
        ("error: command '/tools/cc' failed with exit code 1", "take another compiler"),
        ("CMake Error: Could NOT find ZLIB (missing: ZLIB_LIBRARY)", "take another compiler"),
        ('meson.build:3:0: ERROR: Dependency "zlib" not found, tried pkgconfig', "take another compiler"),
        ("a.c:1:10: fatal error: 'omp.h' file not found", "zig does not support OpenMP. take another compiler"),
        ("ld.lld: error: undefined symbol: __kmpc_fork_call", "zig does not support OpenMP. take another compiler"),
        ("Could NOT find OpenMP_C (missing: OpenMP_C_FLAGS)", "zig does not support OpenMP. take another compiler"),
        ("error: unable to find dynamic system library: -lgomp", "zig does not support OpenMP. take another compiler"),
        (
            "ERROR: Unknown compiler(s): [['gfortran'], ['flang']]",
            "zig does not support Fortran. take another compiler",
        ),
        (
            "CMake Error: No CMAKE_Fortran_COMPILER could be found.",
            "zig does not support Fortran. take another compiler",
        ),
        (
            "error: library dfftpack has Fortran sources but no Fortran compiler found",
            "zig does not support Fortran. take another compiler",
        ),
    ],
)
def test_the_advice_follows_what_the_output_shows(tmp_path: Path, line: str, hint: str) -> None:
    trial = trial_with_compilers(tmp_path)
    trial.failing, trial.says = "build", line
    with pytest.raises(CommandFailedError) as caught:
        trial.go(a_build())
    assert caught.value.hint == hint
