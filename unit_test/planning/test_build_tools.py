from __future__ import annotations

import re

import pytest

from cibw.model.machines import HostFacts
from cibw.model.plan import Run, StepName, WheelBuild
from unit_test.planning.planned import DOCKER, HOST, plan_of

CHECK = "sh {resources}/own_python.sh"
ON_DEMAND = r"sh \{resources\}/pip_on_demand\.sh --into \{work\}/build-env/bin"
SEEDED = r"sh \{resources\}/uv_venv\.sh \{cache\}/environments/seeded-\w+ \S+ \{work\}/build-env"


def build_of(environment: str, facts: HostFacts = DOCKER, more: str = "") -> WheelBuild:
    toml = f'[tool.cibw]\nbuild = "cp312-manylinux_x86_64"\nenvironment = {{{environment}}}\n{more}'
    return plan_of(toml, facts).jobs[0].builds[0]


def tools(build: WheelBuild) -> list[str]:
    steps = [step for step in build.make if step.name is StepName.BUILD_TOOLS]
    actions = [action for step in steps for action in step.actions if isinstance(action, Run)]
    return [" ".join(map(str, action.command.argv)) for action in actions]


@pytest.mark.parametrize(("environment", "count"), [("", 0), ('PATHS = "/opt"', 0), ('PATH = "/opt:$PATH"', 1)])
def test_python_on_path_is_judged_where_the_environment_sets_path(environment: str, count: int) -> None:
    assert sum(text.startswith(CHECK) for text in tools(build_of(environment))) == count


def test_tools_of_the_host_are_installed_with_the_variables_of_the_build() -> None:
    environment = 'PIP_INDEX_URL = "https://example.org/simple", PATH = "$PATH:/opt"'
    build = build_of(environment, HOST, 'build-frontend = "pip"')
    install, check = tools(build)
    assert re.fullmatch(SEEDED, install)
    assert check == f"{CHECK} {{work}}/build-env/bin"
    assert "UV_DEFAULT_INDEX" in {expression.name for expression in build.environment}
    assert not any("--seed" in str(action) for action in build.prepare.actions)


@pytest.mark.parametrize(
    ("option", "tool"),
    [
        ("", ON_DEMAND),
        ('repair-wheel-command = ""', ON_DEMAND),
        ('repair-wheel-command = "auditwheel repair --strip -w {dest_dir} {wheel}"', ON_DEMAND),
        ('before-build = "make"', SEEDED),
        ('build-frontend = "pip"', SEEDED),
        ('repair-wheel-command = "sh repair.sh {wheel} {dest_dir}"', SEEDED),
        ('repair-wheel-command = "auditwheel -V && python -m pip list && mv {wheel} {dest_dir}"', SEEDED),
    ],
)
def test_the_host_installs_pip_where_commands_of_the_user_may_call_it(option: str, tool: str) -> None:
    (first, *_) = tools(build_of("", HOST, option))
    assert re.fullmatch(tool, first)


def test_a_python_that_is_borrowed_for_musl_gets_pip_from_uv() -> None:
    toml = '[tool.cibw]\nbuild = "cp311-musllinux_x86_64"\nbefore-build = "make"'
    (first, *_) = tools(plan_of(toml, HOST).jobs[0].builds[0])
    assert first == "uv pip install --python {work}/build-env/bin/python pip setuptools wheel"
