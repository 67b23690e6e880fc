from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cibw.errors import AuditFailedError, CibwError, CommandFailedError
from cibw.model.plan import Step, StepName
from cibw.model.templates import Placeholder
from unit_test.execution.test_flow import NAME, Trial, a_build, run


@pytest.mark.parametrize(
    ("failing", "kind", "message"),
    [
        ("uv", CommandFailedError, "The audit tools could not be installed, so nothing was audited."),
        ("sh", AuditFailedError, "The audit step failed."),
    ],
)
def test_only_a_command_of_the_audit_finds_fault(
    tmp_path: Path, failing: str, kind: type[CibwError], message: str
) -> None:
    install, judge = run("uv", "pip", "install", "abi3audit"), run("sh", "-c", "abi3audit", Placeholder.WHEEL)
    build = a_build()
    audit = Step(name=StepName.AUDIT, actions=(install, judge))
    trial = Trial(tmp_path)
    trial.failing = failing
    with pytest.raises(kind) as caught:
        trial.go(replace(build, make=(*build.make[:2], audit)))
    assert caught.value.message == message
    assert caught.value.exit_code == kind.exit_code


def test_a_repair_may_make_a_wheel_of_pure_python(tmp_path: Path) -> None:
    pure = "hello-1.0-py3-none-any.whl"
    trial = Trial(tmp_path, repaired=(pure,), native=False)
    runner = trial.go(a_build())
    assert [path.name for path in tmp_path.iterdir()] == [pure]
    assert runner.warnings == [f"The repair step replaced {NAME} with {pure}, a wheel for any platform."]
