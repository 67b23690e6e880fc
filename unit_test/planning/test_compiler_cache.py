from __future__ import annotations

import pytest

from cibw.model.machines import CompilerCache, HostFacts
from cibw.model.plan import WheelBuild
from unit_test.planning.planned import DOCKER, HOST, plan_of

ONE = '[tool.cibw]\nbuild = "cp312-manylinux_x86_64"\n'
PREPARE = "sh {resources}/compiler_cache.sh prepare"


def build_of(toml: str, facts: HostFacts = DOCKER) -> WheelBuild:
    return plan_of(ONE + toml, facts).jobs[0].builds[0]


def first_commands(build: WheelBuild) -> list[str]:
    """The first command of each build step."""
    return [str(getattr(step.actions[0], "command", "")).replace("'", "") for step in build.make]


def path_of(build: WheelBuild) -> list[str]:
    return [str(expression) for expression in build.environment if expression.name == "PATH"]


@pytest.mark.parametrize("choice", ["auto", "ccache", "sccache"])
def test_the_first_step_finds_the_cache(choice: str) -> None:
    build = build_of(f'compiler-cache = "{choice}"\nbefore-build = "make"')
    assert build.compiler_cache is CompilerCache(choice)
    hook, *others = first_commands(build)
    assert hook.startswith(f"{PREPARE} {choice} {{work}} {{steady}}/cp312-manylinux_x86_64 {{cache}} ")
    assert not [command for command in others if "compiler_cache" in command]


def test_the_directories_of_a_user_go_before_the_cached_compilers() -> None:
    *_, cached, of_user = path_of(build_of('environment = { PATH = "/mine:$PATH" }'))
    assert (cached, of_user) == ("PATH={work}/compilers:${PATH}", "PATH=/mine:${PATH}")


@pytest.mark.parametrize(("toml", "facts"), [('compiler-cache = "none"', DOCKER), ('compiler-cache = "ccache"', HOST)])
def test_no_cache_where_none_is_wanted_or_zig_has_its_own(toml: str, facts: HostFacts) -> None:
    build = build_of(toml, facts)
    assert build.compiler_cache is CompilerCache.NONE
    assert "compiler" not in " ".join(first_commands(build) + path_of(build))
