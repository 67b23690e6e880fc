from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.errors import ErrorContext
from cibw.model.events import (
    BuildFinished,
    BuildResult,
    Event,
    Failure,
    OutputLine,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    VariablesSet,
)
from cibw.model.plan import Plan, StepName
from cibw.reporting.masking import Masker
from cibw.reporting.redact import redact
from unit_test.reporting.scenario import CP310, EVENTS, PLAN, REPORT
from unit_test.strategies import plans


def masked(event: Event, *secrets: str) -> Event:
    return reported([event], *secrets)[0]


def reported(events: Iterable[Event], *secrets: str) -> list[Event]:
    seen: list[Event] = []
    mask = Masker()
    mask.learn(secrets)
    report = redact(seen.append, mask)
    for event in events:
        report(event)
    return seen


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
    event = masked(OutputLine(scope="cp312-linux", text="cp312-linux"), "cp312-linux")
    assert event == OutputLine(scope="cp312-linux", text="***")


@pytest.mark.parametrize("secret", ["", "1", "yes", " \n "])
def test_what_is_too_short_is_no_secret(secret: str) -> None:
    assert [masked(event, secret) for event in EVENTS] == list(EVENTS)


def test_every_event_passes() -> None:
    seen = [masked(event, "demo-1.0", "python -m") for event in EVENTS]
    assert [type(event) for event in seen] == [type(event) for event in EVENTS]
    assert "python -m" not in repr(masked(RunStarted(plan=PLAN, output_dir=""), "python -m"))
    assert masked(RunFinished(report=REPORT), "no such text") == RunFinished(report=REPORT)


@given(plans, st.text(min_size=4))
def test_masking_keeps_the_shape_of_any_plan(plan: Plan, secret: str) -> None:
    event = masked(RunStarted(plan=plan, output_dir=""), secret)
    assert isinstance(event, RunStarted)
    assert event.plan.identifiers == plan.identifiers


def test_a_value_computed_during_a_run_is_masked_from_then_on() -> None:
    known = VariablesSet(scope="a", variables=(("API_TOKEN", "computed-77"), ("MODE", "computed")))
    said = OutputLine(scope="b", text="say computed-77", is_error=True)
    assert reported([known, said]) == [replace(said, text="say ***")]


def test_the_lines_of_a_private_key_are_masked_also_where_they_turn_up_again() -> None:
    texts = ("-----BEGIN EC PRIVATE KEY-----", "MHcCAQEEIAAA+/a9", "MHcCBBBB==", "-----END EC PRIVATE KEY-----", "done")
    lines = [OutputLine(scope="a", text=text) for text in texts]
    context = ErrorContext(last_lines=texts)
    failure = Failure(reference="x", message="", hint="", exit_code=1, context=context)
    result = BuildResult(identifier=CP310, status=Status.FAILED, failure=failure)
    *shown, finished = reported([*lines, BuildFinished(result=result)])
    assert shown == [OutputLine(scope="a", text=text) for text in (texts[0], "***", "***", *texts[3:])]
    assert "MHcC" not in repr(finished)


def test_a_key_without_an_end_masks_no_other_text() -> None:
    lines = [OutputLine(scope="a", text=text) for text in ("-----BEGIN PRIVATE KEY-----", "is no key (at all)", "word")]
    assert reported(lines) == lines


@pytest.mark.parametrize("end", [True, False])
def test_a_secret_between_the_pieces_of_a_long_line_is_masked(end: bool) -> None:
    secret = "straddling-secret-12345"
    first = OutputLine(scope="a", text="x" * (2**20 - 10) + secret[:10])
    more: list[Event] = [OutputLine(scope="a", text=secret[10:])] if end else []
    events = reported([first, *more, StepFinished(scope="a", step=StepName.BUILD, seconds=1, succeeded=True)], secret)
    text = "".join(event.text for event in events if isinstance(event, OutputLine))
    assert text == "x" * (2**20 - 10) + ("***" if end else secret[:10])
    assert isinstance(events[-1], StepFinished)
