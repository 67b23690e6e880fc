from __future__ import annotations

from dataclasses import replace

import pytest

from cibw.errors import CommandFailedError
from cibw.execution.steps import evaluate
from cibw.model.templates import CommandRequest, EnvExpr, Outcome, Placeholder, Substitution, Variable

BINDINGS = {Placeholder.PROJECT: "/project", Placeholder.WORK: "/work"}


def never(request: CommandRequest) -> Outcome:
    raise AssertionError(f"{request} should not run")


def test_each_assignment_sees_the_earlier_ones() -> None:
    expressions = (
        EnvExpr("PATH", (Placeholder.WORK, "/bin:", Variable("PATH"))),
        EnvExpr("TWICE", (Variable("PATH"), ";", Variable("PATH"))),
    )
    result = evaluate(expressions, {"PATH": "/usr/bin"}, BINDINGS, never)
    assert result == {"PATH": "/work/bin:/usr/bin", "TWICE": "/work/bin:/usr/bin;/work/bin:/usr/bin"}


@pytest.mark.parametrize(
    ("environment", "or_empty", "expected"),
    [
        ({}, True, "other/project"),
        ({"X": ""}, True, "other/project"),
        ({"X": ""}, False, ""),
        ({"X": "set"}, True, "set"),
    ],
)
def test_default_of_a_variable(environment: dict[str, str], or_empty: bool, expected: str) -> None:
    variable = Variable("X", default=("other", Placeholder.PROJECT), or_empty=or_empty)
    assert evaluate((EnvExpr("Y", (variable,)),), environment, BINDINGS, never)["Y"] == expected


def test_a_variable_that_is_not_set_is_empty() -> None:
    assert evaluate((EnvExpr("Y", ("a", Variable("X"), "b")),), {}, BINDINGS, never) == {"Y": "ab"}


def test_a_substitution_runs_in_the_project_with_the_environment_so_far() -> None:
    asked: list[CommandRequest] = []

    def run(request: CommandRequest) -> Outcome:
        asked.append(replace(request, environment=dict(request.environment)))
        return Outcome(exit_code=0, stdout="1.2\n\n")

    expressions = (EnvExpr("A", ("1",)), EnvExpr("B", ("v", Substitution("cat version"))))
    assert evaluate(expressions, {}, BINDINGS, run) == {"A": "1", "B": "v1.2"}
    assert asked == [CommandRequest(argv=("sh", "-c", "cat version"), cwd="/project", environment={"A": "1"})]


def test_a_failing_substitution_names_its_variable() -> None:
    with pytest.raises(CommandFailedError, match="value of FLAGS failed") as caught:
        evaluate((EnvExpr("FLAGS", (Substitution("false"),)),), {}, BINDINGS, lambda _: Outcome(exit_code=3))
    assert caught.value.context.command == "false"
    assert caught.value.context.exit_code == 3
