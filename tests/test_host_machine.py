"""What is particular to the host as a machine."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cibw.execution.host.machine import HostMachine
from cibw.execution.host.session import HostSettings, open_host
from cibw.model.machines import HostSpec
from cibw.model.templates import CommandRequest

pytestmark = pytest.mark.host


@pytest.fixture
def machine() -> Iterator[HostMachine]:
    with closing(HostMachine(os.environ)) as made:
        yield made


def shell(machine: HostMachine, script: str) -> tuple[int, list[str]]:
    lines: list[str] = []
    request = CommandRequest(argv=("sh", "-c", script), cwd="/", environment=machine.environment())
    outcome = machine.run(request, lambda line, _is_error: lines.append(line))
    return outcome.exit_code, lines


def is_alive(process: str) -> bool:
    state = subprocess.run(("ps", "-o", "stat=", "-p", process), capture_output=True, text=True, check=False).stdout
    return bool(state) and not state.startswith("Z")


def test_a_service_in_the_background_stays_until_the_end(machine: HostMachine) -> None:
    code, (service, ready) = shell(machine, "sleep 7777 & echo $!; echo ready")
    assert (code, ready) == (0, "ready")
    # So nobody has waited for its end.
    assert is_alive(service)
    machine.close()
    assert not is_alive(service)


def test_a_service_may_go_on_writing(machine: HostMachine) -> None:
    script = "(while echo noise; do sleep 0.05; done; touch gone) & echo $!"
    _, (service, *_noise) = shell(machine, script)
    time.sleep(0.5)
    assert is_alive(service)


def test_a_service_that_writes_without_end_is_left(machine: HostMachine) -> None:
    code, lines = shell(machine, "yes & exit 3")
    assert code == 3
    assert set(lines) <= {"y", ""}


def test_last_words_of_a_child_are_heard(machine: HostMachine) -> None:
    assert shell(machine, "(sleep 0.3; echo late) & echo early") == (0, ["early", "late"])


def test_an_interrupt_ends_children_that_refuse(machine: HostMachine, tmp_path: Path) -> None:
    def interrupt(_line: str, _is_error: bool) -> None:
        raise KeyboardInterrupt

    script = f"(trap '' TERM; while :; do sleep 0.1; done) & echo $! >{tmp_path}/pid; echo now; wait"
    request = CommandRequest(argv=("sh", "-c", script), cwd="/", environment=machine.environment())
    with pytest.raises(KeyboardInterrupt):
        machine.run(request, interrupt)
    assert not is_alive((tmp_path / "pid").read_text().strip())


def test_what_chooses_another_place_is_left_out(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PIP_USER": "1", "PYTHONPATH": "/x", "PIP_INDEX_URL": "https://a"}
    settings = HostSettings(environment=environment, cache_dir=tmp_path)
    with open_host(HostSpec(toolchain_tag=""), settings, tmp_path) as session:
        found = session.machine.environment()
    assert not found.keys() & {"PIP_USER", "PYTHONPATH"}
    assert (found["PIP_INDEX_URL"], found["UV_DEFAULT_INDEX"]) == ("https://a", "https://a")
