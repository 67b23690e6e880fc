from __future__ import annotations

import io

import pytest

from cibw.errors import ErrorContext
from cibw.model.events import (
    BuildFinished,
    BuildResult,
    BuildStarted,
    CommandStarted,
    Event,
    Failure,
    OutputLine,
    Progress,
    Report,
    RunFinished,
    Status,
    StepFinished,
    StepStarted,
    StepTime,
    WarningRaised,
    WheelFile,
)
from cibw.model.plan import StepName
from cibw.reporting.console import Console
from cibw.reporting.streams import LogGroupStyle
from cibw.reporting.terminal import TerminalStyle
from unit_test.conftest import Golden
from unit_test.reporting.scenario import CP310, CP311, EVENTS, JOB, NO_NATIVE_FILE


def shown(style: TerminalStyle, *events: Event) -> str:
    stream = io.StringIO()
    console = Console(stream, style, lambda: 1000.5)
    for event in events:
        console(event)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("plain", TerminalStyle(width=160)),
        ("narrow", TerminalStyle(width=80, unicode=False, output=False)),
        ("colour", TerminalStyle(width=200, colour=True)),
        *(
            (style.value, TerminalStyle(width=160, group_style=style))
            for style in LogGroupStyle
            if style is not LogGroupStyle.NONE
        ),
    ],
)
def test_a_whole_run(name: str, style: TerminalStyle, golden: Golden) -> None:
    golden.check(f"console/{name}.txt", shown(style, *EVENTS))


def test_a_warning_stands_at_its_build_and_at_the_end() -> None:
    text = shown(TerminalStyle(), *EVENTS)
    assert text.count(f"WARNING: {NO_NATIVE_FILE}") == 2


@pytest.mark.parametrize("redraws", [False, True])
def test_failures_go_to_the_stream_of_errors(redraws: bool) -> None:
    failure = Failure(reference="failed", message="It is broken.", hint="", exit_code=1, context=ErrorContext())
    output, errors = io.StringIO(), io.StringIO()
    console = Console(output, TerminalStyle(output=not redraws, redraws=redraws), lambda: 1000.5, errors=errors)
    console(BuildStarted(identifier=CP310))
    console(BuildFinished(result=BuildResult(identifier=CP310, status=Status.FAILED, failure=failure)))
    assert "It is broken." in errors.getvalue()
    assert "It is broken." not in output.getvalue()
    whole = Failure(reference="engine-unavailable", message="No engine.", hint="", exit_code=1, context=ErrorContext())
    console(RunFinished(report=Report(results=(), not_built=(), seconds=1.0, exit_code=1, failure=whole)))
    assert "No engine." in errors.getvalue()
    assert "No engine." not in output.getvalue()


def test_colours_are_off_by_default() -> None:
    assert "\x1b" not in shown(TerminalStyle(), *EVENTS)


def test_builds_side_by_side_get_a_heading_at_each_change() -> None:
    events: list[Event] = [BuildStarted(identifier=identifier) for identifier in (CP310, CP311)]
    for scope in (str(CP310), str(CP311)):
        events.append(StepStarted(scope=scope, step=StepName.BUILD))
        events.append(CommandStarted(scope=scope, text="make"))
    for scope in (str(CP310), str(CP311)):
        events.append(OutputLine(scope=scope, text=f"from {scope}"))
        events.append(StepFinished(scope=scope, step=StepName.BUILD, seconds=1, succeeded=True))
    lines = shown(TerminalStyle(group_style=LogGroupStyle.GITHUB), *events).splitlines()
    assert [line for line in lines if "(continued)" in line] == [
        f"{scope} (continued)" for scope in (CP310, CP311, CP310, CP311)
    ]
    assert sum(line == "::endgroup::" for line in lines) == sum(line.startswith("::group::") for line in lines) == 4


def test_output_cannot_speak_to_the_ci() -> None:
    text = shown(TerminalStyle(group_style=LogGroupStyle.GITHUB), OutputLine(scope="a", text="::error::no"))
    assert not any(line.strip().startswith("::error") for line in text.splitlines())


def test_the_same_progress_is_shown_once() -> None:
    event = Progress(job=JOB, text="pulling")
    assert shown(TerminalStyle(), event, event).count("pulling") == 1


def test_a_failure_of_the_run_is_shown_whole() -> None:
    failure = Failure(
        reference="engine-unavailable",
        message="Docker does not answer.",
        hint="Start it.",
        exit_code=11,
        context=ErrorContext(),
    )
    text = shown(
        TerminalStyle(group_style=LogGroupStyle.GITHUB),
        RunFinished(report=Report(results=(), failure=failure, exit_code=11)),
    )
    assert "Docker does not answer.\n" in text
    assert "→ Start it." in text
    assert "::error title=Failed (engine-unavailable)::Docker does not answer." in text
    assert "✗ 0 wheels built in 0.0 s; exit code 11\n" in text


def test_a_stream_without_the_signs_does_not_end_the_run() -> None:
    raw = io.BytesIO()
    console = Console(io.TextIOWrapper(raw, encoding="ascii"), TerminalStyle(unicode=False), lambda: 0)
    console(WarningRaised(scope="a", message="größer"))
    assert b"gr??er" in raw.getvalue()


def test_the_failure_of_a_job_is_told_once() -> None:
    failure = Failure(
        reference="image-unavailable",
        message="No such image.",
        hint="",
        exit_code=12,
        context=ErrorContext(identifier="manylinux_x86_64"),
    )
    results = [BuildResult(identifier=one, status=Status.FAILED, failure=failure) for one in (CP310, CP311)]
    lines = shown(TerminalStyle(), *(BuildFinished(result=result) for result in results))
    assert lines.count("No such image.") == 1
    assert "goes on" not in lines


def test_the_running_step_is_drawn_over() -> None:
    style = TerminalStyle(output=False, redraws=True)
    end = StepFinished(scope=JOB, step=StepName.BUILD, seconds=1, succeeded=True)
    text = shown(style, StepStarted(scope=JOB, step=StepName.BUILD), OutputLine(scope=JOB, text="hidden"), end)
    assert "  ▸ build ...\r\x1b[K  ✓ build" in text
    assert "hidden" not in text


def test_nothing_is_drawn_over_where_output_is_shown() -> None:
    text = shown(
        TerminalStyle(redraws=True), StepStarted(scope=JOB, step=StepName.BUILD), OutputLine(scope=JOB, text="shown")
    )
    assert "\r" not in text
    assert "shown" in text


def test_each_failure_stands_at_its_build_and_at_the_end() -> None:
    text = shown(TerminalStyle(), *EVENTS)
    assert text.count("cp312-manylinux_x86_64: build failed") == 2


def test_wheels_of_the_store_need_a_line_each() -> None:
    wheel = WheelFile(filename="a.whl", size=10, sha256="0" * 64)
    restored = BuildResult(identifier=CP310, status=Status.RESTORED, wheel=wheel, tested=True)
    reused = BuildResult(identifier=CP311, status=Status.REUSED, wheel=wheel, untested="why not")
    ended = RunFinished(report=Report(results=(restored, reused), seconds=0.2))
    text = shown(TerminalStyle(width=160), BuildFinished(result=restored), BuildFinished(result=reused), ended)
    lines = text.splitlines()
    assert lines[0].startswith(f"{CP310} (1 of ")
    assert lines[0].endswith("from the store, tested before")
    assert lines[1].endswith("served by a.whl, not tested (why not)")
    assert "from store" in text
    assert "1 wheel from the store, 1 identifier served by an earlier wheel in 0.2 s" in text


def test_a_wheel_of_the_store_that_is_tested_now() -> None:
    wheel = WheelFile(filename="a.whl", size=10, sha256="0" * 64)
    steps = (StepTime(step=StepName.TEST, seconds=2),)
    result = BuildResult(identifier=CP310, status=Status.RESTORED, wheel=wheel, tested=True, seconds=2.5, steps=steps)
    text = shown(TerminalStyle(width=160), BuildStarted(identifier=CP310), BuildFinished(result=result))
    assert "→ from the store: a.whl" in text
    assert "10 B, tested, 2.5 s" in text
