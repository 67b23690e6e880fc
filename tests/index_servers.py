"""Package indexes on loopback: pypiserver, devpi, and what makes any of them unreliable."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER = "alice"
PASSWORD = "open-sesame-42"
_PATIENCE = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexServer:
    """A running index: where files are sent, the root of its simple API, who may, and its directory."""

    upload: str
    simple: str
    directory: Path
    username: str = USER
    password: str = PASSWORD

    @property
    def base(self) -> str:
        """The address of the server itself, without a slash at the end."""
        return "/".join(self.upload.split("/")[:3])


@contextmanager
def pypiserver(
    directory: Path, *, hash_algorithm: str = "sha256", actions: str = "update", fallback: str = ""
) -> Iterator[IndexServer]:
    """An empty pypiserver; `actions` need a login, and `no` as algorithm leaves the hashes out of its pages.

    `fallback` is the simple API to which it redirects for projects that it does not have.
    """
    packages, logins, port = directory / "packages", directory / "htpasswd", free_port()
    packages.mkdir(parents=True)
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    logins.write_text(f"{USER}:{{SHA}}{digest}\n")
    otherwise = f"--fallback-url {fallback}" if fallback else "--disable-fallback"
    words = f"run -i 127.0.0.1 -p {port} -P {logins} -a {actions} {otherwise} --server wsgiref"
    call = [program("pypi-server"), *words.split(), "--hash-algo", hash_algorithm, "--health-endpoint", "/health"]
    base = f"http://127.0.0.1:{port}"
    with _server([*call, str(packages)], f"{base}/health", directory / "server.log"):
        yield IndexServer(upload=f"{base}/", simple=f"{base}/simple/", directory=packages)


@contextmanager
def devpi(directory: Path, *, volatile: bool = False) -> Iterator[IndexServer]:
    """A devpi with an empty index `alice/dev`; in a volatile one files may be replaced."""
    directory.mkdir(parents=True, exist_ok=True)
    place, port = directory / "server", free_port()
    init = [program("devpi-init"), "--serverdir", str(place), "--root-passwd", "rootpw", "--no-root-pypi"]
    subprocess.run(init, check=True, capture_output=True)
    # Without the three last options its start takes 10 seconds and more.
    words = f"--host 127.0.0.1 --port {port} --offline-mode --threads 4 --argon2-memory-cost 8"
    call = [program("devpi-server"), "--serverdir", str(place), *words.split()]
    call += ["--argon2-parallelism", "1", "--argon2-time-cost", "1"]
    base = f"http://127.0.0.1:{port}"
    with _server(call, f"{base}/+api", directory / "server.log"):
        _put(f"{base}/{USER}", {"password": PASSWORD}, {})
        yield devpi_index(base, "dev", place, volatile=volatile)


def devpi_index(
    base: str, name: str, directory: Path, *, volatile: bool = False, bases: tuple[str, ...] = ()
) -> IndexServer:
    """A new and empty index of a devpi that runs already; it lists the files of its bases, too."""
    login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    address = f"{base}/{USER}/{name}"
    _put(address, {"type": "stage", "bases": list(bases), "volatile": volatile}, {"X-Devpi-Auth": login})
    return IndexServer(upload=f"{address}/", simple=f"{address}/+simple/", directory=directory)


def program(name: str) -> str:
    """A program of the environment that the tests run in."""
    return str(Path(sys.executable).with_name(name))


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def page_of(server: IndexServer, project: str) -> str:
    """The project's page of the simple API as HTML, empty where there is none."""
    try:
        with urllib.request.urlopen(f"{server.simple}{project}/") as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return ""


def _put(address: str, body: Mapping[str, object], headers: Mapping[str, str]) -> None:
    request = urllib.request.Request(
        address,
        data=json.dumps(body).encode(),
        method="PUT",
        headers={"Content-Type": "application/json", **headers},
    )
    with urllib.request.urlopen(request):
        pass


@contextmanager
def _server(call: list[str], probe: str, log: Path) -> Iterator[None]:
    quiet = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    with log.open("wb") as output, subprocess.Popen(call, stdout=output, stderr=output, env=quiet) as process:
        try:
            _wait_for(probe, process, log)
            yield
        finally:
            process.terminate()


def _wait_for(probe: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(probe, timeout=60):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{probe} does not answer:\n{log.read_text()}")
