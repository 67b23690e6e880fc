"""The flow of every identifier of macOS, Windows, Pyodide and iOS, on a machine that only records."""

from __future__ import annotations

from pathlib import Path

import pytest

from cibw.errors import CibwError, CommandFailedError
from cibw.execution.build import BuildContext, run_build
from cibw.execution.machine import fetch_nothing
from cibw.execution.steps import StepRunner
from cibw.execution.wheels import FinishedWheels
from cibw.model.identifiers import Platform
from cibw.model.machines import HostFacts
from cibw.model.plan import Fetch, PutFiles, Step, StepName, WheelBuild
from cibw.model.templates import CommandRequest, Placeholder, Template
from tests.doubles.machine import Answer, RecordingMachine
from unit_test.execution.wheels import wheel_bytes
from unit_test.planning.planned import DOCKER, MAC, WINDOWS, options_of, plan_of, plan_with

TOML = """[tool.cibw]
enable = "all"
archs = "all"
before-build = "prepare"
environment = 'PATH="$PATH" VALUE="$(tell value)"'
before-test = "make data"
test-command = "pytest {project}/tests"
test-sources = ["tests"]
"""
APPLE_PATH = "/usr/bin:/bin:/usr/sbin:/sbin:/Library/Apple/usr/bin"
BINDINGS = {
    Placeholder.PROJECT: "/p",
    Placeholder.SOURCE: "/s",
    Placeholder.WORK: "/w",
    Placeholder.CACHE: "/c",
    Placeholder.RESOURCES: "/r",
    Placeholder.CIBW_PYTHON: "/python",
}


IOS_TOML = """[tool.cibw]
archs = "all"
before-build = "prepare"
environment = 'VALUE="$(tell value)"'
before-test = "make data"
test-command = "pytest tests && python -m demo"
test-environment = 'SHOWN="yes"'
test-sources = ["tests"]
xbuild-tools = ["cmake"]
"""


def builds_for(facts: HostFacts, platform: Platform | None = None) -> list[WheelBuild]:
    return [build for job in plan_of(TOML, facts, platform=platform).jobs for build in job.builds]


def builds_for_ios() -> list[WheelBuild]:
    return [build for job in plan_with(options_of(IOS_TOML, platform=Platform.IOS), MAC).jobs for build in job.builds]


class Trial:
    """One build, whose commands give wheels where they are told to."""

    def __init__(self, build: WheelBuild, output_dir: Path, fails: str = "nothing") -> None:
        self._fails = fails
        self.fetched: list[tuple[str, str]] = []
        self.machine = RecordingMachine(self.answer)
        self._name = f"a-1-{build.identifier.interpreter}-none-{build.identifier.target}.whl"
        runner = StepRunner(self.machine, str(build.identifier), BINDINGS, lambda _event: None, fetcher=self.fetch)
        site = BuildContext(
            base_environment=self.machine.environment(),
            passed=(),
            job="job",
            finished_wheels=FinishedWheels(),
            output_dir=output_dir,
            made=lambda: None,
        )
        self.made = run_build(build, runner, site)

    def answer(self, request: CommandRequest) -> Answer:
        text = " ".join(request.argv).replace("\\", "/")
        if self._fails in text:
            return Answer(exit_code=1)
        if any(frontend in text for frontend in ("uv build", "pyodide build", " -m build ")):
            return Answer(files={f"/w/built/{self._name}": wheel_bytes(native=True)})
        if "/w/repaired" in text and self._name in text:
            return Answer(files={f"/w/repaired/{self._name}": wheel_bytes(native=True)})
        return Answer(stdout="told\n")

    def fetch(self, wanted: Fetch, path: str) -> None:
        self.fetched.append((wanted.url, path))

    def asked_with(self, word: str) -> list[CommandRequest]:
        return [request for request in self.machine.requests if word in " ".join(request.argv)]


@pytest.mark.parametrize("build", [*builds_for(MAC), *builds_for(WINDOWS)], ids=lambda build: str(build.identifier))
def test_the_flow(build: WheelBuild, tmp_path: Path) -> None:
    trial = Trial(build, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [trial.made.wheel.filename]
    assert all("{" not in word for request in trial.machine.requests for word in (*request.argv, request.cwd))
    assert all("{" not in path and path.startswith("/c/") for _, path in trial.fetched)
    assert trial.fetched
    (frontend,) = trial.asked_with("uv build")
    assert frontend.environment["VALUE"] == "told"
    assert frontend.environment["VIRTUAL_ENV"] == "/w/build-env"
    is_windows = build.identifier.target.family.value == "win"
    programs = "/w/build-env/Scripts;" if is_windows else "/w/build-env/bin:"
    assert frontend.environment["PATH"].startswith(programs)
    assert trial.asked_with("tell value")[0].argv[0] == ("cmd" if is_windows else "sh")
    assert len(trial.asked_with("pytest")) == len([step for step in build.test if step.name.value == "test"])


@pytest.mark.parametrize("facts", [DOCKER, MAC], ids=["Linux", "macOS"])
@pytest.mark.parametrize("number", range(4))
def test_the_flow_for_pyodide(facts: HostFacts, number: int, tmp_path: Path) -> None:
    build = builds_for(facts, Platform.PYODIDE)[number]
    trial = Trial(build, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [trial.made.wheel.filename]
    python, archive, node = trial.fetched
    assert archive[1].startswith("/c/downloads/xbuildenv-")
    assert "python-build-standalone" in python[0]
    assert python[1].startswith("/c/interpreters/cpython-")
    (frontend,) = trial.asked_with("pyodide build")
    emscripten = frontend.environment["PATH"].partition(":")[0]
    assert emscripten.startswith("/c/pyodide/")
    assert emscripten.endswith("/emsdk/upstream/emscripten")
    assert frontend.environment["PATH"].startswith(f"{emscripten}:/w/build-env/bin:")
    assert frontend.environment["PYODIDE_ROOT"].startswith("/c/pyodide/")
    assert frontend.environment["_PYODIDE_EXTRA_MOUNTS"].endswith("/w")
    (venv,) = trial.asked_with("pyodide venv")
    assert venv.environment["PATH"].startswith(f"{node[1]}/bin:{emscripten}:")
    (tests,) = trial.asked_with("pytest")
    assert tests.environment["PATH"].startswith(f"{node[1]}/bin:/w/test-env/bin:")
    assert tests.environment["SSL_CERT_FILE"] == tests.environment["PIP_CERT"]
    assert any(request.argv[0] == "/w/test-env/bin/pip" for request in trial.machine.requests)


@pytest.mark.parametrize("build", builds_for_ios(), ids=lambda build: str(build.identifier))
def test_the_flow_for_ios(build: WheelBuild, tmp_path: Path) -> None:
    trial = Trial(build, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [trial.made.wheel.filename]
    assert all("{" not in word for request in trial.machine.requests for word in (*request.argv, request.cwd))
    assert len(trial.fetched) == 2
    assert all("{" not in path and path.startswith("/c/") for _, path in trial.fetched)
    (frontend,) = trial.asked_with(" -m build ")
    assert frontend.environment["VALUE"] == "told"
    assert frontend.environment["PATH"].endswith("/bin:/w/build-env/bin:/w/cross/bin:" + APPLE_PATH)
    assert frontend.environment["IPHONEOS_DEPLOYMENT_TARGET"] == "13.0"
    assert frontend.environment["PIP_CERT"] == "/w/certificates.pem"
    runs = trial.asked_with("ios_test.py run")
    assert [run.argv[-2:] for run in runs] == ([("pytest", "tests"), ("--", "demo")] if build.test else [])
    assert all(run.environment["SHOWN"] == "yes" for run in runs)
    assert all(run.environment["PATH"] == frontend.environment["PATH"] for run in runs)


def test_a_failing_test_on_a_simulator_is_an_error_of_its_step(tmp_path: Path) -> None:
    build = next(one for one in builds_for_ios() if one.test)
    with pytest.raises(CommandFailedError, match="The test step failed") as caught:
        Trial(build, tmp_path, fails="ios_test.py run")
    assert "pytest tests" in caught.value.context.command
    assert list(tmp_path.iterdir()) == []


def test_tests_run_with_variables_of_their_own(tmp_path: Path) -> None:
    build = next(one for one in builds_for(MAC) if str(one.identifier) == "cp312-macosx_universal2")
    first, second = Trial(build, tmp_path).asked_with("pytest")
    assert first.argv[:2] == ("arch", "-x86_64")
    assert second.argv[0] == "sh"
    assert first.environment["MACOSX_DEPLOYMENT_TARGET"] == "told.0"
    assert first.environment["PATH"].startswith("/w/test-env/bin:/w/build-env/bin:")


def test_what_is_there_already_is_not_fetched(tmp_path: Path) -> None:
    build = next(one for one in builds_for(MAC) if str(one.identifier) == "cp312-macosx_arm64")
    machine = RecordingMachine()
    machine.files.write("/Library/Frameworks/Python.framework/Versions/3.12/bin/python3.12", b"")
    runner = StepRunner(machine, "a", BINDINGS, lambda _event: None, fetcher=fetch_nothing)
    runner.perform(build.prepare, {})
    assert any("macos_python.sh" in word for request in machine.requests for word in request.argv)
    assert tmp_path.is_dir()


def test_a_machine_that_fetches_nothing_says_so() -> None:
    build = next(one for one in builds_for(WINDOWS) if str(one.identifier) == "cp312-win_amd64")
    runner = StepRunner(RecordingMachine(), "a", BINDINGS, lambda _event: None)
    with pytest.raises(
        CibwError, match=r"does not download files, but the plan needs nuget:python/3\.12\.10"
    ) as caught:
        runner.perform(build.prepare, {})
    assert caught.value.hint


def bring(source: str, project: Path | None) -> RecordingMachine:
    machine = RecordingMachine()
    runner = StepRunner(machine, "a", BINDINGS, lambda _event: None)
    runner.project = project
    put = PutFiles(path=Template.of(Placeholder.WORK, "/test/tests"), source=source)
    runner.perform(Step(name=StepName.TEST_INSTALL, actions=(put,)), {})
    return machine


def test_files_around_the_project_are_copied(tmp_path: Path) -> None:
    (tmp_path / "tests" / "data").mkdir(parents=True)
    (tmp_path / "tests" / "data" / "a.txt").write_text("here")
    machine = bring("../tests", tmp_path / "project")
    assert machine.find("/w/test/tests/data", "*") == ("/w/test/tests/data/a.txt",)
    machine = bring("../tests/data/a.txt", tmp_path / "project")
    assert machine.find("/w/test", "*") == ("/w/test/tests",)


def test_missing_files_around_the_project_are_named(tmp_path: Path) -> None:
    with pytest.raises(CibwError, match=r"\.\./tests in test-sources does not exist") as caught:
        bring("../tests", tmp_path / "project")
    assert str(tmp_path / "tests") in caught.value.hint


def test_an_sdist_gets_no_files_around_it() -> None:
    with pytest.raises(CibwError, match=r"\.\./tests in test-sources points outside the sdist"):
        bring("../tests", None)
