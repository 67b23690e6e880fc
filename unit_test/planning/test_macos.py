from __future__ import annotations

from dataclasses import replace

import pytest

from cibw.config.options import StableAbi
from cibw.errors import ConfigurationError
from cibw.model.identifiers import BuildIdentifier, Platform
from cibw.model.machines import HostFacts
from cibw.model.plan import Plan, Run, StepName, WheelBuild
from cibw.planning.platforms.macos import lowest_target
from unit_test.planning.planned import CATALOG, DOCKER, INTEL_MAC, MAC, WINDOWS, options_of, plan_of, plan_with

EVERYTHING = '[tool.cibw]\nenable = "all"\narchs = "all"\n'
TARGET = "MACOSX_DEPLOYMENT_TARGET"


def only_build(plan: Plan) -> WheelBuild:
    (job,) = plan.jobs
    (build,) = job.builds
    return build


def values(build: WheelBuild, name: str) -> list[str]:
    return [str(one).partition("=")[2] for one in build.environment if one.name == name]


@pytest.mark.parametrize("facts", [MAC, WINDOWS])
def test_every_identifier_is_planned_on_its_own_host(facts: object) -> None:
    host = MAC if facts == MAC else WINDOWS
    plan = plan_of(EVERYTHING, host)
    assert not plan.not_built
    assert set(plan.identifiers) == {entry.identifier for entry in CATALOG.interpreters(host.platform)}


@pytest.mark.parametrize("platform", [Platform.MACOS, Platform.WINDOWS])
def test_every_identifier_has_its_place_in_a_plan_from_linux(platform: Platform) -> None:
    for machine in ("x86_64", "aarch64", "riscv64"):
        plan = plan_with(options_of(EVERYTHING, platform=platform), replace(DOCKER, machine=machine))
        named = [*plan.identifiers, *(one.identifier for one in plan.not_built)]
        known = [entry.identifier for entry in CATALOG.interpreters(platform)]
        assert sorted(map(str, named)) == sorted(map(str, known))
        assert all(one.reason for one in plan.not_built)


@pytest.mark.parametrize(
    ("identifier", "lowest"),
    [
        ("cp39-macosx_x86_64", "10.9"),
        ("cp311-macosx_universal2", "10.9"),
        ("cp312-macosx_x86_64", "10.13"),
        ("gp312_250-macosx_x86_64", "10.13"),
        ("cp314t-macosx_universal2", "10.15"),
        ("pp39-macosx_x86_64", "10.15"),
        ("pp39-macosx_arm64", "11.0"),
        ("cp315-macosx_arm64", "11.0"),
    ],
)
def test_the_oldest_macos_of_an_interpreter(identifier: str, lowest: str) -> None:
    assert lowest_target(BuildIdentifier.parse(identifier)) == lowest


@pytest.mark.parametrize(
    ("option", "of_host", "expected", "notes"),
    [
        ("", "", ["10.13"], 0),
        ("", "12.0", ["12.0"], 0),
        ("", "10.9", ["10.13"], 1),
        ("", "nonsense", ["10.13"], 0),
        ("12.3", "10.9", ["10.13", "12.3"], 0),
        ("10.9", "", ["10.13", "10.9", "10.13"], 1),
        ("10.13", "", ["10.13", "10.13"], 0),
        ("$OTHER", "", ["10.13", "${OTHER}"], 0),
    ],
)
def test_a_deployment_target_that_is_too_old_is_raised(
    option: str, of_host: str, expected: list[str], notes: int
) -> None:
    lines = f'environment = "{TARGET}={option}"\n' if option else ""
    facts = replace(MAC, deployment_target=of_host)
    plan = plan_of(f'[tool.cibw]\nbuild = "cp312-macosx_x86_64"\narchs = "x86_64"\n{lines}', facts)
    assert values(only_build(plan), TARGET) == expected
    assert len(plan.notes) == notes
    assert all("10.9 is raised to 10.13" in note for note in plan.notes)


def test_both_halves_may_be_left_out() -> None:
    toml = '[tool.cibw]\nbuild = "cp312-*"\narchs = "universal2"\ntest-command = "pytest"\n'
    skipped = only_build(plan_of(f'{toml}test-skip = "*:arm64 *:x86_64"', MAC))
    assert skipped.test == ()
    assert skipped.untested == "test-skip matches both architectures"
    cannot = only_build(plan_of(f'{toml}test-skip = "*:x86_64"', INTEL_MAC))
    assert cannot.untested == "an x86_64 Mac cannot run arm64 programs"


def test_a_half_that_cannot_be_tested_is_told_where_tests_are_wanted() -> None:
    toml = '[tool.cibw]\nbuild = "cp31{2,3}-*"\narchs = "universal2"\n'
    assert plan_of(toml, INTEL_MAC).notes == ()
    (note,) = plan_of(f'{toml}test-command = "pytest"', INTEL_MAC).notes
    assert note == "universal2 wheels are tested only for x86_64: an x86_64 Mac cannot run arm64 programs"


def test_a_command_of_the_intel_half_runs_by_rosetta() -> None:
    toml = '[tool.cibw]\nbuild = "cp312-*"\narchs = "universal2"\ntest-command = "it\'s"'
    build = only_build(plan_of(toml, MAC))
    tests = [step.actions[0] for step in build.test if step.name is StepName.TEST]
    commands = [action.command for action in tests if isinstance(action, Run)]
    assert [str(part) for part in commands[0].argv] == ["arch", "-x86_64", "sh", "-c", "it's"]
    assert commands[1].shell


@pytest.mark.parametrize("facts", [MAC, WINDOWS])
def test_before_all_must_be_the_same_for_all(facts: object) -> None:
    host = MAC if facts == MAC else WINDOWS
    toml = '[tool.cibw]\n[[tool.cibw.overrides]]\nselect = "cp312-*"\nbefore-all = "make"'
    with pytest.raises(ConfigurationError, match="before-all differs") as caught:
        plan_of(toml, host)
    assert "cp312-" in caught.value.message
    assert "before-build" in caught.value.hint


def test_uv_has_no_universal2() -> None:
    plan = plan_of('[tool.cibw]\nbuild = "cp312-*"\narchs = "all"\npython-source = "uv"', INTEL_MAC)
    assert (
        'use python-source = "catalog"'
        in {str(one.identifier): one.reason for one in plan.not_built}["cp312-macosx_universal2"]
    )
    # An Intel Mac cannot run the arm64 Python, so it cross-builds with its own.
    pythons = [str(action) for job in plan.jobs for build in job.builds for action in build.prepare.actions[-2:-1]]
    assert all("cpython-3.12-macos-x86_64-none" in python for python in pythons)
    assert len(pythons) == 2


def test_a_host_is_prepared_once_for_all_that_it_builds() -> None:
    plan = plan_of('[tool.cibw]\narchs = "all"\nbefore-all = "make"', MAC)
    assert [job.name for job in plan.jobs] == ["macos"]


def test_an_abi3_wheel_is_expected_for_the_same_target_alone() -> None:
    options = options_of('[tool.cibw]\nbuild = "cp31{2,3}-*"\narchs = "arm64 x86_64"', platform=Platform.MACOS)
    stable = StableAbi(minors=frozenset({12, 13}), place="setup.py")
    plan = plan_with(replace(options, stable_abi=stable), MAC)
    builds = [build for job in plan.jobs for build in job.builds]
    expected = {str(one.identifier): str(one.expects.identifier) for one in builds if one.expects}
    assert expected == {
        "cp313-macosx_x86_64": "cp312-macosx_x86_64",
        "cp313-macosx_arm64": "cp312-macosx_arm64",
    }


def test_the_directory_of_the_interpreter_follows_that_of_the_environment() -> None:
    toml = '[tool.cibw]\nbuild = "cp312-* pp311-*"\nenable = "all"\narchs = "arm64"\n'
    cpython, pypy = (build for job in plan_of(toml, MAC).jobs for build in job.builds)
    framework = "/Library/Frameworks/Python.framework/Versions/3.12/bin"
    assert values(cpython, "PATH") == [f"{{work}}/build-env/bin:{framework}:${{PATH}}"]
    (path,) = values(pypy, "PATH")
    assert path.startswith("{work}/build-env/bin:{cache}/interpreters/pypy3.11-")
    (managed, _) = (build for job in plan_of(f'{toml}python-source = "uv"', MAC).jobs for build in job.builds)
    assert values(managed, "PATH") == ["{work}/build-env/bin:${PATH}"]


@pytest.mark.parametrize(
    ("identifier", "needed"),
    [
        ("cp39-macosx_arm64", True),
        ("pp39-macosx_arm64", True),
        ("gp312_250-macosx_arm64", True),
        ("cp310-macosx_arm64", False),
        ("pp311-macosx_arm64", False),
    ],
)
def test_certificates_for_a_pip_that_does_not_ask_the_system(identifier: str, needed: bool) -> None:
    plan = plan_of(f'[tool.cibw]\nbuild = "{identifier}"\nenable = "all"\narchs = "all"', MAC)
    build = only_build(plan)
    assert bool(values(build, "PIP_CERT")) is needed
    commands = [str(action.command) for action in build.prepare.actions if isinstance(action, Run)]
    assert any("certificates.py" in command for command in commands) is needed


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ('"pinned"', ["${VIRTUALENV_PIP-26.2.2}"]),
        ('"latest"', []),
        ('{ packages = ["pip == 25.1", "wheel==1"] }', ["${VIRTUALENV_PIP-25.1}"]),
        ('{ packages = ["pip==25.1; python_version < \'3.9\'", "pip>=24"] }', []),
        ("{ packages = [\"pip==25.1; python_version > '3.9'\"] }", ["${VIRTUALENV_PIP-25.1}"]),
        ('{ packages = ["pip==25.1; nonsense"] }', []),
    ],
)
def test_isolated_environments_have_the_pip_that_is_pinned(option: str, expected: list[str]) -> None:
    toml = f'[tool.cibw]\nbuild = "cp312-*"\narchs = "arm64"\ndependency-versions = {option}\n'
    assert values(only_build(plan_of(f'{toml}build-frontend = "build"', MAC)), "VIRTUALENV_PIP") == expected
    for frontend in ("pip", "uv", "build[uv]"):
        other = only_build(plan_of(f'{toml}build-frontend = "{frontend}"', MAC))
        assert values(other, "VIRTUALENV_PIP") == []


@pytest.mark.parametrize(
    ("identifier", "facts", "expected"),
    [
        ("gp312_250-macosx_arm64", MAC, "26.1.2"),
        ("cp312-macosx_arm64", MAC, "26.2.2"),
        ("gp312_250-win_amd64", WINDOWS, "26.0.1"),
        ("cp39-win_amd64", WINDOWS, "26.0.1"),
    ],
)
def test_the_pip_that_is_pinned_for_an_interpreter(identifier: str, facts: HostFacts, expected: str) -> None:
    toml = f'[tool.cibw]\nbuild = "{identifier}"\nenable = "all"\nbuild-frontend = "build"'
    assert values(only_build(plan_of(toml, facts)), "VIRTUALENV_PIP") == [f"${{VIRTUALENV_PIP-{expected}}}"]
