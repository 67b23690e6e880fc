"""`cibw publish` against real index servers, and what twine and uv make of the same cases."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.flaky_server import Fault, flaky
from tests.index_servers import PASSWORD, USER, IndexServer, devpi, devpi_index, page_of, program, pypiserver
from tests.publishing import Publisher
from tests.releases import PLATFORM, make_release, make_wheel

PATIENCE = 600.0
"""Seconds that no upload to an index on this computer needs."""


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    make_release(tmp_path / "dist")
    return Publisher(directory=tmp_path)


@pytest.fixture
def checked(publisher: Publisher) -> Publisher:
    return replace(publisher, words=())


@pytest.fixture(scope="module")
def devpi_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    with devpi(tmp_path_factory.mktemp("devpi")) as running:
        yield running


@pytest.fixture(params=["pypiserver", "devpi"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[IndexServer]:
    if request.param == "devpi":
        running: IndexServer = request.getfixturevalue("devpi_server")
        yield devpi_index(running.base, f"index{abs(hash(tmp_path))}", tmp_path)
        return
    with pypiserver(tmp_path / "index") as running:
        yield running


@pytest.fixture
def simple_server(tmp_path: Path) -> Iterator[IndexServer]:
    with pypiserver(tmp_path / "index") as running:
        yield running


def test_a_release_comes_again_and_changes(server: IndexServer, checked: Publisher) -> None:
    planned = checked(server, "--dry-run", "--json")
    assert [upload["decision"] for upload in json.loads(planned.stdout)["uploads"]] == ["send"] * 3
    assert not page_of(server, "demo")

    wrong = checked(server, TWINE_PASSWORD="wrong-horse-77")
    assert wrong.returncode == 21
    assert "wrong-horse-77" not in wrong.stdout + wrong.stderr
    assert checked.statuses() == ["failed", "not tried", "not tried"]

    first = checked(server)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.index("1/3 demo-1.0-cp310") < first.stdout.index("3/3 demo-1.0.tar.gz")
    assert checked.statuses() == ["uploaded"] * 3
    for name in sorted(path.name for path in (checked.directory / "dist").iterdir() if path.name.startswith("demo")):
        assert name in page_of(server, "demo")

    again = checked(server)
    assert again.returncode == 0
    assert "Nothing to do" in again.stdout
    assert checked.statuses() == ["already there"] * 3

    make_wheel(checked.directory / "dist", "demo", "1.0", tag="cp39-cp39-win_amd64")
    make_wheel(checked.directory / "dist", "demo", "1.0", tag=f"cp310-cp310-{PLATFORM}", content="answer = 43\n")
    planned = checked(server, "--dry-run", "--json")
    assert planned.returncode == 18
    assert "conflict" in [upload["decision"] for upload in json.loads(planned.stdout)["uploads"]]
    changed = checked(server)
    assert changed.returncode == 18
    assert "Nothing was uploaded" in " ".join(changed.stderr.split())
    assert "cp39-cp39-win_amd64" not in page_of(server, "demo")


def test_faults_in_between(simple_server: IndexServer, publisher: Publisher) -> None:
    faults = (Fault(status=503), Fault(), None, Fault(late=True), Fault(status=502, late=True))
    with flaky(simple_server, *faults) as (between, script):
        done = publisher(between)
    assert done.returncode == 0, done.stdout + done.stderr
    assert publisher.statuses() == ["uploaded", "already there", "already there"]
    assert "503: the server is being mended; retrying in 2 s" in done.stdout
    # Three tries for the first file; the others were there, though their answers were lost.
    assert script.uploads == 5


def test_a_fault_that_does_not_end_leaves_a_partial_release(simple_server: IndexServer, publisher: Publisher) -> None:
    with flaky(simple_server, None, Fault(status=418, text="I am a teapot")) as (between, _):
        partial = publisher(between)
        assert partial.returncode == 20
        assert "I am a teapot" in partial.stderr
        assert "Run the same command again to upload the rest." in partial.stderr
        assert publisher.statuses() == ["uploaded", "failed", "not tried"]
        assert publisher(between).returncode == 0
    assert publisher.statuses() == ["already there", "uploaded", "uploaded"]


def test_killed_in_the_midst_and_started_again(server: IndexServer, publisher: Publisher) -> None:
    with flaky(server) as (between, script):
        script.hold_from = 3
        with _started(publisher, between) as process:
            assert script.held.wait(PATIENCE)
            process.kill()
        assert publisher.statuses() == ["uploaded", "uploaded", "not tried"]
        again = publisher(between)
    assert again.returncode == 0
    assert publisher.statuses() == ["already there", "already there", "uploaded"]
    # Two went through, one was broken off, and one was sent by the second run.
    assert script.uploads == 4


def test_an_interrupt_leaves_a_report(simple_server: IndexServer, publisher: Publisher) -> None:
    with flaky(simple_server) as (between, script):
        script.hold_from = 2
        with _started(publisher, between) as process:
            assert script.held.wait(PATIENCE)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "1 of 3 files" in errors
    assert publisher.statuses() == ["uploaded", "failed", "not tried"]


def test_pages_without_hashes(tmp_path: Path, publisher: Publisher) -> None:
    with pypiserver(tmp_path / "index", hash_algorithm="no") as server:
        assert publisher(server).returncode == 0
        (publisher.directory / "dist" / "report.json").unlink()
        assert "Nothing to do" in publisher(server).stdout
        make_wheel(publisher.directory / "dist", "demo", "1.0", tag=f"cp310-cp310-{PLATFORM}", content="changed")
        assert publisher(server).returncode == 18


def test_an_index_that_lets_no_strangers_in(tmp_path: Path, publisher: Publisher) -> None:
    with pypiserver(tmp_path / "index", actions="update,list,download") as server:
        assert publisher(server).returncode == 0
        assert "Nothing to do" in publisher(server).stdout
        assert publisher(server, "--dry-run").returncode == 0
        # Nobody can tell then that nothing is to be sent.
        assert publisher(server, "--dry-run", TWINE_PASSWORD="").returncode == 21


def test_attestations_go_along_with_trusted_publishing_alone(simple_server: IndexServer, publisher: Publisher) -> None:
    attestation = publisher.directory / "dist" / "demo-1.0.tar.gz.publish.attestation"
    attestation.write_text('{"version": 1, "mark": "attested-4711"}')
    with flaky(simple_server) as (between, script):
        done = publisher(between)
    assert done.returncode == 0
    assert "The attestation next to demo-1.0.tar.gz is not uploaded" in done.stdout
    assert not any(b"attested-4711" in body for body in script.bodies)


def test_the_same_cases_by_twine_and_uv(server: IndexServer, publisher: Publisher) -> None:
    """What cibw answers where twine and uv answer differently; delivery of the same files by all three."""
    files = sorted(str(path) for path in (publisher.directory / "dist").glob("demo-*"))
    twine = [program("twine"), "upload", "--disable-progress-bar", "--repository-url", server.upload, *files]
    uv = [program("uv"), "publish", "--trusted-publishing", "never", "--publish-url", server.upload]
    login, page = ["-u", USER, "-p", PASSWORD], ["--check-url", server.simple]
    quiet = {"TWINE_NON_INTERACTIVE": "1", "UV_NO_PROGRESS": "1"}

    assert publisher.run(twine, TWINE_PASSWORD="wrong-horse-77", **quiet).returncode == 1
    assert publisher.run([*uv, "-u", USER, "-p", "wrong-horse-77", *files], **quiet).returncode == 2
    assert publisher(server, TWINE_PASSWORD="wrong-horse-77").returncode == 21

    assert publisher.run(twine, **quiet).returncode == 0
    is_devpi = "+simple" in server.simple
    assert publisher.run(twine, **quiet).returncode == (0 if is_devpi else 1)
    assert publisher.run([*twine, "--skip-existing"], **quiet).returncode == 1
    assert publisher.run([*uv, *login, *page, *files], **quiet).returncode == 0
    assert "Nothing to do" in publisher(server).stdout

    make_wheel(publisher.directory / "dist", "demo", "1.0", tag=f"cp310-cp310-{PLATFORM}", content="answer = 43\n")
    assert publisher.run([*uv, *login, *page, *files], **quiet).returncode == 2
    assert publisher(server).returncode == 18


def _started(publisher: Publisher, server: IndexServer) -> subprocess.Popen[str]:
    return subprocess.Popen(
        publisher.call(server),
        cwd=publisher.directory,
        env=publisher.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
