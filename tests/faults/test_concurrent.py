"""Runs at the same time: into one output directory, with one cache, of one project and of several."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import pytest

from tests.faults.checks import Expected, check_clean, check_harmless, check_next_run
from tests.faults.conftest import Reference, Start
from tests.faults.runs import Running, Trial
from tests.faults.wheels import check_nothing_else, check_records, check_wheels

WAITING = "wait"
"""What a run says that has to wait for another one."""


def end(runs: Sequence[Running]) -> None:
    """Wait for all runs, which must succeed."""
    for running in runs:
        assert running.wait() == 0, running.output


def check_output_dir(trial: Trial, expected: Expected) -> None:
    """After several runs into one directory, all that is in it fits together."""
    wanted = expected.of(trial)
    assert {path.name for path in trial.output_dir.glob("*.whl")} == set(wanted)
    check_wheels(trial.output_dir, wanted)
    check_records(trial.output_dir, complete=True)
    check_nothing_else(trial.output_dir)
    check_harmless(trial, expected)
    check_clean(trial)


@pytest.mark.host
def test_a_second_run_into_a_directory_in_use(start: Start, reference: Reference) -> None:
    trial, expected = start("host"), reference("host", 1)
    first = trial.reach("test", "--no-resume")
    reached = len(list(trial.gate.directory.glob("reached.*")))
    second = trial.start("--no-resume")
    # The second run says that it waits, or it comes to the gate as well.
    second.until(lambda: WAITING in second.output.lower() or "before-test" in second.output, f"more than {reached}")
    trial.gate.open()
    end([first, second])
    check_output_dir(trial, expected)


@pytest.mark.parametrize(
    ("engine", "count"),
    [
        pytest.param("host", 2, marks=pytest.mark.host),
        pytest.param("host", 4, marks=[pytest.mark.host, pytest.mark.faults_long]),
        pytest.param("docker", 2, marks=[pytest.mark.docker, pytest.mark.faults_long]),
        pytest.param("podman", 2, marks=[pytest.mark.podman, pytest.mark.faults_long]),
    ],
)
def test_runs_into_one_directory(engine: str, count: int, start: Start, reference: Reference) -> None:
    trial, expected = start(engine, 2), reference(engine, 2)
    end([trial.start(*(["--no-resume"] if number % 2 else [])) for number in range(count)])
    check_output_dir(trial, expected)
    check_next_run(trial, expected)


@pytest.mark.host
@pytest.mark.faults_long
def test_runs_for_different_pythons_into_one_directory(start: Start, reference: Reference) -> None:
    trial, expected = start("host", 2), reference("host", 2)
    end([trial.start("--only", identifier) for identifier in trial.identifiers])
    wanted = expected.of(trial)
    assert {path.name for path in trial.output_dir.glob("*.whl")} == set(wanted)
    check_wheels(trial.output_dir, wanted)
    check_records(trial.output_dir, complete=False)
    check_next_run(trial, expected)


@pytest.mark.faults_long
@pytest.mark.parametrize(
    "engine", [pytest.param("host", marks=pytest.mark.host), pytest.param("docker", marks=pytest.mark.docker)]
)
def test_projects_with_one_cache(engine: str, start: Start, reference: Reference) -> None:
    trials = [start(engine, 1, f"trial-{number}") for number in range(3)]
    expected = reference(engine, 1)
    for number, trial in enumerate(trials):
        trial.set_value(f"value-{number}")
        trial.more["CIBW_CACHE_PATH"] = str(trials[0].cache)
    for words in ((), ("--no-resume",), ()):
        for trial in trials:
            shutil.rmtree(trial.output_dir, ignore_errors=True)
        end([trial.start(*words) for trial in trials])
        for trial in trials:
            check_output_dir(trial, expected)


@pytest.mark.host
@pytest.mark.faults_long
def test_two_versions_of_a_project_with_one_store(start: Start, reference: Reference) -> None:
    """The source changes while a run for the old one is under way; each run gives the wheel of what it has read."""
    trial, expected = start("host"), reference("host", 1)
    running = trial.reach("before-build")
    old = expected.of(trial)
    trial.set_value("two")
    trial.gate.open()
    assert running.wait() == 0, running.output
    check_wheels(trial.output_dir, old)
    check_next_run(trial, expected)


@pytest.mark.host
@pytest.mark.faults_long
def test_a_run_killed_while_another_one_waits_for_it(start: Start, reference: Reference) -> None:
    trial, expected = start("host"), reference("host", 1)
    first = trial.reach("test", "--no-resume")
    second = trial.start("--no-resume")
    second.until(lambda: WAITING in second.output.lower() or "before-test" in second.output, "the second run waits")
    first.process.kill()
    first.wait()
    trial.gate.open()
    end([second])
    check_output_dir(trial, expected)
