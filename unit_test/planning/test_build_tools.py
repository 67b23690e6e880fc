from __future__ import annotations

import pytest

from cibw.model.facts import Facts
from cibw.model.plan import Run, StepName, WheelBuild
from unit_test.planning.planned import DOCKER, HOST, plan_of

CHECK = "sh {resources}/own_python.sh"


def build_of(environment: str, facts: Facts = DOCKER) -> WheelBuild:
    toml = f'[tool.cibw]\nbuild = "cp312-manylinux_x86_64"\nenvironment = {{{environment}}}'
    return plan_of(toml, facts).jobs[0].builds[0]


def tools(build: WheelBuild) -> list[str]:
    steps = [step for step in build.make if step.name is StepName.BUILD_TOOLS]
    actions = [action for step in steps for action in step.actions if isinstance(action, Run)]
    return [" ".join(map(str, action.command.argv)) for action in actions]


@pytest.mark.parametrize(("environment", "count"), [("", 0), ('PATHS = "/opt"', 0), ('PATH = "/opt:$PATH"', 1)])
def test_python_on_path_is_judged_where_the_environment_sets_path(environment: str, count: int) -> None:
    assert sum(text.startswith(CHECK) for text in tools(build_of(environment))) == count


def test_tools_of_the_host_are_installed_with_the_variables_of_the_build() -> None:
    build = build_of('PIP_INDEX_URL = "https://example.org/simple", PATH = "$PATH:/opt"', HOST)
    install, check = tools(build)
    assert install.startswith("uv pip install --python {work}/build-env/bin/python")
    assert check == f"{CHECK} {{work}}/build-env/bin"
    assert "UV_DEFAULT_INDEX" in {expression.name for expression in build.environment}
    assert not any("--seed" in str(action) for action in build.prepare.actions)
