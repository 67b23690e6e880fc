"""The host as a machine on a Windows computer: what its programs are told, and how they end."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cibw.errors import InterruptedRunError
from cibw.execution.host.machine import HostMachine
from cibw.execution.host.session import HostSettings, open_host
from cibw.execution.machine import Tree
from cibw.model.machines import HostSpec
from cibw.model.templates import CommandRequest, Shell
from cibw.reporting.terminal import exit_code
from tests.machine_contract import FileContract

pytestmark = pytest.mark.windows

SLEEPER = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(7777)'])"


@pytest.fixture
def machine() -> Iterator[HostMachine]:
    with closing(HostMachine(os.environ)) as made:
        yield made


@pytest.fixture
def space(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("space") / "new")


class TestFiles(FileContract):
    # Windows has no quotes in names of files.
    odd_name = "caf\u00e9's 'b'.txt"


def run(machine: HostMachine, cwd: Path, *argv: str, **variables: str) -> tuple[int, list[str]]:
    lines: list[str] = []
    request = CommandRequest(argv=argv, cwd=str(cwd), environment={**machine.environment(), **variables})
    outcome = machine.run(request, lambda line, _is_error: lines.append(line))
    return outcome.exit_code, lines


def python(machine: HostMachine, cwd: Path, script: str, *arguments: str) -> tuple[int, list[str]]:
    return run(machine, cwd, sys.executable, "-c", script, *arguments)


def test_arguments_arrive_as_they_are(machine: HostMachine, tmp_path: Path) -> None:
    words = ("", "a b", "%PATH%", "'\"", "caf\u00e9", "*", "\\", "a b\\", "x&y", "^", 'say "hi" \\"')
    code, lines = python(machine, tmp_path, "import sys; print(ascii(sys.argv[1:]))", *words)
    assert (code, lines) == (0, [ascii(list(words))])


def test_a_text_is_read_by_cmd(machine: HostMachine, tmp_path: Path) -> None:
    code, lines = run(machine, tmp_path, *Shell.CMD.argv('echo "a  b" %WORD%& "%ComSpec%" /c exit 7'), WORD="c|d")
    assert (code, lines[0]) in {(7, '"a  b" c|d'), (7, '"a  b" c')}


def test_both_streams_and_the_working_directory(machine: HostMachine, tmp_path: Path) -> None:
    lines: list[tuple[str, bool]] = []
    request = CommandRequest(
        argv=Shell.CMD.argv("cd& echo bad>&2"), cwd=str(tmp_path), environment=machine.environment()
    )
    outcome = machine.run(request, lambda line, is_error: lines.append((line, is_error)))
    assert sorted(lines) == sorted([(str(tmp_path), False), ("bad", True)])
    assert outcome.stdout.strip() == str(tmp_path)


def test_nothing_runs_elsewhere(machine: HostMachine, tmp_path: Path) -> None:
    code, lines = run(machine, tmp_path / "missing", *Shell.CMD.argv("echo ran"))
    assert code in (126, 127)
    assert "ran" not in lines


def test_a_missing_program_says_so(machine: HostMachine, tmp_path: Path) -> None:
    code, (line,) = run(machine, tmp_path, "no-such-program")
    assert code == 127
    assert line.startswith("no-such-program: cannot be started")


def test_a_batch_file_is_a_program(machine: HostMachine, tmp_path: Path) -> None:
    (tmp_path / "tool.cmd").write_text("@echo [%1] [%2]\n@exit /b 5\n")
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    assert run(machine, tmp_path, "tool", "a b", "x&y", Path=path) == (5, ['["a b"] ["x&y"]'])


@pytest.mark.parametrize("status", [0xC0000005, 0xC0000135])
def test_a_status_is_told_in_words(machine: HostMachine, tmp_path: Path, status: int) -> None:
    code, _ = python(machine, tmp_path, f"import os; os._exit({status} - (1 << 32))")
    assert code == status
    assert "(" in exit_code(code)


def test_what_a_command_leaves_ends_with_the_machine(machine: HostMachine, tmp_path: Path) -> None:
    # What stays runs longer than a test may take.
    code, lines = python(machine, tmp_path, f"{SLEEPER}; print('ready')")
    assert (code, lines) == (0, ["ready"])
    machine.close()


def test_an_interrupt_ends_all_that_was_started(machine: HostMachine, tmp_path: Path) -> None:
    threading.Timer(2, machine.close).start()
    with pytest.raises(InterruptedRunError):
        python(machine, tmp_path, f"{SLEEPER}; import time; time.sleep(7777)")


def test_much_output_comes_whole(machine: HostMachine, tmp_path: Path) -> None:
    code, lines = python(machine, tmp_path, "for n in range(30000): print('y' * 100)")
    assert (code, len(lines), set(lines)) == (0, 30000, {"y" * 100})


def test_files_that_are_read_only_are_removed(machine: HostMachine, tmp_path: Path) -> None:
    (tmp_path / "git" / "objects").mkdir(parents=True)
    (tmp_path / "git" / "objects" / "pack").write_bytes(b"1")
    (tmp_path / "git" / "objects" / "pack").chmod(0o444)
    copy = tmp_path / "copy"
    machine.put(Tree(root=tmp_path / "git", files=("objects", "objects/pack")), str(copy))
    machine.remove(str(copy))
    assert not copy.exists()
    with pytest.raises(IsADirectoryError):
        machine.get(str(tmp_path), tmp_path / "got")


def test_the_tools_of_cibw_are_on_path(tmp_path: Path) -> None:
    settings = HostSettings(environment=dict(os.environ), cache_dir=tmp_path / "cache")
    with open_host(HostSpec(toolchain_tag=""), settings, tmp_path) as session:
        environment = session.machine.environment()
        lines: list[str] = []
        request = CommandRequest(argv=("uv", "--version"), cwd=str(tmp_path), environment=environment)
        outcome = session.machine.run(request, lambda line, _is_error: lines.append(line))
    assert (outcome.exit_code, lines[0].split()[0]) == (0, "uv")
    assert environment["TEMP"] == environment["TMP"]
    assert environment["TEMP"].startswith(str(tmp_path))
