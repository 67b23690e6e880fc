"""cibw or an engine is killed while containers work: they end, and the next run finds and leaves nothing."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from cibw.execution.container.create import LABEL, OWNER_LABEL
from cibw.execution.container.snapshots import LiveRuns
from cibw.resources import end_processes
from tests.builds import build, copy_project, run_cibw, selected
from tests.image_settings import image, image_settings
from tests.test_container_builds import ENGINES, leftovers, marked
from tests.test_interrupts import nap, running
from tests.test_killed_runs import SECONDS, cibw_running, kill_running, wait_until

IDENTIFIER = "cp311-manylinux_x86_64"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project("c", tmp_path)


def asked(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def settings_of(engine: str, mark: str, **settings: str) -> dict[str, str]:
    own = {**image_settings("manylinux_x86_64"), **marked(engine, mark), **selected(IDENTIFIER)}
    return {**own, "CIBW_TEST_COMMAND": "", **settings}


def names_of(engine: str, mark: str) -> list[str]:
    return asked(engine, "ps", "--all", "--filter", f"label=tests={mark}", "--format", "{{.Names}}").split()


def services_of(pid: int) -> list[str]:
    """The command lines of the services of Podman that a run has started."""
    children = [process.pid for process in end_processes.processes() if process.parent == pid]
    lines = [Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode() for child in children]
    return [line.strip() for line in lines if "system service" in line]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("hook", ["CIBW_BEFORE_ALL", "CIBW_BEFORE_BUILD", "CIBW_TEST_COMMAND"])
def test_containers_end_with_cibw(engine: str, hook: str, project: Path) -> None:
    sleep, mark = nap(), uuid.uuid4().hex
    settings = settings_of(engine, mark, **{hook: f"{sleep} & {sleep}"})
    with cibw_running(project, settings, "--engine", engine) as process:
        wait_until(lambda: len(running(f"{sleep}")) > 1 or process.poll() is not None, "the command runs")
        assert process.poll() is None, (project.parent / "output").read_text()
        services = services_of(process.pid)
        assert engine == "docker" or services or Path("/run/podman/podman.sock").exists()
        (name,) = names_of(engine, mark)
        process.send_signal(signal.SIGKILL)
    wait_until(lambda: not running(sleep), "all processes have ended")
    wait_until(lambda: leftovers(engine, mark) == "", "the container is removed")
    wait_until(lambda: not any(running(line) for line in services), "the service has ended")
    build(project, "--engine", engine, settings=settings_of(engine, mark))
    assert leftovers(engine, mark) == ""
    volume = "cibw-manylinux_x86_64:/tmp/cibw/cache"
    inside = ("ls", "/tmp/cibw/cache/work")
    assert name not in asked(engine, "run", "--rm", "--volume", volume, image("manylinux_x86_64").reference, *inside)


@pytest.mark.docker
def test_a_run_that_is_stopped_for_a_while_keeps_its_container(project: Path, tmp_path: Path) -> None:
    mark, go = uuid.uuid4().hex, tmp_path / "go"
    hook = f"echo as''leep; until [ -e /host{go} ]; do sleep 0.1; done"
    with cibw_running(project, settings_of("docker", mark, CIBW_BEFORE_BUILD=hook), "--engine", "docker") as process:
        output = project.parent / "output"
        wait_until(lambda: "asleep" in output.read_text() or process.poll() is not None, "the command runs")
        assert process.poll() is None, output.read_text()
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(5)
        process.send_signal(signal.SIGCONT)
        go.touch()
        assert process.wait(SECONDS) == 0, output.read_text()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_container_that_is_to_be_kept_outlives_cibw(engine: str, project: Path) -> None:
    sleep, mark = nap(), uuid.uuid4().hex
    settings = settings_of(engine, mark, CIBW_BEFORE_BUILD=sleep, CIBW_DEBUG_KEEP_CONTAINER="1")
    try:
        with cibw_running(project, settings, "--engine", engine) as process:
            wait_until(lambda: len(running(sleep)) > 0 or process.poll() is not None, "the command runs")
            process.send_signal(signal.SIGKILL)
        build(project, "--engine", engine, settings=settings_of(engine, uuid.uuid4().hex))
        assert len(asked(engine, "ps", "--quiet", "--filter", f"label=tests={mark}").split()) == 1
    finally:
        for name in names_of(engine, mark):
            asked(engine, "rm", "--force", name)


class Made:
    """Containers and images as runs leave them, which go with the test."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self._containers: list[str] = []
        self._images: list[str] = []

    def container(self, run_id: str, owner: str) -> str:
        name = f"cibw-{run_id}-{secrets.token_hex(4)}"
        labels = (f"--label={LABEL}={run_id}", *((f"--label={OWNER_LABEL}={owner}",) if owner else ()))
        asked(self.engine, "create", f"--name={name}", *labels, image("musllinux_x86_64").reference, "true")
        self._containers.append(name)
        return name

    def image(self, run_id: str, owner: str) -> str:
        """An image of its own, as before-all leaves it during a run."""
        name = self.container(run_id, owner)
        reference = f"cibw-snapshot:{name}"
        asked(self.engine, "commit", f"--change=LABEL {OWNER_LABEL}={owner}", name, reference)
        asked(self.engine, "rm", "--force", name)
        self._images.append(reference)
        return reference

    def has(self, name: str) -> bool:
        kind = "image" if ":" in name else "container"
        return subprocess.run([self.engine, kind, "inspect", name], capture_output=True, check=False).returncode == 0

    def clear(self) -> None:
        # Podman removes nothing where one of several is missing.
        for name in self._containers:
            subprocess.run([self.engine, "rm", "--force", name], capture_output=True, check=False)
        for reference in self._images:
            subprocess.run([self.engine, "rmi", "--force", reference], capture_output=True, check=False)


@pytest.fixture
def made(request: pytest.FixtureRequest) -> Iterator[Made]:
    """What runs have left in an engine."""
    found = Made(request.param)
    yield found
    found.clear()


@pytest.mark.musl
@pytest.mark.parametrize("made", ENGINES, indirect=True)
@pytest.mark.parametrize("is_build", [True, False], ids=["next-run", "prune"])
def test_what_dead_runs_of_this_computer_left_is_removed(made: Made, is_build: bool, project: Path) -> None:
    runs = LiveRuns.open()
    assert runs is not None
    dead, alive = secrets.token_hex(4), secrets.token_hex(4)
    elsewhere = secrets.token_hex(16)
    goes = [made.container(dead, runs.identity), made.image(dead, runs.identity)]
    with runs.entered(alive):
        stays = [
            made.container(alive, runs.identity),
            made.image(alive, runs.identity),
            made.container(dead, elsewhere),
            made.image(dead, elsewhere),
            made.container(dead, ""),
            made.container("not-an-id", runs.identity),
        ]
        if is_build:
            build(project, "--engine", made.engine, settings=settings_of(made.engine, uuid.uuid4().hex))
        else:
            ran = run_cibw(project, "cache", "prune")
            assert ran.exit_code == 0, ran.output
            assert f"left by killed runs from {made.engine.capitalize()}" in ran.output
        assert [name for name in goes if made.has(name)] == []
        assert [name for name in stays if not made.has(name)] == []


@pytest.fixture
def bridge() -> Iterator[str]:
    """A bridge of its own for a daemon of Docker; with `--bridge=none` it would remove the one of the usual daemon."""
    if os.geteuid() != 0:
        pytest.skip("needs root to start a daemon of Docker")
    name = f"cibw{secrets.token_hex(4)}"
    asked("ip", "link", "add", "name", name, "type", "bridge")
    asked("ip", "address", "add", f"192.0.2.{secrets.randbelow(60) * 4 + 1}/30", "dev", name)
    yield name
    asked("ip", "link", "delete", name)


def succeeds(*words: str) -> bool:
    """Whether a command succeeds; what it prints does not matter."""
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory for sockets, whose paths may have 108 characters; those of tests that run side by side are longer."""
    with tempfile.TemporaryDirectory(prefix="cibw-", dir="/tmp", ignore_cleanup_errors=True) as directory:
        yield Path(directory)


@pytest.fixture
def private_docker(short_path: Path, bridge: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A daemon of Docker that a test may kill: its address and its process."""
    place = short_path
    socket = place / "docker.sock"
    words = ["dockerd", f"--host=unix://{socket}", f"--data-root={place}/data", f"--exec-root={place}/exec"]
    words += [f"--pidfile={place}/docker.pid", f"--bridge={bridge}", "--iptables=false", "--ip-forward=false"]
    with (place / "dockerd.log").open("wb") as log:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    address = f"unix://{socket}"
    answers = ["docker", "--host", address, "version"]
    try:
        wait_until(
            lambda: (
                process.poll() is not None or subprocess.run(answers, capture_output=True, check=False).returncode == 0
            ),
            "dockerd answers",
        )
        assert process.poll() is None, (place / "dockerd.log").read_text(encoding="utf-8")[-2000:]
        yield address, process
    finally:
        process.kill()
        process.wait()
        # Its containerd, and the mounts of its containers, stay behind.
        kill_running(str(place))
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
        for mount in sorted((one for one in mounts if one.startswith(f"{place}/")), reverse=True):
            subprocess.run(["umount", "--lazy", mount], check=False)


@pytest.mark.docker
def test_a_killed_engine_is_told_and_finished_wheels_stay(
    private_docker: tuple[str, subprocess.Popen[bytes]], project: Path
) -> None:
    address, daemon = private_docker
    load = f"docker save {image('manylinux_x86_64').reference} | docker --host {address} load"
    subprocess.run(["sh", "-c", load], check=True, capture_output=True)
    second = "cp312-manylinux_x86_64"
    engine = {"DOCKER_HOST": address, "CIBW_CONTAINER_ENGINE": "docker; create-args: --network host"}
    own = {**image_settings("manylinux_x86_64"), **engine, "CIBW_TEST_COMMAND": ""}
    hook = "case $CIBUILDWHEEL_BUILD_IDENTIFIER in cp312*) echo as''leep; sleep 1000; esac"
    settings = {**own, **selected(IDENTIFIER, second), "CIBW_BEFORE_BUILD": hook}
    output = project.parent / "output"
    with cibw_running(project, settings, "--jobs", "1") as process:
        wait_until(lambda: "asleep" in output.read_text() or process.poll() is not None, "the command runs")
        daemon.kill()
        assert process.wait(SECONDS) == 11, output.read_text()
    text = output.read_text()
    assert "Traceback" not in text
    assert "the container engine" in text.lower()
    assert [path.name.split("-")[2] for path in (project / "wheelhouse").glob("*.whl")] == ["cp311"]
    assert not list((project / "wheelhouse").glob(".*"))
    again = build(project, "--engine", "docker", settings=settings_of("docker", uuid.uuid4().hex))
    assert len(again.results) == 1
