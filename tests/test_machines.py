"""One contract for every machine; and what is particular to containers."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from cibw.errors import ImageUnavailableError, InterruptedRunError
from cibw.execution.container.connection import ContainerSettings, Engine, connect, open_container
from cibw.execution.container.machine import ContainerMachine
from cibw.execution.host.machine import HostMachine
from cibw.execution.machine import Machine, Tree
from cibw.execution.source.project import project_files
from cibw.model.machines import ContainerEngine, ContainerSpec, CreateOptions, EngineName, Image
from cibw.model.templates import CommandRequest
from tests.doubles.machine import RecordingMachine
from tests.image_settings import image
from tests.machine_contract import CommandContract, FileContract, Line
from tests.needs import Needs

RUN_ID = f"test-{uuid.uuid4().hex[:8]}"
RECORDING = pytest.param("recording")
HOST = pytest.param("host", marks=pytest.mark.host)
ENGINES = [pytest.param("docker", marks=pytest.mark.docker), pytest.param("podman", marks=pytest.mark.podman)]


class Git(Protocol):
    def __call__(self, *words: str, cwd: Path) -> None: ...


class Opened:
    """Machines and engines of this module, each opened when it is first wanted."""

    def __init__(self, needs: Needs, stack: ExitStack) -> None:
        self._needs = needs
        self._stack = stack
        self._engines: dict[str, Engine] = {}
        self._machines: dict[str, Machine] = {}

    def engine(self, name: str) -> Engine:
        if name not in self._engines:
            self._needs.need(name)
            self._engines[name] = self._stack.enter_context(connect(EngineName(name), os.environ))
        return self._engines[name]

    def container(self, name: str, create: CreateOptions, *, linux32: bool = False) -> ContainerMachine:
        engine = ContainerEngine(name=EngineName(name), create=create)
        return self.open(name, ContainerSpec(engine=engine, image=image("manylinux_x86_64"), linux32=linux32))

    def open(self, name: str, spec: ContainerSpec) -> ContainerMachine:
        try:
            machine = open_container(self.engine(name), spec, ContainerSettings(run_id=RUN_ID))
        except ImageUnavailableError as error:
            self._needs.miss(name, error.message)
            raise
        return self._stack.enter_context(machine)

    def machine(self, kind: str) -> Machine:
        if kind not in self._machines:
            self._machines[kind] = self._make(kind)
        return self._machines[kind]

    def _make(self, kind: str) -> Machine:
        if kind == "recording":
            return RecordingMachine()
        if kind == "host":
            return HostMachine(os.environ)
        return self.container(kind, CreateOptions())


@pytest.fixture(scope="module")
def session(needs: Needs) -> Iterator[Opened]:
    with ExitStack() as stack:
        yield Opened(needs, stack)


@pytest.fixture
def machine(request: pytest.FixtureRequest, session: Opened) -> Machine:
    return session.machine(request.param)


@pytest.fixture
def space(machine: Machine) -> Iterator[str]:
    path = f"/tmp/cibw-contract-{uuid.uuid4().hex[:8]}"
    yield path
    machine.remove(path)


@pytest.mark.parametrize("machine", [RECORDING, HOST, *ENGINES], indirect=True)
class TestFiles(FileContract):
    pass


@pytest.mark.parametrize("machine", [HOST, *ENGINES], indirect=True)
class TestCommands(CommandContract):
    pass


def say(machine: Machine, *argv: str) -> str:
    lines: list[Line] = []
    request = CommandRequest(argv=argv, cwd="/", environment=machine.environment())
    outcome = machine.run(request, lambda line, is_error: lines.append((line, is_error)))
    assert outcome.exit_code == 0, lines
    return outcome.stdout.rstrip("\n")


@pytest.mark.parametrize("name", ENGINES)
class TestContainers:
    def test_the_host_stands_below_a_directory(self, session: Opened, name: str) -> None:
        machine = session.machine(name)
        assert f"/host{Path(__file__).parent}" in machine.find(f"/host{Path(__file__).parents[1]}", "tests")

    def test_the_options_reach_the_container(self, session: Opened, name: str, tmp_path: Path) -> None:
        (tmp_path / "shared").write_text("shared")
        tmp_path.chmod(0o755)
        machine = session.container(
            name,
            CreateOptions(
                volumes=(f"{tmp_path}:/shared:ro",),
                environment=(("GREETING", "good day"),),
                network="none",
                hostname="box",
                user="65534:65534",
                tmpfs=("/mem:mode=1777,exec",),
                ulimits=("nofile=512:1024",) * (name == "docker"),
                shm_size="32m",
                add_hosts=(("friend", "10.1.2.3"),) * (name == "docker"),
                cap_drop=("ALL",),
                init=True,
            ),
        )
        assert machine.environment()["GREETING"] == "good day"
        assert say(machine, "cat", "/shared/shared") == "shared"
        assert say(machine, "cat", "/proc/sys/kernel/hostname") == "box"
        limits = say(machine, "sh", "-c", "grep 'Max open files' /proc/1/limits").split()
        assert (limits[3:5] == ["512", "1024"]) == (name == "docker")
        assert say(machine, "id", "-u") == "65534"
        assert "shm" in say(machine, "sh", "-c", "grep /dev/shm /proc/mounts")
        machine.put(b"in memory", "/mem/a/b")
        machine.get("/mem/a/b", tmp_path / "b")
        assert (tmp_path / "b").read_bytes() == b"in memory"
        assert say(machine, "stat", "-c", "%u", "/mem/a/b") == "65534"

    def test_a_container_may_have_the_personality_of_32_bits(self, session: Opened, name: str) -> None:
        assert say(session.container(name, CreateOptions(), linux32=True), "uname", "-m") == "i686"

    @pytest.mark.qemu
    def test_another_architecture_is_emulated(self, session: Opened, name: str, tmp_path: Path) -> None:
        spec = ContainerSpec(engine=ContainerEngine(name=EngineName(name)), image=image("manylinux_aarch64"))
        machine = session.open(name, spec)
        assert say(machine, "uname", "-m") == "aarch64"
        machine.put(b"x" * 100_000, "/tmp/x")
        machine.get("/tmp/x", tmp_path / "x")
        assert (tmp_path / "x").stat().st_size == 100_000

    @pytest.mark.musl
    def test_a_small_image_will_do(self, session: Opened, name: str, tmp_path: Path) -> None:
        spec = ContainerSpec(engine=ContainerEngine(name=EngineName(name)), image=image("musllinux_x86_64"))
        machine = session.open(name, spec)
        long_name = "/".join(["x" * 90] * 3)
        (tmp_path / long_name).parent.mkdir(parents=True)
        (tmp_path / long_name).write_text("long")
        machine.put(Tree(root=tmp_path, files=(long_name,)), "/tmp/tree")
        assert say(machine, "cat", f"/tmp/tree/{long_name}") == "long"
        assert machine.find("/tmp/tree", "*") == (f"/tmp/tree/{'x' * 90}",)

    def test_a_missing_image_says_what_to_do(self, session: Opened, name: str) -> None:
        missing = Image(reference="localhost:1/no/such:1", oci_platform="linux/amd64")
        spec = ContainerSpec(engine=ContainerEngine(name=EngineName(name)), image=missing)
        opening = ContainerSettings(run_id=RUN_ID, image_option="manylinux-x86_64-image", attempts=1)
        with pytest.raises(ImageUnavailableError, match="manylinux-x86_64-image"):
            open_container(session.engine(name), spec, opening)

    def test_a_file_that_vanishes_is_named(self, session: Opened, name: str, tmp_path: Path) -> None:
        machine = session.machine(name)
        with pytest.raises(FileNotFoundError, match="missing"):
            machine.put(Tree(root=tmp_path, files=("missing",)), "/tmp/vanished")

    def test_closing_ends_a_command_of_another_thread(self, session: Opened, name: str) -> None:
        machine = session.container(name, CreateOptions())
        request = CommandRequest(argv=("sh", "-c", "echo ready; sleep 60"), cwd="/", environment=machine.environment())
        with pytest.raises(InterruptedRunError):
            machine.run(request, lambda _line, _is_error: machine.close())

    def test_two_interrupts_leave_nothing(self, session: Opened, name: str) -> None:
        run_id = f"{RUN_ID}-i"
        program = Path(__file__).parent / "interrupted_container.py"
        words = [sys.executable, str(program), name, run_id, image("manylinux_x86_64").reference]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            process.terminate()
            _, errors = process.communicate(timeout=600)
        assert b"KeyboardInterrupt" in errors
        assert session.engine(name).client.containers(f"cibw={run_id}") == ()


@pytest.mark.host
class TestProjectFiles:
    @pytest.fixture
    def git(self) -> Git:
        def run(*words: str, cwd: Path) -> None:
            settings = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"]
            subprocess.run(["git", *settings, *words], cwd=cwd, check=True, capture_output=True)

        return run

    def test_git_is_asked(self, tmp_path: Path, git: Git) -> None:
        other = tmp_path / "other"
        root = tmp_path / "root"
        for directory in (other, root):
            directory.mkdir()
            git("init", "-q", cwd=directory)
        (other / "module.c").touch()
        git("add", ".", cwd=other)
        git("commit", "-qm", "x", cwd=other)
        for name in ("kept.c", "deleted.c", "caf\u00e9 \"'\n.c", "wheelhouse/a.whl", ".gitignore"):
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text("*.o\n")
        git("add", ".", cwd=root)
        git("submodule", "add", "-q", str(other), "vendored", cwd=root)
        (root / "deleted.c").unlink()
        (root / "new.c").touch()
        (root / "new.o").touch()
        files = project_files(HostMachine(os.environ), root, (root / "wheelhouse",)).files
        seen = {name for name in files if not name.startswith(".git/")}
        assert seen == {
            ".git",
            ".gitignore",
            ".gitmodules",
            "kept.c",
            "caf\u00e9 \"'\n.c",
            "new.c",
            "vendored",
            "vendored/.git",
            "vendored/module.c",
        }
        assert ".git/HEAD" in files

    def test_without_git_it_is_everything(self, tmp_path: Path) -> None:
        (tmp_path / "a.o").touch()
        assert project_files(HostMachine(os.environ), tmp_path).files == ("a.o",)
