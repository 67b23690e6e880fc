from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.errors import ErrorContext
from cibw.model.events import (
    BuildFinished,
    BuildResult,
    BuildStarted,
    Event,
    Failure,
    JobStarted,
    OutputLine,
    Progress,
    Report,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    StepStarted,
    VariablesSet,
)
from cibw.model.plan import Plan, StepName
from cibw.reporting.masking import Masker
from cibw.reporting.reporters import BuildBuffer, combine, redact
from unit_test.reporting.scenario import CP310, CP311, EVENTS, PLAN, REPORT
from unit_test.strategies import plans

NEWS = Progress(job="one", text="news")


def test_who_fails_keeps_nothing_from_the_others() -> None:
    heard: list[str] = []

    def fail(_event: Event) -> None:
        heard.append("first")
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        combine(fail, lambda _event: heard.append("second"))(NEWS)
    assert heard == ["first", "second"]


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


def ended(identifier: object) -> BuildFinished:
    known = {str(CP310): CP310, str(CP311): CP311}
    return BuildFinished(result=BuildResult(identifier=known[str(identifier)], status=Status.BUILT))


def line(scope: object, text: str) -> OutputLine:
    return OutputLine(scope=str(scope), text=text)


def test_the_output_of_a_build_comes_in_one_piece_when_it_ends() -> None:
    heard: list[Event] = []
    apart = BuildBuffer(heard.append, BytesIO)
    first, second = BuildStarted(identifier=CP310), BuildStarted(identifier=CP311)
    started: list[Event] = [first, second, line(CP310, "a"), line(CP311, "b"), line(CP310, "c")]
    for event in started:
        apart(event)
    assert heard == []
    apart(ended(CP311))
    assert heard == [second, line(CP311, "b"), ended(CP311)]
    apart(ended(CP310))
    assert heard[3:] == [first, line(CP310, "a"), line(CP310, "c"), ended(CP310)]


def test_events_of_jobs_and_of_the_run_pass_at_once() -> None:
    heard: list[Event] = []
    apart = BuildBuffer(heard.append, BytesIO)
    events: list[Event] = [
        JobStarted(job="manylinux_x86_64", machine="here"),
        StepStarted(scope="manylinux_x86_64", step=StepName.BEFORE_ALL),
        line("manylinux_x86_64", "a"),
        RunFinished(report=Report(results=())),
    ]
    for event in events:
        apart(event)
    assert heard == events


def test_a_build_that_never_began_just_ends() -> None:
    heard: list[Event] = []
    BuildBuffer(heard.append, BytesIO)(ended(CP310))
    assert heard == [ended(CP310)]


def test_output_waits_outside_of_memory_and_comes_back_as_it_was() -> None:
    heard: list[Event] = []
    files: list[BytesIO] = []

    def spool() -> BytesIO:
        files.append(BytesIO())
        return files[-1]

    apart = BuildBuffer(heard.append, spool)
    events: list[Event] = [
        BuildStarted(identifier=CP310),
        StepStarted(scope=str(CP310), step=StepName.BUILD),
        line(CP310, ""),
        OutputLine(scope=str(CP310), text="é\u2028\x85\r\udc80\x1b[31m", is_error=True),
        StepStarted(scope=str(CP310), step=StepName.TEST),
        line(CP310, "[]"),
    ]
    for event in events:
        apart(event)
    assert b"u2028" in files[0].getvalue()
    apart(ended(CP310))
    assert heard == [*events, ended(CP310)]
    assert [file.closed for file in files] == [True]


def test_a_build_that_begins_again_keeps_what_it_said_before() -> None:
    heard: list[Event] = []
    apart = BuildBuffer(heard.append, BytesIO)
    begun = BuildStarted(identifier=CP310)
    for event in (begun, line(CP310, "first try"), begun, line(CP310, "second try"), ended(CP310)):
        apart(event)
    assert heard == [begun, line(CP310, "first try"), line(CP310, "second try"), ended(CP310)]
