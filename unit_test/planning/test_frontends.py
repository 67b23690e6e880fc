"""The commands that build a wheel."""

from __future__ import annotations

import pytest

from cibw.config.options import BuildFrontend, BuildOptions, FrontendName
from cibw.model.identifiers import BuildIdentifier
from cibw.model.machines import HostFacts, HostSpec
from cibw.model.plan import Run, StepName
from cibw.model.templates import PROJECT, Template
from cibw.planning.actions import PlatformSetup
from cibw.planning.environment import SourcePackage, build_command
from unit_test.planning.planned import DOCKER, HOST, options_of, plan_of, plan_with

ONE = 'build = "cp312-manylinux_x86_64"'
SETUP = PlatformSetup(
    machine=HostSpec(), base_python=Template.of("py"), python=Template.of("py"), bin_dir=Template.of("bin")
)


def test_the_pyodide_frontend_has_its_own_command() -> None:
    options = BuildOptions(build_frontend=BuildFrontend(name=FrontendName.PYODIDE_BUILD))
    package = SourcePackage(identifier=BuildIdentifier.parse("cp313-pyodide_wasm32"), directory=PROJECT)
    words = [str(word) for word in build_command(options, package, SETUP).argv]
    assert words == ["pyodide", "build", "{project}", "--outdir={work}/built"]


@pytest.mark.parametrize(("level", "words"), [(-2, []), (0, []), (1, ["-v"]), (2, ["-v", "-v"]), (4, ["-v", "-v"])])
def test_pyodide_build_is_never_quiet_and_at_most_very_verbose(level: int, words: list[str]) -> None:
    frontend = BuildFrontend(name=FrontendName.PYODIDE_BUILD, args=("--exports", "pyinit"))
    options = BuildOptions(build_frontend=frontend, build_verbosity=level)
    package = SourcePackage(identifier=BuildIdentifier.parse("cp313-pyodide_wasm32"), directory=PROJECT)
    assert [str(word) for word in build_command(options, package, SETUP).argv[4:]] == ["--exports", "pyinit", *words]


KEPT = """
[build-system]
requires = ["setuptools>=77", "cython"]
build-backend = "setuptools.build_meta"
"""


@pytest.mark.parametrize(
    ("rest", "is_kept"),
    [
        ("", True),
        ('build-frontend = "default"', True),
        ('build-frontend = "uv"', False),
        ('build-frontend = "pip"', False),
        ('build-frontend = { name = "default", args = ["--no-build-isolation"] }', False),
        ('config-settings = "a=b"', True),
    ],
)
@pytest.mark.parametrize("facts", [DOCKER, HOST])
def test_an_environment_is_kept_where_its_requirements_are_known(facts: HostFacts, rest: str, is_kept: bool) -> None:
    toml = f"[tool.cibw]\n{ONE}\n{rest}\n{KEPT}"
    plan = plan_with(options_of(toml, files={"pyproject.toml": toml}), facts)
    step = next(step for step in plan.jobs[0].builds[0].make if step.name is StepName.BUILD)
    action = step.actions[-1]
    assert isinstance(action, Run)
    words = [str(word) for word in action.command.argv]
    assert (words[1] == "{resources}/uv_build.sh") == is_kept
    if is_kept:
        assert words[2].startswith("{cache}/environments/build-")
        assert words[words.index("--") - 2 : words.index("--")] == ["setuptools>=77", "cython"]


def test_a_borrowed_python_keeps_no_environment() -> None:
    toml = f'[tool.cibw]\nbuild = "cp311-musllinux_x86_64"\n{KEPT}'
    plan = plan_with(options_of(toml, files={"pyproject.toml": toml}), HOST)
    step = next(step for step in plan.jobs[0].builds[0].make if step.name is StepName.BUILD)
    action = step.actions[-1]
    assert isinstance(action, Run)
    assert [str(word) for word in action.command.argv][:3] == ["uv", "build", "--wheel"]


@pytest.mark.parametrize(
    ("name", "level", "flags"),
    [
        (FrontendName.PIP, -2, ["-q", "-q"]),
        (FrontendName.PIP, 2, ["-v", "-v"]),
        (FrontendName.BUILD, -3, ["-q", "-q", "-q"]),
        (FrontendName.UV, -2, ["-q", "-q"]),
        (FrontendName.UV, 1, []),
        (FrontendName.BUILD_UV, 3, ["-v", "-v"]),
    ],
)
def test_verbosity_is_counted_in_flags(name: FrontendName, level: int, flags: list[str]) -> None:
    options = BuildOptions(build_frontend=BuildFrontend(name=name), build_verbosity=level)
    package = SourcePackage(identifier=BuildIdentifier.parse("cp313-manylinux_x86_64"), directory=PROJECT)
    words = [str(word) for word in build_command(options, package, SETUP).argv]
    assert [word for word in words if word in ("-q", "-v")] == flags


def notes_for(environment: str, *more: str) -> list[str]:
    text = "\n".join(["[tool.cibw]", 'build = "cp312-manylinux_x86_64"', f"environment = {{ {environment} }}", *more])
    return [note for note in plan_of(text).notes if "PIP_" in note]


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("PIP_NO_BINARY", "Set UV_NO_BINARY or UV_NO_BINARY_PACKAGE"),
        ("PIP_PRE", "Set UV_PRERELEASE"),
        ("PIP_PREFER_BINARY", "Use the matching uv setting"),
    ],
)
def test_a_variable_of_pip_that_uv_does_not_read_is_told(name: str, advice: str) -> None:
    [note] = notes_for(f'{name} = "1"')
    assert note.startswith(f"{name} has no effect because uv installs the packages. {advice}, or")
    [passed] = notes_for("", f'environment-pass = ["{name}"]')
    assert passed == note
    assert not notes_for(f'{name} = "1"', 'build-frontend = "build"')


def test_a_variable_of_pip_that_uv_reads_or_that_changes_no_package_is_not_told() -> None:
    assert not notes_for('PIP_INDEX_URL = "https://a.example", PIP_PROGRESS_BAR = "off", PIP_TRUSTED_HOST = "a"')
    assert not notes_for('PIP_PRE = "1", UV_PRERELEASE = "allow"')
