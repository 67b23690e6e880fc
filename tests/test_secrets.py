"""Secrets are planted everywhere, and turn up in no log, report, plan, process list, exception or cache."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.builds import ROOT, copy_project
from tests.flaky_server import flaky
from tests.index_servers import PASSWORD, USER, IndexServer, program, pypiserver
from tests.installing import here
from tests.releases import make_release
from tests.secret_watch import Watch, leaks_in_files, leaks_in_text

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the processes are read from /proc")

_NOTHING: Mapping[str, str] = {}
_QUIET = re.compile(r"^(CIBW_|CI$|GITHUB_|PIP_|UV_|TWINE_|PYTEST|COV)")
# The true password is one of them in turn: what twine sends, and what the server says, are about it.
PLANTED = {
    "the password": PASSWORD,
    "a wrong password": "planted-wrong-91",
    "the token of another service": "planted-service-92",
    "the identity of the run": "planted-identity-93",
    "the variable of the tests": "planted-tests-94",
    "the login in an address": "planted-address-95",
    "the variable of the build": "planted-build-96",
}
_OTHERS = {
    "GITHUB_TOKEN": PLANTED["the token of another service"],
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": PLANTED["the identity of the run"],
}
_LOGINS = (PASSWORD, PLANTED["a wrong password"], PLANTED["the identity of the run"])
_KEYRING = """\
from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential


class Planted(KeyringBackend):
    priority = 1

    def set_password(self, service, username, password):
        raise NotImplementedError

    def get_password(self, service, username):
        return "{password}"

    def get_credential(self, service, username):
        return SimpleCredential("{user}", "{password}")
"""


@dataclass(slots=True, kw_only=True)
class Planter:
    """Runs cibw in a directory, watches what it starts, and keeps all that it printed."""

    directory: Path
    watch: Watch = field(
        default_factory=lambda: Watch(
            secrets=tuple(secret.encode() for secret in PLANTED.values()),
            logins=(
                PASSWORD.encode(),
                PLANTED["a wrong password"].encode(),
                PLANTED["the identity of the run"].encode(),
            ),
        )
    )
    printed: str = ""

    def __call__(
        self, *arguments: str, given: Mapping[str, str] = _NOTHING, between: Callable[[], None] = lambda: None
    ) -> int:
        """Run cibw to its end, with `between` on its way; gives the exit code."""
        kept = {name: value for name, value in os.environ.items() if not _QUIET.match(name)}
        own = {"HOME": str(self.directory), "CIBW_CACHE_PATH": str(self.directory / "cache"), "PYTHONPATH": str(ROOT)}
        with (
            subprocess.Popen(
                [program("cibw"), *arguments],
                cwd=self.directory,
                env={**kept, **own, **_OTHERS, **given},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ) as process,
            self.watch.on(process.pid),
        ):
            between()
            printed, _ = process.communicate(timeout=900)
        self.printed += printed
        return process.returncode

    def leaks(self, *but: Path) -> list[str]:
        """Everything that was found in processes, files and texts; `but` are files that hold secrets rightly."""
        files = leaks_in_files([self.directory], PLANTED, but=but)
        return [*sorted(self.watch.found), *files, *leaks_in_text(self.printed, PLANTED)]


@pytest.fixture
def planter(tmp_path: Path) -> Planter:
    directory = tmp_path / "project"
    directory.mkdir()
    return Planter(directory=directory)


@contextmanager
def slow_server(place: Path) -> Iterator[tuple[IndexServer, Callable[[], None]]]:
    """An index that holds the second upload until somebody has looked at the processes for a while."""
    with pypiserver(place) as index, flaky(index) as (between, script):
        script.hold_from = 2

        def look() -> None:
            assert script.held.wait(600)
            time.sleep(0.5)
            script.let_go.set()

        yield between, look


def variables(_planter: Planter, _server: IndexServer) -> Mapping[str, str]:
    return {"TWINE_USERNAME": USER, "TWINE_PASSWORD": PASSWORD, "UV_PUBLISH_PASSWORD": PLANTED["a wrong password"]}


def pypirc(planter: Planter, server: IndexServer) -> Mapping[str, str]:
    text = f"[distutils]\nindex-servers = ours\n\n[ours]\nrepository = {server.upload}\n"
    (planter.directory / ".pypirc").write_text(f"{text}username = {USER}\npassword = {PASSWORD}\n")
    return {}


def keyring(planter: Planter, _server: IndexServer) -> Mapping[str, str]:
    (planter.directory / "planted.py").write_text(_KEYRING.format(user=USER, password=PASSWORD))
    path = os.pathsep.join([str(ROOT), str(planter.directory)])
    return {"PYTHON_KEYRING_BACKEND": "planted.Planted", "PYTHONPATH": path}


@pytest.mark.parametrize("place", [variables, pypirc, keyring])
def test_publishing(
    place: Callable[[Planter, IndexServer], Mapping[str, str]], planter: Planter, tmp_path: Path
) -> None:
    make_release(planter.directory / "dist")
    (planter.directory / "pyproject.toml").write_text(
        '[project]\nname = "demo"\nversion = "1.0"\n'
        '[tool.cibw]\nbefore-publish = "env; sleep 0.2"\nafter-publish = "env; exit 3"\n'
    )
    with slow_server(tmp_path / "index") as (server, look):
        given = place(planter, server)
        wrong = {"CIBW_PUBLISH_USERNAME": USER, "CIBW_PUBLISH_PASSWORD": PLANTED["a wrong password"]}
        to = ("--to", server.upload)
        assert planter("publish", *to, "--debug-traceback", given={**given, **wrong}) == 1
        assert planter("publish", *to, "--dry-run", "--json", given=given) == 0
        assert planter("publish", *to, "--debug-traceback", between=look, given=given) == 0, planter.printed
        assert planter("publish", *to, "--json", given=given) == 0
        assert planter("verify", *to, given=given) == 0, planter.printed
    assert planter.watch.looks > 50
    assert planter.watch.children > 0
    assert planter.leaks(planter.directory / ".pypirc", planter.directory / "planted.py", *caches(planter)) == []


def caches(planter: Planter) -> Iterator[Path]:
    """The bytecode of the planted keyring."""
    yield planter.directory / "__pycache__"


def test_an_index_that_wants_a_login_of_readers(planter: Planter, tmp_path: Path) -> None:
    """uv gets it, which runs no code of the release meanwhile; the tests do not."""
    make_release(planter.directory / "dist")
    given = {"TWINE_USERNAME": USER, "TWINE_PASSWORD": PASSWORD}
    with pypiserver(tmp_path / "index", actions="update,list,download") as server:
        assert planter("publish", "--to", server.upload, given=given) == 0, planter.printed
        assert planter("verify", "--to", server.upload, "--debug-traceback", given=given) == 0, planter.printed
    # uv itself asks the Python of the environment what it is, before anything is installed there.
    rightly = r"UV_DEFAULT_INDEX in the environment of: (\S*uv pip install|.* from python.get_interpreter_info import)"
    assert [leak for leak in planter.leaks() if not re.match(rightly, leak)] == []


def test_an_address_with_a_login(planter: Planter) -> None:
    make_release(planter.directory / "dist")
    address = f"http://me:{PLANTED['the login in an address']}@127.0.0.1:9/"
    for name in ("publish", "verify"):
        assert planter(name, given={"CIBW_PUBLISH_TO": address}) == 2
        assert (
            planter(name, "--debug-traceback", "--simple-url", "https://a.example/", given={"CIBW_PUBLISH_TO": address})
            == 1
        )
    assert "holds a login" in planter.printed
    assert planter.leaks() == []


@pytest.mark.host
def test_building(tmp_path: Path) -> None:
    planter = Planter(directory=copy_project("c", tmp_path))
    [tag] = here("cp311") or [f"cp3{sys.version_info.minor}"]
    given = {
        "TWINE_PASSWORD": PASSWORD,
        "CIBW_PUBLISH_TOKEN": PLANTED["a wrong password"],
        "CIBW_ENVIRONMENT": f"BUILD_TOKEN={PLANTED['the variable of the build']}",
        "CIBW_TEST_ENVIRONMENT": f"API_KEY={PLANTED['the variable of the tests']}",
        "CIBW_BEFORE_ALL": "env",
        "CIBW_BEFORE_BUILD": "env; sleep 0.3",
        "CIBW_TEST_COMMAND": "echo $API_KEY; env",
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv")),
    }
    one = ("--only", f"{tag}-manylinux_x86_64", "--engine", "host")
    for arguments in (("plan", *one), ("plan", *one, "--json"), ("build", *one)):
        assert planter(*arguments, given=given) == 0, planter.printed
    failing = {**given, "CIBW_TEST_COMMAND": "echo $API_KEY $BUILD_TOKEN; exit 1"}
    assert planter("build", *one, "--debug-traceback", given=failing) == 1
    assert "***" in planter.printed
    assert planter.watch.children > 0
    assert planter.leaks() == []
