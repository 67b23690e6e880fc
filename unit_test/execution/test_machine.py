from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.errors import InterruptedRunError, OutOfMemoryError
from cibw.execution.container.client import ContainerCommand
from cibw.execution.container.machine import ContainerMachine
from cibw.execution.host.machine import read_shortage, shortage_since
from cibw.execution.machine import LINE_LIMIT, TEXT_LIMIT, LineSplitter, OutputSplitter, counted, ended_by, shortage_of
from cibw.execution.steps import StepRunner
from cibw.model.events import Event
from cibw.model.plan import Step, StepName
from cibw.model.templates import MemoryShortage, Outcome, Placeholder
from unit_test.execution.container.fake_engine import FakeEngine
from unit_test.execution.container.test_machine import Chunks, machine_of, request
from unit_test.execution.test_flow import run


def lines_of(*chunks: bytes) -> list[str]:
    found: list[str] = []
    splitter = LineSplitter(found.append)
    for chunk in chunks:
        splitter.feed(chunk)
    splitter.close()
    return found


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        ([b"one\ntwo\n"], ["one", "two"]),
        ([b"one\r\ntwo"], ["one", "two"]),
        ([b"one\r", b"\ntwo"], ["one", "two"]),
        ([b"\n\n"], ["", ""]),
        ([b"1%\r50%\r100%\ndone\n"], ["100%", "done"]),
        ([b"1%\r50%\r"], ["50%"]),
        ([b"caf\xc3", b"\xa9\n"], ["café"]),
        ([b"\xff\xfe\n"], ["\ufffd\ufffd"]),
        ([], []),
    ],
)
def test_lines_come_whole(chunks: list[bytes], lines: list[str]) -> None:
    assert lines_of(*chunks) == lines


@given(st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])), st.integers(1, 9))
def test_the_cut_of_the_pieces_makes_no_difference(text: str, size: int) -> None:
    raw = text.encode()
    pieces = [raw[start : start + size] for start in range(0, len(raw), size)]
    assert lines_of(*pieces) == text.removesuffix("\n").split("\n") if text else not lines_of(*pieces)


def test_a_line_without_end_is_handed_on_in_pieces() -> None:
    found: list[str] = []
    splitter = LineSplitter(found.append)
    for _ in range(40):
        splitter.feed(b"x" * 65536)
    assert found == ["x" * LINE_LIMIT] * 2
    splitter.close()
    assert sum(map(len, found)) == 40 * 65536


def test_a_long_progress_display_keeps_its_last_state() -> None:
    chunks = [b"%6d\r" % number for number in range(LINE_LIMIT // 3)]
    assert lines_of(*chunks) == [f"{LINE_LIMIT // 3 - 1:6d}"]


def test_both_streams_have_lines_of_their_own() -> None:
    found: list[tuple[str, bool]] = []
    splitter = OutputSplitter(lambda line, is_error: found.append((line, is_error)))
    for chunk, is_error in ((b"ou", False), (b"err\n", True), (b"t\r\n", False)):
        splitter.feed(chunk, is_error)
    assert splitter.close() == "out\r\n"
    assert found == [("err", True), ("out", False)]


def test_the_text_of_a_long_log_is_bounded() -> None:
    count = 0

    def count_lines(_line: str, _is_error: bool) -> None:
        nonlocal count
        count += 1

    splitter = OutputSplitter(count_lines)
    chunk = b"x" * (LINE_LIMIT // 2 - 1) + b"\n"
    for _ in range(40):
        splitter.feed(chunk, False)
    assert len(splitter.close()) == TEXT_LIMIT
    assert count == 40


def test_what_is_not_utf_8_is_read_in_the_encoding_of_the_system() -> None:
    lines: list[str] = []
    splitter = OutputSplitter(lambda line, _is_error: lines.append(line), "cp1252")
    splitter.feed(b"caf\xe9\n", is_error=False)
    splitter.feed("caf\u00e9\n".encode(), is_error=True)
    assert splitter.close() == "caf\u00e9\n"
    assert lines == ["caf\u00e9", "caf\u00e9"]


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

    def answer(execution: ContainerCommand, _data: bytes) -> tuple[Chunks, int]:
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
    runner = StepRunner(machine_of(client), "scope", {Placeholder.PROJECT: "/project"}, events.append)
    with pytest.raises(OutOfMemoryError, match="The audit step failed, probably out of memory") as caught:
        runner.perform(Step(name=StepName.AUDIT, actions=(run("x"),)), {})
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


PATIENCE = 120


def test_what_takes_long_is_ended_by_an_interrupt() -> None:
    interrupted, ended = threading.Event(), threading.Event()

    def check_cancelled() -> None:
        if interrupted.is_set():
            raise InterruptedRunError("The run was interrupted.")

    with ended_by(check_cancelled, ended.set):
        assert not ended.is_set()
        interrupted.set()
        assert ended.wait(PATIENCE)


def test_without_an_interrupt_nothing_is_ended() -> None:
    ends: list[str] = []
    with ended_by(lambda: None, lambda: ends.append("ended")):
        pass
    assert ends == []
    assert not [thread for thread in threading.enumerate() if thread.name == "watch for an interrupt"]
