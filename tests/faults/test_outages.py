"""Package indexes that fail while build requirements are resolved, and while a release is uploaded."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.checks import check_harmless, check_next_run, check_output
from tests.faults.conftest import Reference, Start
from tests.faults.faulty_index import DROP, HALF, HOLD, PAGE, Script, faulty_index
from tests.faults.runs import PATIENCE, Trial
from tests.flaky_server import Fault, flaky
from tests.index_servers import page_of, pypiserver
from tests.publishing import Publisher
from tests.releases import make_release

SHORT_OUTAGES = {"busy": [503, 503], "dropped": [DROP], "broken-off": [0, HALF]}
LONG_OUTAGES = {"down": 503, "dropped": DROP, "missing": 404, "login-page": PAGE, "refused": 403}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[str, Script]]:
    """An index with the build requirement, and with stand-ins for what every build environment gets."""
    with faulty_index(tmp_path / "index", "helper", "pip", "setuptools", "wheel") as found:
        yield found


@pytest.fixture
def trial(start: Start, index: tuple[str, Script], tmp_path: Path) -> Trial:
    """A trial whose build requirement comes from that index."""
    trial = start("host")
    path = trial.project / "pyproject.toml"
    path.write_text(path.read_text().replace("requires = []", 'requires = ["helper==1.0"]'))
    trial.more |= {
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "UV_DEFAULT_INDEX": index[0],
        "UV_HTTP_TIMEOUT": "60",
        # pip for the environment of the tests would come from this index, too.
        "CIBW_TEST_COMMAND": "",
    }
    return trial


@pytest.mark.host
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n == "dropped" else pytest.mark.faults_long) for n in SHORT_OUTAGES]
)
def test_a_short_outage_costs_no_build(
    name: str, trial: Trial, index: tuple[str, Script], reference: Reference
) -> None:
    index[1].faults = list(SHORT_OUTAGES[name])
    check_next_run(trial, reference("host", 1))
    assert not index[1].faults


@pytest.mark.host
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n == "missing" else pytest.mark.faults_long) for n in LONG_OUTAGES]
)
def test_an_outage_fails_the_build_and_the_next_run_is_right(
    name: str, trial: Trial, index: tuple[str, Script], reference: Reference
) -> None:
    index[1].always = LONG_OUTAGES[name]
    ran = trial.run()
    assert ran.exit_code == 1, ran.output
    assert not ran.wheels
    check_harmless(trial, reference("host", 1))
    index[1].always = 0
    check_next_run(trial, reference("host", 1))


@pytest.mark.host
@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGTERM, id="terminated"),
        pytest.param(signal.SIGKILL, id="killed", marks=pytest.mark.faults_long),
    ],
)
def test_a_run_that_waits_for_an_index_can_be_ended(
    number: signal.Signals, trial: Trial, index: tuple[str, Script], reference: Reference
) -> None:
    script = index[1]
    script.always = HOLD
    running = trial.start()
    running.until(script.held.is_set, "the index is asked")
    running.send(number)
    assert running.wait() == (130 if number is signal.SIGTERM else -number), running.output
    check_harmless(trial, reference("host", 1))
    script.always = 0
    script.let_go.set()
    check_next_run(trial, reference("host", 1))


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGKILL, id="killed"), pytest.param(signal.SIGTERM, id="terminated")]
)
def test_an_upload_that_is_ended_goes_on_with_the_next_command(number: signal.Signals, tmp_path: Path) -> None:
    make_release(tmp_path / "dist")
    publisher = Publisher(directory=tmp_path)
    with pypiserver(tmp_path / "server") as server, flaky(server) as (between, script):
        script.hold_from = 2
        with subprocess.Popen(
            publisher.call(between),
            cwd=tmp_path,
            env=publisher.environment(),
            stdout=-3,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert script.held.wait(PATIENCE)
            process.send_signal(number)
            script.let_go.set()
            errors = process.communicate(timeout=PATIENCE)[1]
        assert process.returncode == (-number if number is signal.SIGKILL else 130), errors
        check_output(errors)
        script.hold_from = 0
        done = publisher(between)
        assert done.returncode == 0, done.stderr
        check_output(done.stderr)
        page = page_of(server, "demo")
        assert all(path.name in page for path in (tmp_path / "dist").iterdir() if path.suffix in {".whl", ".gz"})
        report = json.loads((tmp_path / "dist" / "report.json").read_text())
        assert len(report["publish"]["uploads"]) == 3


@pytest.mark.faults_long
@pytest.mark.parametrize("status", [0, 500, 502, 503, 429])
def test_an_index_that_fails_during_an_upload(status: int, tmp_path: Path) -> None:
    make_release(tmp_path / "dist")
    publisher = Publisher(directory=tmp_path)
    with pypiserver(tmp_path / "server") as server:
        # The first file goes through, and the second one never does.
        with flaky(server, None, *[Fault(status=status)] * 50) as (between, _):
            failed = publisher(between)
            assert failed.returncode in {19, 20}, failed.stderr
            check_output(failed.stderr)
        done = publisher(server)
        assert done.returncode == 0, done.stderr
        page = page_of(server, "demo")
        assert all(path.name in page for path in (tmp_path / "dist").iterdir() if path.suffix in {".whl", ".gz"})


@pytest.mark.faults_long
def test_an_index_that_is_not_there(tmp_path: Path) -> None:
    make_release(tmp_path / "dist")
    publisher = Publisher(directory=tmp_path)
    with pypiserver(tmp_path / "server") as server:
        pass
    gone = publisher(server)
    assert gone.returncode == 19, gone.stderr
    check_output(gone.stderr)
