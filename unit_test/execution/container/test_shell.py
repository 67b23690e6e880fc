"""The kept shell of a container: one exec for many commands."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.errors import EngineUnavailableError
from cibw.execution.container.client import ContainerCommand, ContainerHandle, RefusedError
from cibw.execution.container.commands import ContainerShell, command_line
from cibw.execution.container.machine import ContainerMachine
from cibw.model.templates import CommandRequest
from unit_test.execution.container.fake_engine import FakeEngine, said_to_shell
from unit_test.execution.container.test_machine import Chunks, machine_of, request, run
from unit_test.execution.trials import PATIENCE


def kept(client: FakeEngine) -> list[tuple[str, ...]]:
    return [execution.argv for execution in client.executions]


def test_one_exec_serves_all_commands(tmp_path: Path) -> None:
    client = FakeEngine(answer=lambda execution, _data: ([(execution.argv[0].encode(), False)], 0))
    machine = machine_of(client, keeps_shell=True)
    assert machine.environment() == client.environment
    assert run(machine, request("x", "y z")) == (0, [("x", False)])
    machine.make_dir("/a")
    machine.put(b"small", "/b")
    machine.get("/c", tmp_path / "c")
    assert [argv[0] for argv in kept(client)] == ["sh", "x", "sh", "sh", "sh"]
    assert sum(execution.reads for execution in client.executions) == 1
    assert kept(client)[1] == ("x", "y z")
    assert client.executions[1].environment == {"PATH": "/bin", "HOME": "/root"}
    assert client.executions[1].cwd == "/work"


def test_a_command_that_finds_the_shell_at_work_is_begun_by_the_engine() -> None:
    busy, done = threading.Event(), threading.Event()

    def answer(execution: ContainerCommand, _data: bytes) -> tuple[Chunks, int]:
        if execution.argv == ("slow",):
            busy.set()
            assert done.wait(PATIENCE)
        return [(b"out", False)], 0

    client = FakeEngine(answer=answer)
    machine = machine_of(client, keeps_shell=True)
    machine.environment()
    slow = threading.Thread(target=run, args=(machine, request("slow")))
    slow.start()
    assert busy.wait(PATIENCE)
    assert run(machine, CommandRequest(argv=("quick",), cwd="/", environment={"A": "1"})) == (0, [("out", False)])
    done.set()
    slow.join(PATIENCE)
    assert kept(client)[-1] == ("env", "-u", "HOME", "-u", "PATH", "quick")


class Mortal(FakeEngine):
    """Its shell tells its environment, and ends in the midst of the first command, after some output."""

    deaths: int = 1

    def output(self, execution: str, data: Iterable[bytes] = ()) -> Iterator[tuple[bytes, bool]]:
        if self.executions[int(execution)].argv[-1] == "sh" and self.deaths:
            self.deaths -= 1
            yield from super().output(execution, islice(data, 1))
            yield b"half\n\x1e", False
            return
        yield from super().output(execution, data)


def test_a_shell_that_is_killed_fails_its_command_and_another_one_follows() -> None:
    machine = machine_of(Mortal(), keeps_shell=True)
    code, lines = run(machine, request("kill-all"))
    assert (code, lines[0]) == (137, ("half", False))
    assert ("The shell that ran the command was killed.", True) in lines
    assert run(machine, request("x")) == (0, [])


def test_a_shell_that_ends_with_its_container_is_told_as_such() -> None:
    def gone(_execution: ContainerCommand, _data: bytes) -> tuple[Chunks, int]:
        raise RefusedError(404, "No such container: box")

    with pytest.raises(EngineUnavailableError, match="box does not respond"):
        run(machine_of(Mortal(answer=gone), keeps_shell=True), request("x"))


def test_a_listener_that_fails_leaves_no_output_for_the_next_command() -> None:
    client = FakeEngine(answer=lambda execution, _data: ([(b"a\nb\n", False)] * (execution.argv == ("x",)), 0))
    machine = machine_of(client, keeps_shell=True)

    def fail(_line: str, _is_error: bool) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        machine.run(request("x"), fail)
    assert run(machine, request("y")) == (0, [])


class Cut(FakeEngine):
    """Gives what its shell writes in pieces of some bytes."""

    size: int = 1

    def output(self, execution: str, data: Iterable[bytes] = ()) -> Iterator[tuple[bytes, bool]]:
        for chunk, is_error in super().output(execution, data):
            for start in range(0, len(chunk), self.size):
                yield chunk[start : start + self.size], is_error


@given(
    written=st.lists(st.tuples(st.binary() | st.just(b"\x1e") | st.just(b"a\n\x1e0123"), st.booleans())),
    size=st.integers(1, 50),
    code=st.integers(0, 255),
)
def test_output_comes_whole_however_it_is_cut(written: Chunks, size: int, code: int) -> None:
    client = Cut(answer=lambda _execution, _data: (written, code))
    client.size = size
    shell = ContainerShell(client, "box", ())
    got = {False: b"", True: b""}

    def take(chunk: bytes, is_error: bool) -> None:
        got[is_error] += chunk

    assert shell.run(command_line(ContainerCommand(argv=("x",), cwd="/")), take) == code
    shell.close()
    assert got == {kind: b"".join(chunk for chunk, is_error in written if is_error == kind) for kind in got}


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(
    argv=st.lists(WORDS.filter(lambda word: "=" not in word and word != "-u"), min_size=1).map(tuple),
    environment=st.none() | st.dictionaries(st.from_regex("[A-Z_]+", fullmatch=True), WORDS),
)
def test_a_command_line_says_what_is_asked(argv: tuple[str, ...], environment: dict[str, str] | None) -> None:
    asked = ContainerCommand(argv=argv, cwd="/a b", environment=environment)
    assert said_to_shell(command_line(asked, ["INHERITED"])) == asked


def test_values_of_variables_are_no_arguments_of_a_program() -> None:
    """Every user of the computer can read those."""
    environment = {"API_TOKEN": "planted-in-shell", "MODE": "x y", "PATH": "/bin", "PS1": "$"}
    line = command_line(ContainerCommand(argv=("x",), cwd="/", environment=environment), ["MODE", "GONE", "HOME"])
    exports, _, started = line.partition("exec ")
    assert started == "env -u GONE -u HOME -u OLDPWD -u PWD -u SHLVL -u _ PATH=/bin 'PS1=$' x"
    assert exports == "cd -- / || exit 127; export API_TOKEN=planted-in-shell; export MODE='x y'; "


def test_files_that_are_copied_are_no_arguments_of_a_program() -> None:
    line = command_line(ContainerCommand(argv=("sh", "-c", 'cat -- "$1"', "sh", "content of a file"), cwd="/"))
    assert line == "cd -- / || exit 127; set -- 'content of a file'; eval 'cat -- \"$1\"'"


def test_variables_of_the_specification_are_added_for_each_command() -> None:
    client = FakeEngine()
    machine = ContainerMachine(ContainerHandle(client, "box"), variables={"API_KEY": "planted", "HOME": "/own"})
    assert machine.environment() == {**client.environment, "API_KEY": "planted", "HOME": "/own"}


@pytest.mark.parametrize("name", ["npm_config_//registry.example/:_authToken", "A-B", "UID", "1A", ""])
def test_a_variable_that_no_shell_can_set_goes_by_the_engine(name: str) -> None:
    client = FakeEngine()
    machine = machine_of(client, keeps_shell=True)
    assert run(machine, CommandRequest(argv=("x",), cwd="/", environment={name: "planted"}))[0] == 0
    assert client.executions[-1].environment == {name: "planted"}
    assert not any("planted" in word for execution in client.executions for word in execution.argv)
