from __future__ import annotations

from io import BytesIO

from cibw.model.events import (
    BuildFinished,
    BuildResult,
    BuildStarted,
    Event,
    JobStarted,
    OutputLine,
    Report,
    RunFinished,
    Status,
    StepStarted,
)
from cibw.model.plan import StepName
from cibw.reporting.apart import Apart
from unit_test.reporting.scenario import CP310, CP311


def ended(identifier: object) -> BuildFinished:
    known = {str(CP310): CP310, str(CP311): CP311}
    return BuildFinished(result=BuildResult(identifier=known[str(identifier)], status=Status.BUILT))


def line(scope: object, text: str) -> OutputLine:
    return OutputLine(scope=str(scope), text=text)


def test_the_output_of_a_build_comes_in_one_piece_when_it_ends() -> None:
    heard: list[Event] = []
    apart = Apart(heard.append, BytesIO)
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
    apart = Apart(heard.append, BytesIO)
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
    Apart(heard.append, BytesIO)(ended(CP310))
    assert heard == [ended(CP310)]


def test_output_waits_outside_of_memory_and_comes_back_as_it_was() -> None:
    heard: list[Event] = []
    files: list[BytesIO] = []

    def spool() -> BytesIO:
        files.append(BytesIO())
        return files[-1]

    apart = Apart(heard.append, spool)
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
    apart = Apart(heard.append, BytesIO)
    begun = BuildStarted(identifier=CP310)
    for event in (begun, line(CP310, "first try"), begun, line(CP310, "second try"), ended(CP310)):
        apart(event)
    assert heard == [begun, line(CP310, "first try"), line(CP310, "second try"), ended(CP310)]
