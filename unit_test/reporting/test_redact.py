from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.errors import ErrorContext
from cibw.model.events import BuildFinished, BuildResult, Event, Failure, OutputLine, RunFinished, RunStarted, Status
from cibw.model.plan import Plan
from cibw.reporting.redact import redact
from unit_test.reporting.scenario import CP310, EVENTS, PLAN, REPORT
from unit_test.strategies import plans


def masked(event: Event, *secrets: str) -> Event:
    seen: list[Event] = []
    redact(seen.append, secrets)(event)
    return seen[0]


def test_a_secret_is_masked_in_output() -> None:
    event = masked(OutputLine(scope="a", text="token=hunter22!"), "hunter22")
    assert event == OutputLine(scope="a", text="token=***!")


def test_a_longer_secret_is_masked_as_a_whole() -> None:
    event = masked(OutputLine(scope="a", text="hunter22-more"), "hunter22", "hunter22-more")
    assert event == OutputLine(scope="a", text="***")


def test_each_line_of_a_secret_is_masked() -> None:
    event = masked(OutputLine(scope="a", text="key: second-line"), "first-line\n  second-line\n")
    assert event == OutputLine(scope="a", text="key: ***")


def test_a_secret_is_masked_deep_inside() -> None:
    context = ErrorContext(command="login hunter22", last_lines=("bad: hunter22",))
    failure = Failure(reference="x", message="hunter22", hint="", exit_code=1, context=context)
    result = BuildResult(identifier=CP310, status=Status.FAILED, failure=failure, warnings=("hunter22?",))
    assert "hunter22" not in repr(masked(BuildFinished(result=result), "hunter22"))


def test_names_that_others_refer_to_stay() -> None:
    event = masked(OutputLine(scope="manylinux", text="manylinux"), "manylinux")
    assert event == OutputLine(scope="manylinux", text="***")


@pytest.mark.parametrize("secret", ["", "1", "yes", " \n "])
def test_what_is_too_short_is_no_secret(secret: str) -> None:
    assert [masked(event, secret) for event in EVENTS] == list(EVENTS)


def test_every_event_passes() -> None:
    seen = [masked(event, "demo-1.0", "python") for event in EVENTS]
    assert [type(event) for event in seen] == [type(event) for event in EVENTS]
    assert "python -m" not in repr(masked(RunStarted(plan=PLAN, output_dir=""), "python"))
    assert masked(RunFinished(report=REPORT), "no such text") == RunFinished(report=REPORT)


@given(plans, st.text(min_size=4))
def test_masking_keeps_the_shape_of_any_plan(plan: Plan, secret: str) -> None:
    event = masked(RunStarted(plan=plan, output_dir=""), secret)
    assert isinstance(event, RunStarted)
    assert event.plan.identifiers == plan.identifiers
