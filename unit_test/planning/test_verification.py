from __future__ import annotations

import pytest
from packaging.tags import Tag

from cibw.config.options import BuildOptions
from cibw.model.plan import PutText, Run, Step
from cibw.model.templates import EnvExpr, Placeholder, Shell, Template
from cibw.planning.actions import Conventions
from cibw.planning.verification import Installation, identifier_of, verification

TESTS = BuildOptions(
    environment=(EnvExpr("MADE_BY", ("us",)),),
    before_test=Template.of("pip install helper"),
    test_command=Template.of("pytest ", Placeholder.PROJECT, "/tests"),
    test_requires=("pytest",),
    test_extras=("fast", "all"),
    test_sources=("tests",),
    test_environment=(EnvExpr("COLOUR", ("blue",)),),
)


def installation(tests: BuildOptions | None = None, conventions: Conventions | None = None) -> Installation:
    return Installation(
        project="demo",
        version="1.0",
        hashes=("aa", "bb"),
        conventions=conventions or Conventions(),
        tests=tests,
    )


def said(step: Step) -> list[str]:
    return [_said(action) for action in step.actions if isinstance(action, Run | PutText)]


def _said(action: Run | PutText) -> str:
    return action.text if isinstance(action, PutText) else str(action.command)


def test_the_project_comes_from_its_index_alone_by_its_hashes() -> None:
    steps = verification(installation())
    requirements, install = said(steps.own)
    assert requirements == "demo==1.0 --hash=sha256:aa --hash=sha256:bb\n"
    assert install == (
        "uv pip install --quiet --no-config --python '{work}/test-env/bin/python' --no-deps --only-binary :all: "
        "--require-hashes --no-cache --requirements '{work}/requirements.txt'"
    )


def test_its_dependencies_come_by_a_command_of_their_own() -> None:
    (others,) = said(verification(installation()).others)
    assert others == "uv pip install --quiet --no-config --python '{work}/test-env/bin/python' demo==1.0"
    (others,) = said(verification(installation(TESTS)).others)
    assert others.endswith("'demo[fast,all]==1.0' pytest")


def test_without_tests_it_is_imported() -> None:
    steps = verification(installation())
    assert [said(step) for step in steps.test] == [
        ["'{work}/test-env/bin/python' -I '{resources}/installed_release.py' import demo"]
    ]
    assert "--seed" not in said(steps.prepare)[0]


def test_its_own_tests_run_in_the_environment() -> None:
    steps = verification(installation(TESTS))
    before, test = steps.test
    assert said(before) == ["pip install helper"]
    copied, command = said(test)
    assert (copied, command) == ("mkdir -p '{work}/test' && cp -a tests '{work}/test'", "pytest {project}/tests")
    assert "--seed" in said(steps.prepare)[0]
    assert [expression.name for expression in steps.environment] == [
        *("MADE_BY", "PATH", "VIRTUAL_ENV", "UV_PYTHON", "COLOUR"),
    ]


def test_tests_may_have_a_command_alone() -> None:
    windows = Conventions(shell=Shell.CMD)
    (test,) = verification(installation(BuildOptions(test_command=Template.of("ctest")), windows)).test
    assert said(test) == ["ctest"]


@pytest.mark.parametrize(
    ("tags", "identifier"),
    [
        ([Tag("cp311", "cp311", "manylinux_2_36_x86_64")], "cp311-manylinux_x86_64"),
        ([Tag("cp313", "cp313t", "musllinux_1_2_aarch64")], "cp313t-musllinux_aarch64"),
        ([Tag("cp312", "cp312", "macosx_15_0_arm64")], "cp312-macosx_arm64"),
        ([Tag("cp312", "cp312", "win_amd64")], "cp312-win_amd64"),
        ([Tag("cp311", "cp311", "linux_x86_64"), Tag("py3", "none", "any")], None),
    ],
)
def test_the_identifier_of_a_python(tags: list[Tag], identifier: str | None) -> None:
    found = identifier_of(tags)
    assert (found and str(found)) == identifier
