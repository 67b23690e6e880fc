"""What holds for every machine."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from cibw.execution.machine import Machine, Tree
from cibw.model.templates import CommandRequest, Outcome

Line = tuple[str, bool]
PATIENCE = 300.0
"""Seconds after which a test that waits for another command fails."""


def read(machine: Machine, path: str, directory: Path) -> bytes:
    target = directory / "got"
    machine.get(path, target)
    return target.read_bytes()


def make_link(path: Path, target: str) -> None:
    """Make a symbolic link, or skip the test on a system that makes none for this user."""
    with suppress(OSError):
        path.symlink_to(target)
    if not path.is_symlink():
        pytest.skip("no symbolic links can be made here")


class FileContract:
    """Files: fixtures `machine`, and `space`, a fresh directory's path on it that does not exist yet."""

    odd_name = 'caf\u00e9\'s "b".txt'

    def test_bytes_come_back_and_parents_are_made(self, machine: Machine, space: str, tmp_path: Path) -> None:
        machine.put(b"one\r\n\x00\xff", f"{space}/a/b/c")
        assert read(machine, f"{space}/a/b/c", tmp_path) == b"one\r\n\x00\xff"
        machine.put(b"", f"{space}/a/b/c")
        assert read(machine, f"{space}/a/b/c", tmp_path) == b""

    def test_a_large_file_comes_back(self, machine: Machine, space: str, tmp_path: Path) -> None:
        content = os.urandom(5_000_000)
        (tmp_path / "large").write_bytes(content)
        machine.put(tmp_path / "large", f"{space}/large")
        assert read(machine, f"{space}/large", tmp_path) == content

    def test_a_tree_brings_its_files_and_nothing_else(self, machine: Machine, space: str, tmp_path: Path) -> None:
        names = ("a.txt", f"sub dir/{self.odd_name}", f"{'x' * 80}/{'y' * 80}/long")
        for name in (*names, "other"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(name, "utf-8")
        machine.put(Tree(root=tmp_path, files=names), space)
        for name in names:
            assert read(machine, f"{space}/{name}", tmp_path).decode() == name
        assert f"{space}/other" not in machine.find(space, "*")

    def test_a_link_in_a_tree_leads_to_its_file(self, machine: Machine, space: str, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("a")
        make_link(tmp_path / "link", "a.txt")
        machine.put(Tree(root=tmp_path, files=("a.txt", "link")), space)
        assert read(machine, f"{space}/link", tmp_path) == b"a"

    def test_a_directory_in_a_tree_stands_for_itself_alone(self, machine: Machine, space: str, tmp_path: Path) -> None:
        (tmp_path / "d" / "empty").mkdir(parents=True)
        make_link(tmp_path / "d" / "link", "file")
        for name in ("d/file", "d/left-out"):
            (tmp_path / name).write_text(name, "utf-8")
        machine.put(Tree(root=tmp_path, files=("d", "d/empty", "d/file", "d/link")), space)
        assert machine.find(f"{space}/d", "*") == tuple(f"{space}/d/{name}" for name in ("empty", "file", "link"))
        assert read(machine, f"{space}/d/link", tmp_path) == b"d/file"

    def test_entries_of_a_tree_may_be_elsewhere_or_nowhere(self, machine: Machine, space: str, tmp_path: Path) -> None:
        (tmp_path / "elsewhere/d").mkdir(parents=True)
        (tmp_path / "elsewhere/d/f").write_text("f")
        moved: dict[str, Path | bytes] = {
            "d": tmp_path / "elsewhere/d",
            "d/f": tmp_path / "elsewhere/d/f",
            "made/g": b"g",
        }
        machine.put(Tree(root=tmp_path, files=tuple(moved), moved=moved), space)
        assert read(machine, f"{space}/d/f", tmp_path) == b"f"
        assert read(machine, f"{space}/made/g", tmp_path) == b"g"

    def test_a_tree_joins_what_is_there(self, machine: Machine, space: str, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("new")
        machine.put(b"old", f"{space}/a")
        machine.put(b"old", f"{space}/b")
        machine.put(Tree(root=tmp_path, files=("a",)), space)
        assert read(machine, f"{space}/a", tmp_path) == b"new"
        assert read(machine, f"{space}/b", tmp_path) == b"old"

    def test_a_directory_becomes_the_target(self, machine: Machine, space: str, tmp_path: Path) -> None:
        (tmp_path / "d" / "e").mkdir(parents=True)
        (tmp_path / "d" / "e" / "f").write_text("f")
        machine.put(tmp_path / "d", f"{space}/target")
        assert read(machine, f"{space}/target/e/f", tmp_path) == b"f"

    def test_a_missing_file_cannot_be_got(self, machine: Machine, space: str, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            machine.get(f"{space}/missing", tmp_path / "missing")
        assert not (tmp_path / "missing").exists()

    def test_a_directory_is_no_file(self, machine: Machine, space: str, tmp_path: Path) -> None:
        machine.make_dir(space)
        with pytest.raises(IsADirectoryError):
            machine.get(space, tmp_path / "directory")

    def test_entries_are_found_by_a_glob(self, machine: Machine, space: str) -> None:
        for name in ("b.whl", "a b.whl", "c.txt", ".hidden.whl", "sub/d.whl"):
            machine.put(b"", f"{space}/{name}")
        assert machine.find(space, "*.whl") == tuple(f"{space}/{name}" for name in (".hidden.whl", "a b.whl", "b.whl"))
        assert machine.find(space, "[ac]*") == (f"{space}/a b.whl", f"{space}/c.txt")
        assert machine.find(space, "s*") == (f"{space}/sub",)
        assert machine.find(f"{space}/missing", "*") == ()

    def test_directories_are_made_with_their_parents(self, machine: Machine, space: str) -> None:
        machine.make_dir(f"{space}/a/b c")
        machine.make_dir(f"{space}/a/b c")
        assert machine.find(f"{space}/a", "*") == (f"{space}/a/b c",)

    def test_files_and_directories_are_removed(self, machine: Machine, space: str) -> None:
        machine.put(b"", f"{space}/d/e/f")
        machine.put(b"", f"{space}/g")
        for path in (f"{space}/g", f"{space}/g", f"{space}/d", f"{space}/missing/x"):
            machine.remove(path)
        assert machine.find(space, "*") == ()

    def test_the_environment_has_a_path(self, machine: Machine) -> None:
        assert machine.environment()["PATH"]


class CommandContract:
    """Commands: fixtures `machine` and `space`, on machines that really run them."""

    def run(
        self, machine: Machine, *argv: str, cwd: str = "/", environment: Mapping[str, str] | None = None
    ) -> tuple[Outcome, list[Line]]:
        lines: list[Line] = []
        request = CommandRequest(argv=argv, cwd=cwd, environment=environment or machine.environment())
        outcome = machine.run(request, lambda line, is_error: lines.append((line, is_error)))
        return outcome, lines

    def shell(self, machine: Machine, script: str) -> tuple[Outcome, list[Line]]:
        return self.run(machine, "sh", "-c", script)

    def test_exit_codes_are_true(self, machine: Machine) -> None:
        assert self.run(machine, "true")[0].exit_code == 0
        assert self.shell(machine, "exit 3")[0].exit_code == 3
        assert self.shell(machine, "kill -9 $$")[0].exit_code == 137

    def test_the_streams_are_apart(self, machine: Machine) -> None:
        outcome, lines = self.shell(machine, "echo out; echo err >&2; printf 'no end'")
        assert [line for line, is_error in lines if not is_error] == ["out", "no end"]
        assert [line for line, is_error in lines if is_error] == ["err"]
        assert outcome.stdout == "out\nno end"
        assert 0 < outcome.seconds < 30

    def test_arguments_arrive_as_they_are(self, machine: Machine) -> None:
        words = ("", "a b", "$HOME", "'\"", "caf\u00e9", "*", "-n", "x\ny", "\\")
        outcome, _ = self.run(machine, "sh", "-c", 'printf "%s|" "$@"', "sh", *words)
        assert outcome.stdout == "".join(f"{word}|" for word in words)

    def test_the_environment_is_that_of_the_request(self, machine: Machine) -> None:
        path = machine.environment()["PATH"]
        wanted = {"PATH": path, "A": "a b\n'$X\"", "EMPTY": "", "CAFE": "caf\u00e9"}
        outcome, _ = self.run(machine, "env", "-0", environment=wanted)
        assert dict(item.split("=", 1) for item in outcome.stdout.split("\0") if item) == wanted

    def test_commands_start_from_the_machines_environment(self, machine: Machine) -> None:
        outcome, _ = self.run(machine, "env", "-0")
        assert dict(item.split("=", 1) for item in outcome.stdout.split("\0") if item) == machine.environment()

    def test_the_working_directory_is_that_of_the_request(self, machine: Machine, space: str) -> None:
        machine.make_dir(f"{space}/a b")
        assert self.run(machine, "pwd", cwd=f"{space}/a b")[0].stdout == f"{space}/a b\n"

    @pytest.mark.parametrize("name", ["missing", "file"])
    def test_nothing_runs_elsewhere(self, machine: Machine, space: str, name: str) -> None:
        machine.put(b"", f"{space}/file")
        outcome, lines = self.run(machine, "sh", "-c", "echo ran; pwd", cwd=f"{space}/{name}")
        assert outcome.exit_code in (126, 127)
        assert outcome.stdout == "" or "ran" not in outcome.stdout
        assert lines
        assert all(is_error for _, is_error in lines)

    def test_a_missing_program_says_so(self, machine: Machine) -> None:
        outcome, lines = self.run(machine, "no-such-program")
        assert outcome.exit_code in (126, 127)
        assert any("no-such-program" in line for line, _ in lines)
        assert all(is_error for _, is_error in lines)

    def test_standard_input_ends_at_once(self, machine: Machine) -> None:
        outcome, lines = self.shell(machine, "cat; echo $?")
        assert (outcome.exit_code, lines) == (0, [("0", False)])

    def test_lines_come_whole(self, machine: Machine) -> None:
        pieces = ("a\\r\\nb", "c\\n1%%\\r2%%\\r\\n\\303", "\\251\\n\\377\\n\\n")
        _, lines = self.shell(machine, "; sleep 0.1; ".join(f"printf '{piece}'" for piece in pieces))
        assert [line for line, _ in lines] == ["a", "bc", "2%", "\u00e9", "\ufffd", ""]

    def test_a_long_line_comes_whole(self, machine: Machine) -> None:
        outcome, lines = self.shell(machine, "head -c 500000 /dev/zero | tr '\\0' x; echo")
        assert lines == [("x" * 500_000, False)]
        assert len(outcome.stdout) == 500_001

    def test_a_lot_of_output_arrives(self, machine: Machine) -> None:
        script = "yes 0123456789 | head -n 400000; yes err | head -n 100000 >&2"
        _, lines = self.shell(machine, script)
        assert sum(not is_error for _, is_error in lines) == 400_000
        assert sum(is_error for _, is_error in lines) == 100_000
        assert {line for line, _ in lines} == {"0123456789", "err"}

    def test_output_comes_while_the_command_runs(self, machine: Machine, space: str) -> None:
        """The command goes on only when its first line has arrived."""
        arrived, lines = threading.Event(), list[str]()
        script = f"echo a; {self.until(f'[ -e {space}/go ]')}; echo b"
        request = CommandRequest(argv=("sh", "-c", script), cwd="/", environment=machine.environment())

        def hear(line: str, _is_error: bool) -> None:
            lines.append(line)
            arrived.set()

        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(machine.run, request, hear)
            arrived.wait(PATIENCE)
            machine.put(b"", f"{space}/go")
            assert running.result().exit_code == 0
        assert lines == ["a", "b"]

    def test_modes_and_links_are_kept(self, machine: Machine, space: str, tmp_path: Path) -> None:
        (tmp_path / "run").write_text("#!/bin/sh\necho ran\n")
        (tmp_path / "run").chmod(0o755)
        (tmp_path / "data").touch(mode=0o640)
        (tmp_path / "data").chmod(0o640)
        (tmp_path / "link").symlink_to("run")
        (tmp_path / "dangling").symlink_to("/no/where")
        os.utime(tmp_path / "data", (1_000_000_000, 1_000_000_000))
        machine.put(Tree(root=tmp_path, files=("run", "data", "link", "dangling")), space)
        assert self.run(machine, f"{space}/link")[0].stdout == "ran\n"
        assert self.run(machine, "stat", "-c", "%a %Y", f"{space}/data")[0].stdout == "640 1000000000\n"
        assert self.run(machine, "readlink", f"{space}/dangling")[0].stdout == "/no/where\n"

    def test_what_is_put_is_owned_by_who_runs(self, machine: Machine, space: str) -> None:
        machine.put(b"", f"{space}/a")
        owner = self.run(machine, "stat", "-c", "%u", f"{space}/a")[0].stdout
        assert owner == self.run(machine, "id", "-u")[0].stdout

    def test_an_odd_name_harms_nothing(self, machine: Machine, space: str, tmp_path: Path) -> None:
        odd = f"{space}/-n $(exit 1); * 'x'"
        machine.put(b"x", f"{odd}/y")
        assert read(machine, f"{odd}/y", tmp_path) == b"x"
        assert machine.find(odd, "*") == (f"{odd}/y",)
        machine.remove(odd)
        assert machine.find(space, "*") == ()

    def test_commands_run_side_by_side(self, machine: Machine, space: str) -> None:
        """Each command goes on only when all have begun."""
        machine.make_dir(space)
        machine.environment()
        all_there = " && ".join(f"[ -e {space}/{number} ]" for number in range(4))
        with ThreadPoolExecutor(4) as pool:
            scripts = [f"touch {space}/{number}; {self.until(all_there)}; echo {number}" for number in range(4)]
            outcomes = list(pool.map(lambda script: self.shell(machine, script)[0].stdout, scripts))
        assert outcomes == [f"{number}\n" for number in range(4)]

    @staticmethod
    def until(condition: str) -> str:
        """Words of the shell that wait for a condition, and fail where it never holds."""
        return f"n=0; until {condition}; do n=$((n + 1)); [ $n -lt {PATIENCE * 10:.0f} ] || exit 9; sleep 0.1; done"
