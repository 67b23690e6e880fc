"""The scripts of builds for iOS, with a framework that is laid out as the real one; only a Mac has the real one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

from cibw.catalog import load_catalog
from cibw.config.cascade import Arguments, Sources
from cibw.config.load import load_options
from cibw.errors import CommandFailedError
from cibw.execution.build import BuildContext, BuiltWheel, run_build
from cibw.execution.host.machine import HostMachine
from cibw.execution.host.session import RESOURCES_DIR, find_uv
from cibw.execution.machine import OutputSink
from cibw.execution.steps import StepRunner
from cibw.execution.wheels import FinishedWheels
from cibw.model.identifiers import Platform
from cibw.model.machines import HostFacts
from cibw.model.plan import Fetch, WheelBuild
from cibw.model.templates import CommandRequest, Outcome, Placeholder
from cibw.planning.plan import make_plan
from cibw.planning.select import select
from tests.builds import copy_project, environment
from tests.installing import here, pythons
from tests.ios_framework import MULTIARCH, Framework

SUFFIX = ".cpython-iphonesimulator.so"
TOML = """[tool.cibw]
build-frontend = "{frontend}"
archs = "all"
dependency-versions = "latest"
xbuild-tools = ["sed"]
test-command = "python -m unittest tests && python -m {module} -q"
test-environment = {{ SHOWN = "yes" }}
test-sources = ["tests"]
"""
pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(sys.platform != "linux", reason="stands for a Mac where there is none"),
]


def python_313() -> str:
    if not here("cp313"):
        pytest.skip("needs a CPython 3.13, the first that knows iOS")
    return pythons()["cp313"]


class SoMuchOfAMac(HostMachine):
    """This computer, with a Python at hand in the place of the one that a Mac installs."""

    def __init__(self, variables: Mapping[str, str], python: str) -> None:
        super().__init__(variables)
        self._python = python

    def run(self, request: CommandRequest, output: OutputSink) -> Outcome:
        """Run a command by the Python of this computer; the installer has nothing to do."""
        if any(word.endswith("macos_python.sh") for word in request.argv):
            return Outcome(exit_code=0)
        argv = tuple(self._python if word.startswith("/Library/Frameworks/") else word for word in request.argv)
        return super().run(CommandRequest(argv=argv, cwd=request.cwd, environment=request.environment), output)


class Trial:
    """A build for the simulator of an arm64 Mac."""

    def __init__(self, directory: Path, *, frontend: str = "build", module: str = "demo") -> None:
        self.framework = Framework(directory / "framework", python_313())
        self.log = directory / "testbed.log"
        self.wheels = directory / "wheels"
        self.wheels.mkdir()
        self._directory = directory
        self._build = simulator_build(TOML.format(frontend=frontend, module=module))

    def go(self) -> BuiltWheel:
        """Build and test, as on a Mac."""
        source = copy_project("c", self._directory)
        work, uv = self._directory / "work", Path(find_uv(os.environ["PATH"]))
        path = f"{uv.parent}:{self.framework.programs}:{os.environ['PATH']}"
        variables = {**environment(), "PATH": path, "TESTBED_LOG": str(self.log)}
        bindings = {
            Placeholder.PROJECT: str(work / "project"),
            Placeholder.SOURCE: str(source),
            Placeholder.WORK: str(work / "of-build"),
            Placeholder.CACHE: str(self._directory / "cache"),
            Placeholder.RESOURCES: str(RESOURCES_DIR),
            Placeholder.CIBW_PYTHON: sys.executable,
        }
        machine = SoMuchOfAMac(variables, python_313())
        # pytest shows it where a test fails.
        runner = StepRunner(machine, "ios", bindings, print, fetcher=self._fetch)
        site = BuildContext(
            base_environment=machine.environment(),
            passed=(),
            job="ios",
            finished_wheels=FinishedWheels(),
            output_dir=self.wheels,
            made=lambda: None,
        )
        return run_build(self._build, runner, site)

    def _fetch(self, wanted: Fetch, path: str) -> None:
        if wanted.unpack:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            # The real archive of 3.13 is of BeeWare; this one is laid out as python.org's.
            beeware = self.framework.slice_dir / "platform-config"
            beeware.mkdir(exist_ok=True)
            (beeware / MULTIARCH).symlink_to(self.framework.settings)
            Path(path).symlink_to(self.framework.root)

    @property
    def runs(self) -> list[dict[str, object]]:
        """How the testbed was run."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def simulator_build(toml: str) -> WheelBuild:
    """The build of CPython 3.13 for the simulator of an arm64 Mac."""
    sources = Sources(config_text=toml, arguments=Arguments(only="cp313-ios_arm64_iphonesimulator"))
    options = load_options(sources, Platform.IOS)
    facts = HostFacts(platform=Platform.MACOS, machine="arm64")
    catalog = load_catalog()
    (job,) = make_plan(options, catalog, facts, select(options, catalog, facts)).jobs
    return job.builds[0]


def test_a_wheel_for_a_simulator(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    made = trial.go()
    assert made.wheel.filename == "demo_c-1.0-cp313-cp313-ios_13_0_arm64_iphonesimulator.whl"
    with ZipFile(trial.wheels / made.wheel.filename) as wheel:
        assert f"demo_c{SUFFIX}" in wheel.namelist()
    includes = f"-I{tmp_path}/cache/interpreters/Python-3.13-iOS-support.b18/Python.xcframework"
    assert includes in trial.framework.compiled
    assert "/built/elsewhere" not in trial.framework.compiled
    first, second = trial.runs
    assert first["arguments"] == ["run", "--", "unittest", "tests"]
    assert second["arguments"] == ["run", "--", "demo", "-q"]
    assert first["shown"] == "yes"
    assert f"iOSTestbed/app_packages/demo_c{SUFFIX}" in str(first["files"])
    assert "iOSTestbed/app/tests/test_demo_c.py" in str(first["files"])
    assert "--sdk iphonesimulator --show-sdk-path" in (trial.framework.root / "xcrun").read_text()


def test_a_test_of_a_wheel_by_pip_that_fails(tmp_path: Path) -> None:
    trial = Trial(tmp_path, frontend="pip", module="fails")
    with pytest.raises(CommandFailedError, match="The test step failed"):
        trial.go()
    first, second = trial.runs
    assert f"iOSTestbed/app_packages/demo_c{SUFFIX}" in str(first["files"])
    assert second["arguments"] == ["run", "--", "fails", "-q"]
    assert list(trial.wheels.glob("*.whl")) == []


def run_script(name: str, *words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", RESOURCES_DIR / name, *words]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def cross(framework: Framework, outer: Path, place: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{framework.programs}:/usr/bin:/bin"
    words = (outer, MULTIARCH, framework.slice_dir, framework.settings, place)
    return run_script("ios_cross.py", *words, **{"PATH": path, **variables})


def test_environments_inside_a_cross_environment_are_cross_environments(tmp_path: Path) -> None:
    python, place = python_313(), tmp_path / "cross"
    framework = Framework(tmp_path / "framework", python)
    outer, inner = tmp_path / "outer", tmp_path / "inner"
    subprocess.run([python, "-m", "venv", outer], check=True)
    assert cross(framework, outer, place).stderr == ""
    subprocess.run([outer / "bin" / "python", "-m", "venv", inner], check=True)
    question = (
        "import platform, sys, sysconfig; print(sys.platform, sysconfig.get_platform(), platform.machine(), "
        "platform.system(), sysconfig.get_config_var('CC'), platform.ios_ver().is_simulator, sys.base_prefix)"
    )
    asked = [[str(directory / "bin" / "python"), "-c", question] for directory in (outer, inner)]
    answers = [subprocess.run(one, capture_output=True, text=True, check=True).stdout.strip() for one in asked]
    known = "ios ios-13.0-arm64-iphonesimulator arm64 iOS arm64-apple-ios-simulator-clang True"
    assert answers == [f"{known} {framework.slice_dir}"] * 2
    values = json.loads((place / f"_sysconfig_vars__ios_{MULTIARCH}.json").read_text())
    assert values["LDSHARED"].endswith(f"-F {framework.slice_dir}")
    # A program that starts another is what builds are made of.
    subprocess.run(
        [inner / "bin" / "python", "-c", "import subprocess; subprocess.run(['true'], check=True)"], check=True
    )


def test_a_program_that_the_framework_brings_does_it_instead(tmp_path: Path) -> None:
    program = "import sys, pathlib; pathlib.Path(sys.argv[1], 'converted').touch()"
    framework = Framework(tmp_path / "framework", sys.executable, own_program=program)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    done = cross(framework, tmp_path / "env", tmp_path / "cross")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "env" / "converted").exists()
    assert list((tmp_path / "cross").iterdir()) == []


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    framework = Framework(tmp_path / "framework", sys.executable)
    (framework.settings / f"_sysconfigdata__ios_{MULTIARCH}.py").unlink()
    done = cross(framework, tmp_path / "env", tmp_path / "cross")
    assert (done.returncode, "which has the compiler settings" in done.stderr) == (1, True)
    shutil.rmtree(framework.settings)
    done = cross(framework, tmp_path / "env", tmp_path / "cross")
    assert (done.returncode, "Remove its directory from the cache" in done.stderr) == (1, True)
    framework.lose_sdk()
    done = cross(framework, tmp_path / "env", tmp_path / "cross")
    assert (done.returncode, "Xcode has no SDK iphonesimulator" in done.stderr) == (1, True)


def test_tools_are_links_to_the_programs_themselves(tmp_path: Path) -> None:
    real, shown = tmp_path / "cellar", tmp_path / "shown"
    for directory in (real, shown):
        directory.mkdir()
    for name in ("uv", "cmake"):
        (real / name).touch(0o755)
        (shown / name).symlink_to(real / name)
    done = run_script("ios_tools.py", tmp_path / "tools", "cmake", PATH=str(shown))
    assert done.stdout == f"cmake is {real / 'cmake'}\n"
    assert {path.name: path.readlink() for path in (tmp_path / "tools").iterdir()} == {
        "uv": real / "uv",
        "cmake": real / "cmake",
    }


def test_tools_that_are_missing_are_all_named(tmp_path: Path) -> None:
    done = run_script("ios_tools.py", tmp_path / "tools", "cmake", "ninja", PATH=str(tmp_path))
    assert done.returncode == 1
    assert "not on PATH: uv, cmake, ninja" in done.stderr
    assert "remove them from xbuild-tools" in done.stderr
    assert not (tmp_path / "tools").exists()


def test_an_action_that_there_is_not() -> None:
    assert "mend is not an action" in run_script("ios_test.py", "mend", "a", "b").stderr
