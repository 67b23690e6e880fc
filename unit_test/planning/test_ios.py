"""Plans for iOS, on any computer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cibw.errors import ConfigurationError
from cibw.model.identifiers import Platform
from cibw.model.machines import HostFacts
from cibw.model.plan import Fetch, Plan, Run, WheelBuild
from unit_test.planning.planned import CATALOG, DOCKER, INTEL_MAC, MAC, WINDOWS, options_of, plan_with

TESTED = 'test-command = "python -m demo"\n'


def planned(toml: str = "", facts: HostFacts = MAC, *, archs: str = "all") -> Plan:
    text = f'[tool.cibw]\narchs = "{archs}"\nxbuild-tools = []\n{toml}'
    return plan_with(options_of(text, platform=Platform.IOS), facts)


def builds(plan: Plan) -> dict[str, WheelBuild]:
    return {str(build.identifier): build for job in plan.jobs for build in job.builds}


@pytest.mark.parametrize("facts", [MAC, INTEL_MAC, DOCKER, WINDOWS, replace(DOCKER, machine="riscv64")])
def test_every_identifier_is_planned_on_any_computer(facts: HostFacts) -> None:
    plan = planned(facts=facts)
    assert set(plan.identifiers) == {entry.identifier for entry in CATALOG.interpreters(Platform.IOS)}
    assert [job.name for job in plan.jobs] == ["ios"]
    assert plan.notes == ()


@pytest.mark.parametrize(
    ("facts", "tested", "others"),
    [
        (MAC, "cp314-ios_arm64_iphonesimulator", "simulators on an arm64 Mac run only arm64"),
        (DOCKER, "cp314-ios_arm64_iphonesimulator", "simulators on an arm64 Mac run only arm64"),
        (INTEL_MAC, "cp314-ios_x86_64_iphonesimulator", "simulators on an x86_64 Mac run only x86_64"),
    ],
)
def test_what_is_tested(facts: HostFacts, tested: str, others: str) -> None:
    found = builds(planned(f'build = "cp314-*"\n{TESTED}', facts))
    device = found.pop("cp314-ios_arm64_iphoneos")
    assert (device.test, device.untested) == ((), "simulators cannot run programs built for devices")
    build = found.pop(tested)
    assert build.test
    assert build.untested == ""
    assert [(one.test, one.untested) for one in found.values()] == [((), others)]


def test_a_mac_builds_for_devices_and_its_own_simulators() -> None:
    plan = planned('build = "cp314-*"', archs="auto")
    assert [str(one) for one in plan.identifiers] == ["cp314-ios_arm64_iphoneos", "cp314-ios_arm64_iphonesimulator"]


def test_tools_that_nobody_declared_are_told_once() -> None:
    options = options_of('[tool.cibw]\narchs = "all"', platform=Platform.IOS)
    (note,) = plan_with(options, MAC).notes
    assert "xbuild-tools" in note


@pytest.mark.parametrize("frontend", ["uv", "build[uv]"])
def test_uv_makes_no_environments_for_ios(frontend: str) -> None:
    toml = f'build-frontend = "{frontend}"\ntest-command = "tox"\n'
    with pytest.raises(ConfigurationError, match="2 errors") as caught:
        planned(toml)
    frontend_mistake, test_mistake = caught.value.mistakes
    assert "build-frontend" in frontend_mistake.place
    assert f"the build frontend {frontend} does not support iOS" in frontend_mistake.message
    assert "test-command" in test_mistake.place
    assert caught.value.exit_code == 2


def test_a_frontend_alone_may_be_the_mistake() -> None:
    with pytest.raises(ConfigurationError, match="an error"):
        planned('build-frontend = "uv"')


def test_test_commands_of_builds_that_run_no_test_are_not_judged() -> None:
    found = builds(planned('build = "cp313-*_iphoneos"\ntest-command = "tox"'))
    assert list(found) == ["cp313-ios_arm64_iphoneos"]


def test_before_all_must_be_the_same_for_all() -> None:
    toml = '[[tool.cibw.overrides]]\nselect = "cp314-*"\nbefore-all = "make"'
    with pytest.raises(ConfigurationError, match="before-all differs"):
        planned(toml)


@pytest.mark.parametrize(
    ("identifier", "slice_name", "settings"),
    [
        ("cp313-ios_arm64_iphoneos", "ios-arm64", "platform-config/arm64-iphoneos"),
        ("cp314-ios_x86_64_iphonesimulator", "ios-arm64_x86_64-simulator", "platform-config/x86_64-iphonesimulator"),
        ("cp315-ios_arm64_iphonesimulator", "ios-arm64_x86_64-simulator", "lib-arm64/python3.15"),
        ("cp315-ios_x86_64_iphonesimulator", "ios-arm64_x86_64-simulator", "lib-x86_64/python3.15"),
    ],
)
def test_the_slice_of_an_architecture(identifier: str, slice_name: str, settings: str) -> None:
    build = builds(planned())[identifier]
    (path,) = (str(one) for one in build.environment if one.name == "PATH")
    assert f"/Python.xcframework/{slice_name}/bin:{{work}}/build-env/bin:{{work}}/cross/bin:/usr/bin:" in path
    assert "${PATH}" not in path
    commands = [action.command for action in build.prepare.actions if isinstance(action, Run)]
    words = [str(word) for command in commands for word in command.argv]
    assert len([word for word in words if word.endswith(f"/{slice_name}/{settings}")]) == 1


def test_the_python_of_the_mac_has_the_same_version() -> None:
    found = builds(planned('build = "cp31{3,4}-*_iphoneos"'))
    fetched = [
        action.url.rpartition("/")[2]
        for build in found.values()
        for action in build.prepare.actions
        if isinstance(action, Fetch)
    ]
    assert [name.startswith(("python-3.13", "Python-3.13")) for name in fetched] == [True, True, False, False]
    assert [name.rpartition(".")[2] for name in fetched] == ["pkg", "gz", "pkg", "gz"]
