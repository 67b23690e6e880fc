from __future__ import annotations

from dataclasses import replace

import pytest

from cibw.errors import ConfigurationError, NothingSelectedError
from cibw.model.identifiers import Platform
from cibw.model.machines import HostFacts
from cibw.model.plan import Fetch, Plan, PutText, Run, WheelBuild
from cibw.planning.platforms.pyodide import python_of
from unit_test.planning.planned import CATALOG, DOCKER, MAC, WINDOWS, WINDOWS_ON_ARM, plan_of

EVERYTHING = '[tool.cibw]\nenable = "all"\n'
ENTRIES = CATALOG.interpreters(Platform.PYODIDE)


def pyodide_plan(toml: str, facts: HostFacts = DOCKER) -> Plan:
    return plan_of(toml, facts, platform=Platform.PYODIDE)


def builds(toml: str, facts: HostFacts = DOCKER) -> list[WheelBuild]:
    return [build for job in pyodide_plan(toml, facts).jobs for build in job.builds]


def cross_install(build: WheelBuild) -> list[str]:
    actions = [action for action in build.make[0].actions if isinstance(action, Run)]
    words = [[str(word) for word in action.command.argv] for action in actions]
    return next(argv for argv in words if argv[2:3] == ["lay"])


def archive_of(build: WheelBuild) -> Fetch:
    (fetch,) = (action for action in build.make[0].actions if isinstance(action, Fetch))
    return fetch


@pytest.mark.parametrize("facts", [DOCKER, replace(DOCKER, machine="aarch64"), MAC, WINDOWS, WINDOWS_ON_ARM])
def test_every_identifier_is_planned_on_any_computer(facts: HostFacts) -> None:
    plan = pyodide_plan(EVERYTHING, facts)
    assert not plan.not_built
    assert list(plan.identifiers) == [entry.identifier for entry in ENTRIES]


def test_a_rare_processor_says_why_nothing_is_built() -> None:
    with pytest.raises(NothingSelectedError) as caught:
        pyodide_plan(EVERYTHING, replace(DOCKER, machine="riscv64"))
    assert "available for builds on riscv64" in caught.value.hint


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry.identifier))
def test_the_default_version_fits_and_is_proved(entry: object) -> None:
    (row,) = (one for one in ENTRIES if one == entry)
    assert python_of(row.pyodide_version) == row.version
    (build,) = builds(f'{EVERYTHING}build = "{row.identifier}"')
    archive = archive_of(build)
    assert cross_install(build)[4:] == [row.pyodide_version, row.version, str(archive.path), row.sha256]
    assert (archive.sha256, str(archive.unless)) == (row.sha256, f"{cross_install(build)[3]}/.complete")


@pytest.mark.parametrize(
    ("version", "python"),
    [
        ("0.25.1", "3.11"),
        ("0.27.0a2", "3.12"),
        ("0.29.0", "3.13"),
        ("314.0.0a1", "3.14"),
        ("399.1", "3.99"),
        ("0.30.0", ""),
        ("1", ""),
        ("313.1", ""),
    ],
)
def test_the_python_of_a_version(version: str, python: str) -> None:
    assert python_of(version) == python


def test_another_version_is_not_proved_by_the_hash_of_the_default() -> None:
    (build,) = builds('[tool.cibw]\nbuild = "cp313-*"\npyodide-version = "0.28.3"')
    assert cross_install(build)[4:6] == ["0.28.3", "3.13"]
    assert archive_of(build).url.endswith("/releases/download/0.28.3/xbuildenv-0.28.3.tar.bz2")
    assert not archive_of(build).sha256
    root = next(str(one) for one in build.environment if one.name == "PYODIDE_ROOT")
    assert root.endswith("/0.28.3/xbuildenv/pyodide-root")


def test_the_run_judges_a_version_that_nobody_knows() -> None:
    (build,) = builds('[tool.cibw]\nbuild = "cp313-*"\npyodide-version = "0.31.0"')
    assert cross_install(build)[4:6] == ["0.31.0", "3.13"]


def test_a_version_for_another_python_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError) as caught:
        pyodide_plan(f'{EVERYTHING}pyodide-version = "0.29.5"')
    assert caught.value.exit_code == 2
    assert [one.message for one in caught.value.mistakes] == [
        f"Pyodide 0.29.5 is for Python 3.13, but cp3{minor}-pyodide_wasm32 needs 3.{minor}" for minor in (12, 14, 15)
    ]
    assert {one.place for one in caught.value.mistakes} == {"pyproject.toml [tool.cibw] pyodide-version"}
    assert "default is 314.0" in caught.value.mistakes[1].hint


def test_other_tools_have_another_cross_build_environment() -> None:
    def place(more: str) -> str:
        (build,) = builds(f'[tool.cibw]\nbuild = "cp313-*"\n{more}')
        return cross_install(build)[3]

    pinned = place("")
    assert pinned == place('test-command = "true"')
    assert pinned != place('dependency-versions = "latest"')
    assert pinned != place('dependency-versions = "packages: pyodide-build==0.30"')


def test_the_pins_are_those_of_pyodide() -> None:
    (build,) = builds('[tool.cibw]\nbuild = "cp313-*"')
    (pins,) = (action.text for action in build.prepare.actions if isinstance(action, PutText))
    assert "pyodide-build==" in pins


def test_builds_that_prepare_the_computer_differently_are_refused() -> None:
    override = '[[tool.cibw.overrides]]\nselect = "cp314*"\nbefore-all = "two"'
    with pytest.raises(ConfigurationError, match="before-all differs"):
        pyodide_plan(f'[tool.cibw]\nbefore-all = "one"\n{override}')


@pytest.mark.parametrize(("facts", "system"), [(DOCKER, "linux-x86_64"), (MAC, "macos-aarch64")])
def test_uv_may_bring_the_python_that_builds(facts: HostFacts, system: str) -> None:
    (build,) = builds('[tool.cibw]\nbuild = "cp313-*"\n[tool.cibw.pyodide]\npython-source = "uv"', facts)
    commands = [str(action.command) for action in build.prepare.actions if isinstance(action, Run)]
    assert f"uv python install cpython-3.13-{system}-none" in commands
