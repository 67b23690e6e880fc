"""The steps that verify a release: installed from its index into a clean environment, then tested or imported.

Only the project itself is installed from its index, by hash and without dependencies. The dependencies are installed
afterwards from another index, with a command that does not use the first one. So packages on the first index cannot
replace a dependency (dependency confusion).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.tags import Tag

from cibw.config.options import BuildOptions
from cibw.model.identifiers import BuildIdentifier
from cibw.model.machines import HostSpec
from cibw.model.plan import Action, PutText, Run, Step, StepName
from cibw.model.templates import TEST_ENVIRONMENT as ENVIRONMENT
from cibw.model.templates import WORK, EnvExpr, Placeholder, Template
from cibw.planning.actions import (
    Conventions,
    PlatformSetup,
    bring_test_sources,
    program,
    resource,
    shell,
    spoken_in,
    test_directory,
    virtual_environment,
)
from cibw.planning.steps import test_environment

_REQUIREMENTS = Template.of(WORK, "/requirements.txt")
_BASE = Template.of(Placeholder.CIBW_PYTHON)
_LINUX = re.compile(r"(manylinux|musllinux)_\d+_\d+_(.+)")
_MACOS = re.compile(r"macosx_\d+_\d+_(x86_64|arm64)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The release to install, the SHA-256 of its wheels, and the conventions of this computer.

    `tests` are the options of its tests, or None to only import it.
    """

    project: str
    version: str
    hashes: tuple[str, ...]
    conventions: Conventions
    tests: BuildOptions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The steps: `own` uses the index of the release, `others` that of the dependencies; the other steps use none.

    `look` prints the installed files of the release; its output must be the same before and after `others`.
    `environment` are the variables of the tests.
    """

    prepare: Step
    own: Step
    others: Step
    look: Step
    test: tuple[Step, ...]
    environment: tuple[EnvExpr, ...]


def verification(wanted: Installation) -> Verification:
    """The steps that verify a release."""
    python = wanted.conventions.venv.python(ENVIRONMENT)
    return Verification(
        prepare=Step(name=StepName.TEST_ENVIRONMENT, actions=_prepare(wanted)),
        own=Step(name=StepName.TEST_INSTALL, actions=_own(wanted, python)),
        others=Step(name=StepName.TEST_INSTALL, actions=(_others(wanted, python),)),
        look=Step(name=StepName.TEST_INSTALL, actions=(_script(python, "files", wanted.project),)),
        test=tuple(_tests(wanted, python)),
        environment=_environment(wanted),
    )


def identifier_of(tags: Iterable[Tag]) -> BuildIdentifier | None:
    """The build identifier of a Python, from its supported tags, best first."""
    return next((found for tag in tags if (found := _identifier(tag)) is not None), None)


def _identifier(tag: Tag) -> BuildIdentifier | None:
    try:
        return BuildIdentifier.parse(f"{tag.interpreter}{tag.abi.removeprefix(tag.interpreter)}-{_target(tag)}")
    except ValueError:
        return None


def _target(tag: Tag) -> str:
    if found := _LINUX.fullmatch(tag.platform):
        return f"{found[1]}_{found[2]}"
    if found := _MACOS.fullmatch(tag.platform):
        return f"macosx_{found[1]}"
    return tag.platform


def _prepare(wanted: Installation) -> tuple[Action, ...]:
    # Test hooks may call pip.
    seed = ("--seed",) if wanted.tests is not None and wanted.tests.before_test else ()
    return (virtual_environment(_BASE, ENVIRONMENT, "--quiet", "--no-config", *seed),)


def _own(wanted: Installation, python: Template) -> tuple[Action, ...]:
    hashes = "".join(f" --hash=sha256:{one}" for one in wanted.hashes)
    line = f"{wanted.project}=={wanted.version}{hashes}\n"
    alone = ("--no-deps", "--only-binary", ":all:", "--require-hashes", "--no-cache")
    return (PutText(path=_REQUIREMENTS, text=line), _install(python, *alone, "--requirements", _REQUIREMENTS))


def _others(wanted: Installation, python: Template) -> Run:
    tests = wanted.tests or BuildOptions()
    extras = f"[{','.join(tests.test_extras)}]" if tests.test_extras else ""
    return _install(python, f"{wanted.project}{extras}=={wanted.version}", *tests.test_requires)


def _install(python: Template, *arguments: str | Template) -> Run:
    return program("uv", "pip", "install", "--quiet", "--no-config", "--python", python, *arguments, cwd=WORK)


def _tests(wanted: Installation, python: Template) -> Iterable[Step]:
    tests, dialect = wanted.tests, wanted.conventions.shell
    if tests is None:
        yield Step(name=StepName.TEST, actions=(_script(python, "import", wanted.project),))
        return
    if tests.before_test:
        yield Step(name=StepName.BEFORE_TEST, actions=(shell(tests.before_test, dialect=dialect),))
    run = shell(tests.test_command, cwd=test_directory(tests.test_sources), dialect=dialect)
    yield Step(name=StepName.TEST, actions=(*bring_test_sources(tests.test_sources, dialect), run))


def _script(python: Template, action: str, project: str) -> Run:
    return program(python, "-I", resource("installed_release.py"), action, project, cwd=WORK)


def _environment(wanted: Installation) -> tuple[EnvExpr, ...]:
    tests = wanted.tests or BuildOptions()
    setup = PlatformSetup(
        machine=HostSpec(), base_python=_BASE, python=_BASE, bin_dir=WORK, conventions=wanted.conventions
    )
    return (*spoken_in(wanted.conventions.shell, tests.environment), *test_environment(tests, setup))
