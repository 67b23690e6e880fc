from __future__ import annotations

from pathlib import Path

import pytest

from cibw.execution.machine import Tree
from cibw.model.templates import CommandRequest
from tests.doubles.machine import Answer, Get, MemoryDir, MemoryFile, MemoryLink, Put, RecordingMachine, Remove


def ignore(_line: str, _is_error: bool) -> None:
    pass


def test_the_longest_beginning_of_the_argv_answers() -> None:
    machine = RecordingMachine({("uv",): Answer(stdout="uv"), ("uv", "build"): Answer(stdout="built", exit_code=2)})
    build = CommandRequest(argv=("uv", "build", "--wheel"), cwd="/")
    assert machine.run(build, ignore).stdout == "built"
    assert machine.run(build, ignore).exit_code == 2
    assert machine.run(CommandRequest(argv=("uv", "venv"), cwd="/"), ignore).stdout == "uv"
    assert machine.run(CommandRequest(argv=("gcc",), cwd="/"), ignore).exit_code == 0
    assert [request.argv[0] for request in machine.requests] == ["uv", "uv", "uv", "gcc"]


def test_a_function_answers_with_lines_and_files() -> None:
    found: list[tuple[str, bool]] = []
    machine = RecordingMachine(
        lambda request: Answer(stdout="a\nb\n", stderr="c", files={f"{request.cwd}/dist/x.whl": b"wheel"}, seconds=3)
    )
    outcome = machine.run(
        CommandRequest(argv=("build",), cwd="/work"), lambda line, is_error: found.append((line, is_error))
    )
    assert found == [("a", False), ("b", False), ("c", True)]
    assert (outcome.stdout, outcome.seconds) == ("a\nb\n", 3)
    assert machine.find("/work/dist", "*.whl") == ("/work/dist/x.whl",)
    assert machine.files.read("/work/dist/x.whl") == b"wheel"


def test_what_it_was_asked_stands_in_order(tmp_path: Path) -> None:
    machine = RecordingMachine(environment={"A": "1"})
    machine.put(b"x", "/a/b")
    machine.get("/a/b", tmp_path / "b")
    machine.remove("/a")
    assert machine.asked == [
        Put(source=b"x", target="/a/b"),
        Get(source="/a/b", target=tmp_path / "b"),
        Remove(path="/a"),
    ]
    assert (tmp_path / "b").read_bytes() == b"x"
    assert machine.files.entry("/a/b") is None
    assert machine.environment() == {"A": "1"}


def test_trees_and_directories_keep_modes_and_links(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "run.sh").write_text("#!")
    (tmp_path / "sub" / "run.sh").chmod(0o755)
    (tmp_path / "link").symlink_to("sub/run.sh")
    machine = RecordingMachine()
    machine.put(Tree(root=tmp_path, files=("sub/run.sh", "link")), "/p")
    machine.put(tmp_path / "sub", "/q")
    assert machine.files.entry("/p/sub/run.sh") == MemoryFile(content=b"#!", mode=0o755)
    assert machine.files.entry("/q/run.sh") == MemoryFile(content=b"#!", mode=0o755)
    assert machine.files.entry("/p/link") == MemoryLink(target="sub/run.sh")
    assert machine.files.read("/p/link") == b"#!"
    assert machine.files.entry("/p/sub") == MemoryDir()


def test_missing_files_and_wrong_kinds_are_told(tmp_path: Path) -> None:
    machine = RecordingMachine()
    machine.make_dir("/a/b")
    with pytest.raises(FileNotFoundError):
        machine.get("/nope", tmp_path / "x")
    with pytest.raises(IsADirectoryError):
        machine.get("/a", tmp_path / "x")
    machine.put(b"", "/a/file")
    with pytest.raises(FileExistsError):
        machine.make_dir("/a/file")
    assert machine.find("/a", "*") == ("/a/b", "/a/file")


def test_a_directory_in_a_tree_stands_for_itself_alone(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for name in ("d/kept", "d/left-out"):
        (tmp_path / name).write_text(name)
    machine = RecordingMachine()
    machine.put(Tree(root=tmp_path, files=("d", "d/kept")), "/target")
    assert machine.find("/target/d", "*") == ("/target/d/kept",)
