from __future__ import annotations

from pathlib import Path

import pytest

from cibw.errors import OutOfMemoryError
from cibw.model.command import MemoryShortage, Outcome
from cibw.model.events import Event
from cibw.model.plan import Step, StepName
from cibw.model.template import Late
from cibw.running.container import ContainerMachine
from cibw.running.container_api import Execution
from cibw.running.host_memory import read_shortage, shortage_since
from cibw.running.memory import counted, shortage_of
from cibw.running.workbench import Workbench
from unit_test.running.fake_engine import FakeEngine
from unit_test.running.test_container import Chunks, machine_of, request
from unit_test.running.test_flow import run

SECOND = "low 0\noom 3\noom_kill 2\noom_group_kill 0\n"
FIRST = "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"


@pytest.mark.parametrize(
    ("text", "kills", "limit"),
    [
        (f"{SECOND}limit 314572800", 2, 314572800),
        (f"{SECOND}limit max", 2, None),
        (f"{FIRST}limit 9223372036854771712", 1, None),
        ("", 0, None),
    ],
)
def test_what_the_kernel_counts_is_read(text: str, kills: int, limit: int | None) -> None:
    assert counted(text) == MemoryShortage(kills=kills, limit=limit)


@pytest.mark.parametrize(
    "line",
    [
        "c++: fatal error: Killed signal terminated program cc1plus",
        "gcc: internal compiler error: Killed (program cc1)",
        "sh: line 1:    12 Killed                  python x.py",
        "Killed",
        "  process didn't exit successfully: `rustc` (signal: 9, SIGKILL: kill)",
        "make: *** [x] Error: exit status 137",
        "LLVM ERROR: out of memory",
        "cc1plus: out of memory allocating 65536 bytes after a total of 1 bytes",
        "virtual memory exhausted: Cannot allocate memory",
    ],
)
def test_the_words_of_a_killed_program_make_it_likely(line: str) -> None:
    assert shortage_of(Outcome(exit_code=1), [line]) == MemoryShortage()


@pytest.mark.parametrize("line", ["Killed 3 birds", "test_out_of_memory passed", "error: exit status 1"])
def test_other_words_do_not(line: str) -> None:
    assert shortage_of(Outcome(exit_code=1), [line]) is None


def test_a_signal_that_nobody_sent_makes_it_likely_and_a_count_makes_it_sure() -> None:
    seen = MemoryShortage(limit=1 << 20)
    assert shortage_of(Outcome(exit_code=137), []) == MemoryShortage()
    assert shortage_of(Outcome(exit_code=137, shortage=seen), []) == seen
    assert shortage_of(Outcome(exit_code=1, shortage=seen), []) is None
    sure = MemoryShortage(kills=1)
    assert shortage_of(Outcome(exit_code=2, shortage=sure), []) == sure


def test_messages_name_the_limit_and_what_helps() -> None:
    found = MemoryShortage(kills=2, limit=300 << 20, container=True)
    assert str(found) == "out of memory (the limit is 300 MiB): the kernel killed 2 processes"
    assert found.hint.startswith("Raise --memory in the create-args of container-engine, or reduce the memory use")
    assert str(MemoryShortage(kills=1)) == "out of memory: the kernel killed 1 process"
    assert str(MemoryShortage()) == "probably out of memory: a process was killed by signal 9"
    assert MemoryShortage(limit=1).hint.startswith("Reduce the memory use of the build")


def test_a_container_is_asked_after_a_failure_alone_and_each_kill_counts_once() -> None:
    codes = [0, 1, 1]

    def answer(execution: Execution, _data: bytes) -> tuple[Chunks, int]:
        is_look = "memory.events" in execution.argv[-1]
        return ([(f"{SECOND}limit 1048576\n".encode(), False)], 0) if is_look else ([], codes.pop(0))

    machine: ContainerMachine = machine_of(FakeEngine(answer=answer))
    found = [machine.run(request("x"), lambda _line, _is_error: None).shortage for _ in range(3)]
    limit = 1 << 20
    assert found == [
        None,
        MemoryShortage(kills=2, limit=limit, container=True),
        MemoryShortage(kills=0, limit=limit, container=True),
    ]


def test_a_step_says_what_happened() -> None:
    events: list[Event] = []
    client = FakeEngine(answer=lambda _execution, _data: ([(b"cc1: out of memory allocating 1 bytes\n", True)], 1))
    bench = Workbench(machine_of(client), "scope", {Late.PROJECT: "/project"}, events.append)
    with pytest.raises(OutOfMemoryError, match="The audit step failed, probably out of memory") as caught:
        bench.perform(Step(name=StepName.AUDIT, actions=(run("x"),)), {})
    assert caught.value.exit_code == 1
    assert "MAKEFLAGS" in caught.value.hint


def write(directory: Path, **files: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name.replace("_", ".", 1)).write_text(text)


def test_the_own_group_of_the_host_is_read(tmp_path: Path) -> None:
    groups, membership = tmp_path / "cgroup", tmp_path / "membership"
    membership.write_text("0::/user/one\n")
    assert read_shortage(groups, membership) is None
    write(groups / "user" / "one", memory_events=SECOND, memory_max="max\n")
    assert read_shortage(groups, membership) == MemoryShortage(kills=2)
    membership.write_text("4:memory:/box\n1:name=systemd:/box\n")
    write(groups / "memory" / "box", memory_oom_control=FIRST, memory_limit_in_bytes="1048576\n")
    assert read_shortage(groups, membership) == MemoryShortage(kills=1, limit=1 << 20)


def test_only_kills_during_the_command_count() -> None:
    before, after = MemoryShortage(kills=3), MemoryShortage(kills=5, limit=7)
    assert shortage_since(before, after) == MemoryShortage(kills=2, limit=7)
    assert shortage_since(None, after) is None
    assert shortage_since(before, None) is None
