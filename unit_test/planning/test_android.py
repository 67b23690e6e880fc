from __future__ import annotations

from dataclasses import replace

import pytest

from cibw.errors import ConfigurationError, NothingSelectedError
from cibw.model.identifiers import Platform
from cibw.model.machines import HostFacts
from cibw.model.plan import Fetch, Plan, Run, StepName, WheelBuild
from unit_test.planning.planned import CATALOG, DOCKER, INTEL_MAC, MAC, WINDOWS, options_of, plan_with

EVERYTHING = '[tool.cibw]\narchs = "all"\n'
ONE = '[tool.cibw]\nbuild = "cp314-android_x86_64"\n'
SETUPTOOLS = '[build-system]\nrequires = ["setuptools>=70.1", "cython"]\nbuild-backend = "setuptools.build_meta"\n'


def plan_of(toml: str, facts: HostFacts = DOCKER) -> Plan:
    # The build requirements are those of the file, regardless of other configuration.
    files = {"pyproject.toml": toml} if "[build-system]" in toml else {}
    return plan_with(options_of(toml, files=files, platform=Platform.ANDROID), facts)


def only_build(toml: str, facts: HostFacts = DOCKER) -> WheelBuild:
    (job,) = plan_of(toml, facts).jobs
    (build,) = job.builds
    return build


def commands(build: WheelBuild, name: StepName) -> list[str]:
    steps = [step for step in (build.prepare, *build.make, *build.test) if step.name is name]
    return [str(action.command) for step in steps for action in step.actions if isinstance(action, Run)]


def mistakes(toml: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        plan_of(toml)
    assert caught.value.exit_code == 2
    assert all(one.hint and one.place for one in caught.value.mistakes)
    return [one.message for one in caught.value.mistakes]


@pytest.mark.parametrize("facts", [DOCKER, replace(DOCKER, machine="aarch64"), MAC, INTEL_MAC, WINDOWS])
def test_every_identifier_is_planned_on_any_computer(facts: HostFacts) -> None:
    plan = plan_of(EVERYTHING, facts)
    known = [entry.identifier for entry in CATALOG.interpreters(Platform.ANDROID)]
    assert sorted(map(str, plan.identifiers)) == sorted(map(str, known))
    assert len(known) == 6
    assert not plan.not_built


def test_a_processor_without_a_python_builds_nothing() -> None:
    with pytest.raises(NothingSelectedError) as caught:
        plan_of(EVERYTHING, replace(DOCKER, machine="sparc64"))
    assert "no Python is available for builds on sparc64" in caught.value.hint


@pytest.mark.parametrize(
    ("facts", "untested"),
    [
        (DOCKER, {"arm64_v8a": "an emulator on this host runs only x86_64", "x86_64": ""}),
        (MAC, {"arm64_v8a": "", "x86_64": "an emulator on this host runs only arm64_v8a"}),
        (
            replace(DOCKER, machine="riscv64"),
            dict.fromkeys(["arm64_v8a", "x86_64"], "this host cannot run an emulator"),
        ),
    ],
)
def test_an_emulator_runs_the_processor_of_the_host(facts: HostFacts, untested: dict[str, str]) -> None:
    toml = EVERYTHING + 'python-source = "uv"\ntest-command = "python -c pass"'
    (job,) = plan_of(toml, facts).jobs
    for build in job.builds:
        assert build.untested == untested[build.identifier.target.architecture.value]
        assert bool(build.test) == (not build.untested)


def test_both_pythons_are_fetched() -> None:
    target, host = [one for one in only_build(ONE).prepare.actions if isinstance(one, Fetch)][::-1]
    assert "linux-android" in target.url
    assert "x86_64-unknown-linux-gnu" in host.url
    assert all(one.unpack and one.sha256 for one in (target, host))


@pytest.mark.parametrize(
    ("facts", "request_"),
    [
        (DOCKER, "cpython-3.14-linux-x86_64-none"),
        (INTEL_MAC, "cpython-3.14-macos-x86_64-none"),
        (WINDOWS, "cpython-3.14-linux-x86_64-none"),
    ],
)
def test_the_python_of_the_host_may_come_from_uv(facts: HostFacts, request_: str) -> None:
    build = only_build(ONE + 'python-source = "uv"', facts)
    assert f"uv python install {request_}" in commands(build, StepName.SET_UP)


def test_requirements_that_are_known_are_not_asked_for() -> None:
    tools = commands(only_build(ONE + SETUPTOOLS), StepName.BUILD_TOOLS)
    assert "uv pip install --python '{work}/build-env/bin/python' 'setuptools>=70.1' cython" in tools
    assert not any("build_requires.py" in tool for tool in tools)


def test_flags_of_the_user_follow_those_of_the_target() -> None:
    build = only_build(ONE + 'environment = {CFLAGS = "-O2", LDFLAGS = "-lz", CC = "mine"}')
    (describe,) = [tool for tool in commands(build, StepName.BUILD_TOOLS) if "android_env.py" in tool]
    assert describe.endswith(" CFLAGS+ LDFLAGS+")


@pytest.mark.parametrize("word", ["--managed minVersion", "--connected emulator-5554", "--managed=maxVersion"])
def test_a_device_that_is_named_takes_the_place_of_the_emulator(word: str) -> None:
    toml = f'{ONE}test-command = "python -c pass"\ntest-runtime = {{args = "{word} --slow"}}'
    (test,) = commands(only_build(toml), StepName.TEST)
    assert test.endswith(f"--cwd '{{work}}/test' {word} --slow -- -c pass")
    assert "alone.py' '{cache}/android-device.lock' " in test


@pytest.mark.parametrize(("verbosity", "is_told"), [(0, False), (-1, False), (1, True), (3, True)])
def test_the_test_bed_is_as_verbose_as_the_build(verbosity: int, is_told: bool) -> None:
    toml = f'{ONE}test-command = "python -c pass"\nbuild-verbosity = {verbosity}'
    (test,) = commands(only_build(toml), StepName.TEST)
    assert (" -v " in test) is is_told


@pytest.mark.parametrize(
    "command", ["make test", "python tests/run.py", "python -m pytest {project}/tests", "python -m pytest tests; true"]
)
def test_what_an_emulator_cannot_run_is_refused(command: str) -> None:
    assert len(mistakes(f'{ONE}test-command = "{command}"\ntest-sources = ["tests"]')) == 1


def test_what_an_emulator_would_not_run_is_not_judged() -> None:
    toml = ONE.replace("x86_64", "arm64_v8a") + 'archs = "all"\ntest-command = "make test"'
    assert only_build(toml).untested
    assert not only_build(ONE + 'test-command = "make test"\ntest-skip = "*android*"').test


def test_tests_need_their_files() -> None:
    (message,) = mistakes(ONE + 'test-command = "python -m pytest tests"')
    assert "test-sources" in message
    assert only_build(ONE + 'test-command = "python -m pytest --pyargs hello"').test


@pytest.mark.parametrize(("command", "is_noted"), [("pytest a", True), ("python -m pytest a", False)])
def test_a_program_that_stands_for_a_module_is_noted(command: str, is_noted: bool) -> None:
    plan = plan_of(f'{ONE}test-command = "{command}"\ntest-sources = ["a"]')
    assert any("python -m pytest" in note for note in plan.notes) is is_noted


def test_all_mistakes_are_told_together() -> None:
    toml = ONE + 'build-frontend = "pip"\nenvironment = {ANDROID_API_LEVEL = "lollipop"}\ntest-command = "make test"'
    frontend, level, command = sorted(mistakes(toml), key=lambda text: ("pip" not in text, "lollipop" not in text))
    assert "the build frontend pip does not support android" in frontend
    assert level == "ANDROID_API_LEVEL must be an integer, not 'lollipop'"
    assert "make test" in command


@pytest.mark.parametrize("value", ["26", "$LEVEL", "$(cat level)"])
def test_what_only_a_run_knows_is_not_judged(value: str) -> None:
    build = only_build(f"{ONE}environment = {{ANDROID_API_LEVEL = '{value}'}}")
    assert [one.name for one in build.environment].count("ANDROID_API_LEVEL") == 2


def test_one_before_all_serves_all_builds() -> None:
    toml = EVERYTHING + '[[tool.cibw.overrides]]\nselect = "cp314-*"\nbefore-all = "make"'
    with pytest.raises(ConfigurationError, match="before-all differs"):
        plan_of(toml)


def test_no_wheel_takes_the_name_of_another() -> None:
    (repair,) = [step for step in only_build(ONE).make if step.name is StepName.REPAIR]
    assert [check.value for check in repair.checks][-1] == "no other build gave a wheel of that name"
