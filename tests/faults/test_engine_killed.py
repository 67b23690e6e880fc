"""A Docker daemon that is killed in the middle of a build; it is a private one, with a data directory of its own."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.checks import check_harmless, check_next_run
from tests.faults.conftest import Reference, Start
from tests.faults.runs import PATIENCE, Trial, eventually
from tests.image_settings import image

pytestmark = [pytest.mark.docker, pytest.mark.faults_long, pytest.mark.usefixtures("need_root")]

ENGINE_FAILED = {1, 11}
"""A command failed, or the engine does not answer."""


class Daemon:
    """A private dockerd, in a network namespace of its own: one without a bridge removes that of any other daemon."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.address = f"unix://{directory}/s"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the daemon, and wait until it answers."""
        options = {
            "host": self.address,
            "data-root": self.directory / "data",
            "exec-root": self.directory / "exec",
            "pidfile": self.directory / "pid",
            "bridge": "none",
            "iptables": "false",
            "ip6tables": "false",
        }
        (self.directory / "pid").unlink(missing_ok=True)
        with (self.directory / "log").open("ab") as log:
            call = ["unshare", "--net", "dockerd", *(f"--{name}={value}" for name, value in options.items())]
            self._process = subprocess.Popen(
                call, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        eventually(lambda: self.call("version").returncode == 0 or self._has_ended(), "dockerd answers")
        if self._has_ended():
            pytest.skip(f"no second dockerd can run here: {(self.directory / 'log').read_text()[-500:]}")

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call the client."""
        call = ["docker", "--host", self.address, *words]
        return subprocess.run(call, capture_output=True, text=True, check=False, timeout=PATIENCE)

    def end(self, number: signal.Signals) -> None:
        """Send a signal and wait for the end."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(timeout=PATIENCE)

    def close(self) -> None:
        """End the daemon and its containerd, and unmount what a killed one has left."""
        if self._process is None:
            return
        if not self._has_ended():
            for container in self.call("ps", "--all", "--quiet").stdout.split():
                self.call("rm", "--force", container)
        self.end(signal.SIGTERM)
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if str(self.directory).encode() in (path / "cmdline").read_bytes():
                    subprocess.run(["kill", "-KILL", path.name], check=False, capture_output=True)
        for line in reversed(Path("/proc/mounts").read_text().splitlines()):
            place = line.split(" ")[1]
            if place.startswith(str(self.directory)):
                subprocess.run(["umount", "--lazy", place], check=False, capture_output=True)

    def _has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    """A private daemon with the image for manylinux, in a directory whose sockets have short paths."""
    daemon = Daemon(Path(tempfile.mkdtemp(prefix="cibw-", dir="/tmp")))
    try:
        daemon.start()
        with subprocess.Popen(
            ["docker", "save", image("manylinux_x86_64").reference], stdout=subprocess.PIPE
        ) as saving:
            load = ["docker", "--host", daemon.address, "load"]
            subprocess.run(load, stdin=saving.stdout, check=True, capture_output=True, timeout=PATIENCE)
        yield daemon
    finally:
        daemon.close()
        shutil.rmtree(daemon.directory, ignore_errors=True)


def on(daemon: Daemon, trial: Trial) -> Trial:
    """Let a trial build with a daemon, where there is no network."""
    trial.more |= {"DOCKER_HOST": daemon.address, "CIBW_TEST_COMMAND": ""}
    return trial


@pytest.mark.parametrize("step", ["before-build", "repair"])
def test_the_engine_is_killed(step: str, daemon: Daemon, start: Start, reference: Reference) -> None:
    trial, expected = on(daemon, start("docker")), reference("docker", 1)
    running = trial.reach(step)
    daemon.end(signal.SIGKILL)
    assert running.wait() in ENGINE_FAILED, running.output
    assert not list(trial.output_dir.glob("*.whl"))
    assert "docker" in running.output.lower()
    daemon.start()
    trial.gate.open()
    check_next_run(trial, expected)
    check_harmless(trial, expected)
    assert daemon.call("ps", "--all", "--quiet").stdout == "", "containers are left"


def test_the_engine_is_stopped(daemon: Daemon, start: Start, reference: Reference) -> None:
    trial, expected = on(daemon, start("docker")), reference("docker", 1)
    running = trial.reach("build")
    daemon.end(signal.SIGTERM)
    assert running.wait() in ENGINE_FAILED, running.output
    check_harmless(trial, expected)
    daemon.start()
    check_next_run(trial, expected)
