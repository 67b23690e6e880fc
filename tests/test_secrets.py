"""Secrets are planted everywhere, and turn up in no log, report, plan, process list, exception or cache."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.builds import ROOT
from tests.flaky_server import flaky
from tests.index_servers import PASSWORD, USER, IndexServer, pypiserver
from tests.planter import PLANTED, Planter
from tests.releases import make_release
from tests.secret_watch import leaks_in_text

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the processes are read from /proc")

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
    assert "contains credentials" in planter.printed
    assert planter.leaks() == []


@pytest.mark.parametrize("argument", ["--to", "--simple-url"])
def test_an_argument_with_a_login_is_refused_before_anything_else(argument: str, planter: Planter) -> None:
    address = f"http://me:{PLANTED['the login in an address']}@127.0.0.1:9/"
    assert planter("publish", argument, address) == 2
    assert "every user of this computer can read" in " ".join(planter.printed.split())
    assert leaks_in_text(planter.printed, PLANTED) == []
