"""Runs that are killed or interrupted at each of their steps."""

from __future__ import annotations

import signal
import time

import pytest

from tests.faults.checks import check_clean, check_harmless, check_next_run, work_directories
from tests.faults.conftest import Reference, Start
from tests.faults.runs import MARK, STEPS, Trial

ENGINES = {
    "host": pytest.mark.host,
    "docker": pytest.mark.docker,
    "podman": pytest.mark.podman,
}
SHORT = {("host", "before-build"), ("host", "test"), ("docker", "build")}
SIGNALS = {"interrupt": signal.SIGINT, "terminate": signal.SIGTERM, "hang-up": signal.SIGHUP}
INTERRUPTED = 130


def cases(short: set[tuple[str, str]], seconds: tuple[str, ...]) -> list[object]:
    """An engine and a word for each test; those that are not short belong to the long form."""
    return [
        pytest.param(
            engine,
            second,
            id=f"{engine}-{second}",
            marks=[mark] if (engine, second) in short else [mark, pytest.mark.faults_long],
        )
        for engine, mark in ENGINES.items()
        for second in seconds
    ]


@pytest.mark.parametrize(("engine", "step"), cases(SHORT, STEPS))
def test_a_killed_run_leaves_nothing_and_the_next_one_is_right(
    engine: str, step: str, start: Start, reference: Reference
) -> None:
    trial, expected = start(engine), reference(engine, 1)
    running = trial.reach(step)
    running.send(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    check_harmless(trial, expected)
    assert not list(trial.output_dir.glob("*.whl")), "a wheel whose tests never passed"
    killed = running.output
    trial.set_value("two")
    ran = check_next_run(trial, expected)
    check_work_directories(trial, killed, ran.output)


def check_work_directories(trial: Trial, killed: str, output: str) -> None:
    """A run after that of `output` does not find the work directory of the killed run."""
    names = work_directories(killed)
    if trial.engine == "host" or not names:
        return
    trial.set_value("three")
    trial.more["CIBW_BEFORE_TEST"] = "ls -a /tmp/cibw/cache/work || true"
    ran = trial.run()
    assert ran.exit_code == 0, output
    listed = ran.output.split("ls -a /tmp/cibw/cache/work", 1)[1].partition("test install")[0]
    assert not [name for name in names if name in listed], listed


@pytest.mark.parametrize(("engine", "signal_name"), cases({("host", "hang-up")}, tuple(SIGNALS)))
def test_an_interrupted_run_cleans_up(engine: str, signal_name: str, start: Start, reference: Reference) -> None:
    trial, expected = start(engine), reference(engine, 1)
    running = trial.reach("test")
    running.send(SIGNALS[signal_name])
    assert running.wait() == INTERRUPTED, running.output
    assert "interrupted" in running.output
    check_harmless(trial, expected)
    check_clean(trial)
    trial.set_value("two")
    check_next_run(trial, expected)


@pytest.mark.host
@pytest.mark.faults_long
@pytest.mark.parametrize("engine", ["host", pytest.param("docker", marks=pytest.mark.docker)])
def test_a_run_killed_in_its_second_build_keeps_the_first_wheel(
    engine: str, start: Start, reference: Reference
) -> None:
    trial, expected = start(engine, 2), reference(engine, 2)
    second = trial.identifiers[1]
    trial.more["CIBW_BEFORE_TEST"] = (
        f"case $CIBUILDWHEEL_BUILD_IDENTIFIER in {second}) sh {{project}}/gate.sh second;; esac"
    )
    # The gate's content changes. It must not be part of the wheel's key, as that of a file named by a variable is.
    trial.more["CIBW_ENVIRONMENT"] = f"GATE={str(trial.gate.directory)[1:]} {MARK}={trial.mark}"
    running = trial.reach("second")
    running.send(signal.SIGKILL)
    running.wait()
    assert len(list(trial.output_dir.glob("*.whl"))) == 1
    check_harmless(trial, expected)
    ran = check_next_run(trial, expected)
    assert "from the store" in ran.words


@pytest.mark.host
@pytest.mark.faults_long
def test_a_run_killed_after_any_line_of_its_output(start: Start, reference: Reference) -> None:
    """The gates hit the steps of the project; here what cibw does between them, and at the end, is hit as well."""
    trial, expected = start("host"), reference("host", 1)
    line, ended = 1, False
    while not ended:
        running = trial.start("--no-resume")
        while running.output.count("\n") < line and not running.has_ended:
            time.sleep(0.005)
        ended = running.has_ended
        if not ended:
            running.send(signal.SIGKILL)
        running.wait()
        check_harmless(trial, expected)
        line += 6
    trial.set_value("two")
    check_next_run(trial, expected)


@pytest.mark.host
def test_a_process_that_outlives_its_run_does_not_reach_the_next_one(start: Start, reference: Reference) -> None:
    """Even where a child escapes into a session of its own, the next run does not share a directory with it."""
    trial, expected = start("host"), reference("host", 1)
    trial.more["CIBW_BEFORE_BUILD"] = "setsid env -u FAULTS_MARK sh {project}/generate.sh"
    trial.more["CIBW_ENVIRONMENT"] = f"GATE={trial.gate.directory}"
    running = trial.reach("before-build")
    running.send(signal.SIGKILL)
    running.wait()
    trial.set_value("two")
    # Where the escaped process still lives it writes now, while the next run stands between its own hook and its build.
    trial.gate.hold("build")
    following = trial.start()
    following.until((trial.gate.directory / "reached.build").exists, "the next run comes to its build")
    trial.gate.open()
    assert following.wait() == 0, following.output
    check_next_run(trial, expected)
