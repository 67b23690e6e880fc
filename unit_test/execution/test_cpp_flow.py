"""Builds whose objects do not get along in C++."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from cibw.errors import MixedRuntimesError
from cibw.execution.machine import OtherCompilers
from cibw.model.events import Status
from unit_test.execution.test_cpp_runtimes import an_object, cpp
from unit_test.execution.test_flow import NAME, Trial, a_build


def wheel_with(directory: Path, **objects: bytes) -> bytes:
    path = directory / "wheel"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in objects.items():
            archive.writestr(f"{name}.so", content)
    content = path.read_bytes()
    path.unlink()
    return content


def mixed(directory: Path) -> bytes:
    return wheel_with(directory, a=cpp("libb.so"), libb=cpp())


def test_a_wheel_whose_cpp_libraries_do_not_fit_is_made_again(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.toolchain = {"CC": "zig", "CXX": "zig++"}
    trial.wheels_of_compilers = {
        "zig": mixed(tmp_path),
        "gcc": wheel_with(tmp_path, a=an_object("libb.so"), libb=cpp()),
    }
    trial.others = lambda given: OtherCompilers(environment={**given, "CC": "gcc"})
    runner = trial.go(a_build())
    assert trial.programs == ["lay", "build", "repair", "lay", "build", "repair", "venv", "test"]
    assert trial.programs_before_tests == 6
    assert trial.made.status is Status.BUILT
    [warning] = runner.warnings
    assert warning.startswith(f"{NAME}: a.so and libb.so are linked with each other")
    assert warning.endswith("built again with a shared C++ library.")


@pytest.mark.parametrize("has_others", [True, False])
def test_a_wheel_whose_cpp_libraries_never_fit_is_refused(has_others: bool, tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.toolchain = {"CC": "zig"}
    trial.wheels_of_compilers = dict.fromkeys(("zig", "gcc"), mixed(tmp_path))
    if has_others:
        trial.others = lambda given: OtherCompilers(environment={**given, "CC": "gcc"})
    with pytest.raises(MixedRuntimesError, match="each contains its own ") as raised:
        trial.go(a_build())
    assert raised.value.context.step == "collect"
    assert "emulation-toolchain" in raised.value.hint
    assert trial.programs.count("build") == 1 + has_others
    assert "test" not in trial.programs
    assert list(tmp_path.iterdir()) == []


def test_wheels_of_other_compilers_are_not_looked_at(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.wheel = mixed(tmp_path)
    trial.go(a_build())
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
