from __future__ import annotations

import base64
import io
import os
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cibw.errors import (
    CommandFailedError,
    ConfigurationError,
    EngineTooOldError,
    EngineUnavailableError,
    ImageUnavailableError,
    InterruptedRunError,
)
from cibw.execution.container.client import ContainerCommand, ContainerHandle, LocalImage, RefusedError, remove_surely
from cibw.execution.container.connection import ContainerSettings, Engine, open_container
from cibw.execution.container.endpoints import Endpoint
from cibw.execution.container.machine import Archive, ContainerMachine, pack
from cibw.execution.machine import Tree
from cibw.model.machines import ContainerEngine, ContainerSpec, CreateOptions, EngineName, Image
from cibw.model.templates import CommandRequest
from unit_test.execution.container.fake_engine import FakeEngine


def opened(archive: Archive) -> tarfile.TarFile:
    raw = b"".join(archive.pieces)
    assert len(raw) == archive.size
    return tarfile.open(fileobj=io.BytesIO(raw))


def test_bytes_become_a_file_in_the_directory_of_the_target() -> None:
    archive = pack(b"hello", "/a/b/../c.txt")
    assert archive.directory == "/a"
    with opened(archive) as tar:
        (member,) = tar.getmembers()
        assert (member.name, member.mode, member.uid) == ("c.txt", 0o644, 0)
        content = tar.extractfile(member)
        assert content is not None
        assert content.read() == b"hello"


def test_modes_times_links_and_long_names_are_kept(tmp_path: Path) -> None:
    long_name = "/".join(["x" * 90] * 3)
    (tmp_path / long_name).parent.mkdir(parents=True)
    (tmp_path / long_name).write_bytes(b"y" * 5000)
    (tmp_path / long_name).chmod(0o755)
    os.utime(tmp_path / long_name, (1000, 1000))
    (tmp_path / "link").symlink_to("dangling")
    (tmp_path / "caf\u00e9").touch()
    (tmp_path / "empty").mkdir()
    archive = pack(Tree(root=tmp_path, files=(long_name, "link", "caf\u00e9", "empty")), "/project/")
    assert archive.directory == "/project"
    with opened(archive) as tar:
        file, link, accent, empty = tar.getmembers()
        assert (file.name, file.size, file.mode, file.mtime) == (long_name, 5000, 0o755, 1000)
        assert (link.issym(), link.linkname) == (True, "dangling")
        assert accent.name == "caf\u00e9"
        assert empty.isdir()


def test_a_directory_is_packed_with_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").touch()
    (tmp_path / "sub" / "self").symlink_to("..")
    os.mkfifo(tmp_path / "fifo")
    archive = pack(tmp_path, "/q")
    assert archive.directory == "/q"
    with opened(archive) as tar:
        assert tar.getnames() == ["sub", "sub/a", "sub/self"]


def test_a_file_that_shrinks_meanwhile_does_not_spoil_the_archive(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 3000)
    archive = pack(tmp_path / "a", "/a")
    (tmp_path / "a").write_bytes(b"y")
    with opened(archive) as tar:
        assert tar.getmembers()[0].size == 3000


def test_the_error_of_a_file_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    archive = pack(Tree(root=tmp_path, files=("a",)), "/a")
    (tmp_path / "a").unlink()
    with pytest.raises(FileNotFoundError):
        b"".join(archive.pieces)
    assert isinstance(archive.pieces.fault, FileNotFoundError)


def test_large_files_come_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 5_000_000)
    sizes = [len(piece) for piece in pack(tmp_path / "a", "/a").pieces]
    assert max(sizes) < 3_000_000
    assert sum(sizes) > 5_000_000


def test_a_relative_target_is_refused() -> None:
    with pytest.raises(ValueError, match="not absolute"):
        pack(b"", "a/b")


Chunks = list[tuple[bytes, bool]]
GOOD = LocalImage(identity="sha256:1", oci_platform="linux/amd64")
SPEC = ContainerSpec(engine=ContainerEngine(), image=Image(reference="x:1", oci_platform="linux/amd64"))
NEAR = Endpoint(url="unix:///s", origin="")


def saying(chunks: Chunks, code: int = 0) -> Callable[[ContainerCommand, bytes], tuple[Chunks, int]]:
    return lambda _execution, _data: (chunks, code)


def machine_of(client: FakeEngine, prefix: tuple[str, ...] = (), *, keeps_shell: bool = False) -> ContainerMachine:
    return ContainerMachine(ContainerHandle(client, "box", prefix=prefix), keeps_shell=keeps_shell)


def request(*argv: str, **environment: str) -> CommandRequest:
    return CommandRequest(argv=argv, cwd="/work", environment={"PATH": "/bin", "HOME": "/root", **environment})


def run(machine: ContainerMachine, asked: CommandRequest) -> tuple[int, list[tuple[str, bool]]]:
    lines: list[tuple[str, bool]] = []
    outcome = machine.run(asked, lambda line, is_error: lines.append((line, is_error)))
    return outcome.exit_code, lines


def test_a_command_runs_as_it_is_asked() -> None:
    client = FakeEngine(answer=saying([(b"a\nb", False), (b"c\n", True)], 3), late=2)
    assert run(machine_of(client), request("x", "y", A="1")) == (3, [("a", False), ("c", True), ("b", False)])
    execution = client.executions[1]
    assert (execution.argv, execution.cwd, execution.reads) == (("x", "y"), "/work", False)
    assert execution.environment == {"PATH": "/bin", "HOME": "/root", "A": "1"}


def test_variables_that_the_request_lacks_are_unset() -> None:
    client = FakeEngine()
    run(machine_of(client), CommandRequest(argv=("x",), cwd="/", environment={"A": "1"}))
    assert client.executions[-1].argv == ("env", "-u", "HOME", "-u", "PATH", "x")


def test_the_personality_stands_before_every_command() -> None:
    client = FakeEngine()
    machine = machine_of(client, prefix=("linux32",))
    run(machine, request("x"))
    machine.make_dir("/a")
    assert [execution.argv[0] for execution in client.executions] == ["linux32"] * 3


@pytest.mark.parametrize(
    ("chunk", "code", "wanted"),
    [
        ((b"OCI runtime exec failed: no such file\r\n", False), 126, 126),
        ((b"OCI runtime exec failed: not found\r\n", False), 127, 127),
        ((b"Error: runc: exec failed: not a directory: OCI runtime error\n", True), 125, 126),
    ],
)
def test_a_command_that_cannot_start_says_so_on_standard_error(
    chunk: tuple[bytes, bool], code: int, wanted: int
) -> None:
    exit_code, lines = run(machine_of(FakeEngine(answer=saying([chunk], code))), request("x"))
    assert exit_code == wanted
    assert [is_error for _, is_error in lines] == [True]


def test_an_exit_code_of_the_command_itself_is_left_alone() -> None:
    assert run(machine_of(FakeEngine(answer=saying([(b"Error: mine\n", True)], 125))), request("x"))[0] == 125


@pytest.mark.parametrize(("message", "code"), [("OCI runtime: x not found", 127), ("exec failed: denied", 126)])
def test_a_command_may_be_refused(message: str, code: int) -> None:
    def refuse(_execution: ContainerCommand, _data: bytes) -> tuple[Chunks, int]:
        raise RefusedError(400, message)

    assert run(machine_of(FakeEngine(answer=refuse)), request("x")) == (code, [(message, True)])


def test_a_container_that_went_away_is_told() -> None:
    def gone(_execution: ContainerCommand, _data: bytes) -> tuple[Chunks, int]:
        raise RefusedError(404, "No such container: box")

    with pytest.raises(EngineUnavailableError, match="box does not respond"):
        run(machine_of(FakeEngine(answer=gone)), request("x"))


def test_closing_ends_a_command_of_another_thread() -> None:
    client = FakeEngine()
    machine = machine_of(client)

    def close(_execution: ContainerCommand, _data: bytes) -> tuple[Chunks, int]:
        machine.close()
        return [], 137

    client.answer = close
    with pytest.raises(InterruptedRunError):
        run(machine, request("x"))
    assert client.removed == ["box"]


def test_files_are_put_by_an_archive(tmp_path: Path) -> None:
    seen: list[tuple[str, list[str], bool]] = []

    def unpack(execution: ContainerCommand, data: bytes) -> tuple[Chunks, int]:
        with tarfile.open(fileobj=io.BytesIO(data or base64.b64decode(execution.argv[-1]))) as tar:
            seen.append((execution.argv[-2], tar.getnames(), execution.reads))
        assert execution.reads == (execution.argv[-1] == str(len(data)))
        return [], 0

    (tmp_path / "a").write_bytes(bytes(100_000))
    machine = machine_of(FakeEngine(answer=unpack))
    machine.put(b"x", "/p/q")
    machine.put(Tree(root=tmp_path, files=("a",)), "/t")
    assert seen == [("/p", ["q"], False), ("/t", ["a"], True)]


def test_an_unreadable_file_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        machine_of(FakeEngine()).put(Tree(root=tmp_path, files=("missing",)), "/t")


def test_a_file_is_got_whole(tmp_path: Path) -> None:
    machine_of(FakeEngine(answer=saying([(b"ab", False), (b"cd", False)]))).get("/x", tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"abcd"


@pytest.mark.parametrize(
    ("code", "error"), [(101, FileNotFoundError), (102, IsADirectoryError), (1, CommandFailedError)]
)
def test_nothing_is_left_of_a_file_that_cannot_be_got(tmp_path: Path, code: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        machine_of(FakeEngine(answer=saying([(b"half", False), (b"denied\n", True)], code))).get("/x", tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_entries_are_found_by_a_glob() -> None:
    client = FakeEngine(answer=saying([(b"b.whl\0a.whl\0.x.whl\0c.txt\0.\0..\0", False)]))
    assert machine_of(client).find("/d/", "*.whl") == ("/d/.x.whl", "/d/a.whl", "/d/b.whl")


def test_a_failed_action_says_why() -> None:
    client = FakeEngine(answer=saying([(b"mkdir: read-only\n", True)], 1))
    with pytest.raises(CommandFailedError, match="read-only"):
        machine_of(client).make_dir("/x")


def engine_of(client: FakeEngine, endpoint: Endpoint = NEAR) -> Engine:
    return Engine(EngineName.DOCKER, client, endpoint)


def test_an_opened_container_is_removed_in_the_end() -> None:
    client = FakeEngine(images={"x:1": GOOD})
    with engine_of(client) as engine, open_container(engine, SPEC, ContainerSettings(run_id="r")) as machine:
        assert machine.name.startswith("cibw-r-")
        assert client.created[0].image == "sha256:1"
        assert not client.removed
    assert client.removed == [machine.name]
    assert client.closed


def test_a_container_may_be_kept_and_is_named_then() -> None:
    client = FakeEngine(images={"x:1": GOOD})
    told: list[str] = []
    with open_container(
        engine_of(client), SPEC, ContainerSettings(run_id="r", keep=True, progress=told.append)
    ) as machine:
        pass
    assert not client.removed
    assert machine.name in told[0]


def test_nothing_is_left_of_a_container_that_does_not_start() -> None:
    client = FakeEngine(images={"x:1": GOOD}, refuse_start=RefusedError(500, "no such device"))
    with pytest.raises(EngineUnavailableError, match="no such device"):
        open_container(engine_of(client), SPEC, ContainerSettings(run_id="r"))
    assert client.removed == [client.created[0].name]


@pytest.mark.parametrize(("refusals", "message"), [(1, ""), (3, "volume already exists"), (1, "other")])
def test_a_volume_that_another_run_makes_meanwhile_is_used(refusals: int, message: str) -> None:
    refused = RefusedError(500, f"creating named volume: {message or 'volume already exists'}")
    client = FakeEngine(images={"x:1": GOOD}, refuse_creations=[refused] * refusals)
    opening = ContainerSettings(run_id="r", volumes=("cibw-x:/cache",))
    if message:
        with pytest.raises(EngineUnavailableError, match=message):
            open_container(engine_of(client), SPEC, opening)
    else:
        open_container(engine_of(client), SPEC, opening)
        assert len(client.created) == 1


def test_another_computer_gets_no_volumes_of_this_one() -> None:
    client = FakeEngine(images={"x:1": GOOD})
    far = engine_of(client, Endpoint(url="tcp://far:1", origin=""))
    open_container(far, SPEC, ContainerSettings(run_id="r", volumes=("/c:/c",)))
    assert client.created[0].volumes == ()


def test_the_option_of_a_missing_image_is_named() -> None:
    client = FakeEngine(pulls=[RefusedError(404, "manifest unknown")])
    with pytest.raises(ImageUnavailableError, match="manylinux-x86_64-image"):
        open_container(engine_of(client), SPEC, ContainerSettings(run_id="r", image_option="manylinux-x86_64-image"))


def test_a_seccomp_profile_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("{}")
    client = FakeEngine(images={"x:1": GOOD})

    def spec(option: str) -> ContainerSpec:
        return ContainerSpec(engine=ContainerEngine(create=CreateOptions(security_opt=(option,))), image=SPEC.image)

    open_container(engine_of(client), spec(f"seccomp={tmp_path}/p.json"), ContainerSettings(run_id="r"))
    open_container(engine_of(client), spec("seccomp=unconfined"), ContainerSettings(run_id="r"))
    assert [created.security_opt for created in client.created] == [("seccomp={}",), ("seccomp=unconfined",)]
    with pytest.raises(ConfigurationError, match="cannot be read"):
        open_container(engine_of(client), spec("seccomp=/nope"), ContainerSettings(run_id="r"))


def test_leftovers_are_found_by_their_run() -> None:
    client = FakeEngine(images={"x:1": GOOD})
    engine = engine_of(client)
    machine = open_container(engine, SPEC, ContainerSettings(run_id="mine"))
    open_container(engine, SPEC, ContainerSettings(run_id="other"))
    assert engine.remove_leftovers("mine") == 1
    assert client.removed == [machine.name]


@pytest.mark.parametrize(("api", "error"), [("1.40", EngineTooOldError), ("soon", EngineUnavailableError)])
def test_an_engine_must_be_new_enough(api: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="Docker"):
        engine_of(FakeEngine(api=api))


def test_a_removal_is_quiet_and_in_a_thread_of_its_own() -> None:
    threads: list[str] = []

    class Angry(FakeEngine):
        def remove(self, container: str) -> None:
            threads.append(threading.current_thread().name)
            raise RefusedError(500, f"{container} is busy")

    remove_surely(Angry(), "box")
    assert threads == ["ask the engine"]


def test_an_image_that_can_not_be_pulled_is_asked_for_once_in_a_run() -> None:
    client = FakeEngine(pulls=[RefusedError(404, "not found")])
    engine = engine_of(client)
    for _ in range(2):
        with pytest.raises(ImageUnavailableError, match="not found"):
            open_container(engine, SPEC, ContainerSettings(run_id="r"))
    assert len(client.pulled) == 1
