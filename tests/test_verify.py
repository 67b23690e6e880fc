"""`cibw verify` against real index servers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flaky_server import flaky
from tests.index_servers import PASSWORD, USER, IndexServer, devpi, program, pypiserver
from tests.releases import make_dependent_wheel, make_sdist, make_wheel

_QUIET = re.compile(r"^(CIBW_|CI$|GITHUB_|PIP_|UV_|TWINE_|PYTEST|COV)")
TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"
HERE = f"{TAG}-{TAG}-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
ANYWHERE = "py3-none-any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Runs cibw in a directory, with a login in its variables."""

    directory: Path

    def __call__(self, server: IndexServer, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of cibw against an index to its end."""
        kept = {name: value for name, value in os.environ.items() if not _QUIET.match(name)}
        own = {"HOME": str(self.directory), "TWINE_USERNAME": USER, "TWINE_PASSWORD": PASSWORD, "COLUMNS": "500"}
        return subprocess.run(
            [program("cibw"), *arguments, "--to", server.upload],
            cwd=self.directory,
            env={**kept, **own, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def publish(self, server: IndexServer) -> None:
        """Send what lies in dist."""
        done = self(server, "publish")
        assert done.returncode == 0, done.stdout + done.stderr

    def lay(self, server: IndexServer, directory: str) -> None:
        """Have a pypiserver serve what lies in a directory, good or evil."""
        for path in (self.directory / directory).iterdir():
            shutil.copy(path, server.directory)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    make_wheel(tmp_path / "dist", "demo", "1.0", tag=HERE)
    make_wheel(tmp_path / "dist", "demo", "1.0", tag="cp39-cp39-win_amd64")
    make_sdist(tmp_path / "dist", "demo", "1.0")
    return Reader(directory=tmp_path)


@pytest.fixture(params=["pypiserver", "devpi", "closed"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[IndexServer]:
    """An index; `closed` is one that lets no strangers read."""
    actions = "update,list,download" if request.param == "closed" else "update"
    place = tmp_path / "index"
    with devpi(place) if request.param == "devpi" else pypiserver(place, actions=actions) as running:
        yield running


@pytest.fixture
def simple_server(tmp_path: Path) -> Iterator[IndexServer]:
    with pypiserver(tmp_path / "index") as running:
        yield running


def test_a_good_release_and_a_missing_one(server: IndexServer, reader: Reader) -> None:
    early = reader(server, "verify", "--timeout", "1")
    assert early.returncode == 23
    assert "waiting for demo-1.0" in early.stdout
    assert "does not list" in early.stderr

    reader.publish(server)
    done = reader(server, "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    for line in ("lists 3 files", "demo-1.0.tar.gz was downloaded", "installed by its hash", "modules can be imported"):
        assert line in done.stdout
    assert PASSWORD not in done.stdout + done.stderr

    alone = reader(server, "verify", "--release", "demo==1.0", "--json")
    assert (alone.returncode, json.loads(alone.stdout)["verified"]) == (0, True)


def test_it_waits_for_a_page_that_comes_late(simple_server: IndexServer, reader: Reader) -> None:
    with flaky(simple_server) as (between, script):

        def publish() -> None:
            # Once the index has been asked in vain, however long that takes.
            assert script.first.wait(600)
            reader.publish(simple_server)

        late = threading.Thread(target=publish)
        late.start()
        done = reader(between, "verify", "--timeout", "600")
        late.join()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "next check in 1.0 s" in done.stdout


def test_other_bytes_on_the_index(simple_server: IndexServer, reader: Reader) -> None:
    reader.publish(simple_server)
    make_wheel(reader.directory / "dist", "demo", "1.0", tag="cp39-cp39-win_amd64", content="answer = 1\n")
    (simple_server.directory / "demo-1.0.tar.gz").unlink()
    done = reader(simple_server, "verify", "--timeout", "0")
    assert done.returncode == 23
    assert "demo-1.0-cp39-cp39-win_amd64.whl has SHA-256" in done.stderr
    assert "does not list demo-1.0.tar.gz" in done.stderr


def test_a_wheel_that_does_not_work(simple_server: IndexServer, reader: Reader) -> None:
    make_wheel(reader.directory / "dist", "demo", "1.0", tag=HERE, content="import nowhere_to_be_found\n")
    reader.publish(simple_server)
    done = reader(simple_server, "verify")
    assert done.returncode == 23
    assert "No module named 'nowhere_to_be_found'" in done.stderr
    assert "test: " in done.stderr


def test_no_wheel_for_this_python_is_told(simple_server: IndexServer, reader: Reader) -> None:
    (reader.directory / "dist" / f"demo-1.0-{HERE}.whl").unlink()
    reader.publish(simple_server)
    done = reader(simple_server, "verify")
    assert done.returncode == 0, done.stderr
    assert "it has no wheel for this Python" in done.stdout


def test_the_tests_of_the_project_run_without_credentials(simple_server: IndexServer, reader: Reader) -> None:
    (reader.directory / "tests").mkdir()
    (reader.directory / "tests" / "test_demo.py").write_text(
        "import os, demo, pathlib\n"
        "assert demo.answer == 42 and os.environ['COLOUR'] == 'blue'\n"
        "assert not [name for name in os.environ if name.startswith('TWINE') or name == 'UV_DEFAULT_INDEX']\n"
        "assert pathlib.Path(demo.__file__).parent.name == 'site-packages'\n"
        "print('tests ran')\n"
    )
    (reader.directory / "pyproject.toml").write_text(
        '[project]\nname = "demo"\nversion = "1.0"\n[tool.cibw]\ntest-command = "python tests/test_demo.py"\n'
        'test-sources = ["tests"]\ntest-environment = { COLOUR = "blue" }\n'
    )
    reader.publish(simple_server)
    done = reader(simple_server, "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tests ran" in done.stdout
    assert "test-command passed" in done.stdout
    failed = reader(simple_server, "verify", CIBW_TEST_COMMAND="python -c 'raise SystemExit(3)'")
    assert failed.returncode == 23


def test_dependencies_never_come_from_the_index_of_the_release(
    simple_server: IndexServer, reader: Reader, tmp_path: Path
) -> None:
    """Somebody has put a newer `helper` where the release is; the true one is on the main index."""
    make_dependent_wheel(tmp_path / "dist", "demo", "helper", tag=HERE)
    make_wheel(tmp_path / "evil", "helper", "9.0", tag=ANYWHERE, content="raise SystemExit('the wrong helper')\n")
    make_wheel(tmp_path / "true", "helper", "1.5", tag=ANYWHERE)
    # The project itself is on the main index, too, in a version that must not take the place of the release.
    make_wheel(tmp_path / "other", "demo", "2.0", tag=ANYWHERE, content="raise SystemExit('the wrong demo')\n")
    with pypiserver(tmp_path / "main") as main:
        reader.lay(simple_server, "dist")
        reader.lay(simple_server, "evil")
        reader.lay(main, "true")
        reader.lay(main, "other")
        done = reader(simple_server, "verify", "--dependencies-from", main.simple)
        assert done.returncode == 0, done.stdout + done.stderr
        by_variables = {"UV_DEFAULT_INDEX": main.simple, "UV_EXTRA_INDEX_URL": simple_server.simple}
        assert reader(simple_server, "verify", **by_variables).returncode == 0
        # What a user would do by hand falls into the trap.
        trapped = reader(simple_server, "verify", "--dependencies-from", simple_server.simple)
        assert (trapped.returncode, "the wrong helper" in trapped.stderr) == (23, True)
