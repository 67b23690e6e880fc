"""The steps of one build, from its options and platform setup."""

from __future__ import annotations

from collections.abc import Iterator

from cibw.config.options import BuildOptions
from cibw.model.plan import Action, Check, PutText, Run, Step, StepName, When
from cibw.model.templates import (
    AUDIT_ENVIRONMENT,
    CONSTRAINTS,
    PROJECT,
    TEST_DIR,
    EnvExpr,
    Placeholder,
    Shell,
    Template,
)
from cibw.model.templates import TEST_ENVIRONMENT as TEST_ENVIRONMENT_DIR
from cibw.planning.actions import (
    PlatformSetup,
    TestTarget,
    assign,
    bring_test_sources,
    fresh_directories,
    judge_path,
    move_unrepaired,
    prepend_path,
    program,
    seeded_environment,
    shell,
    spoken_in,
    test_directory,
    virtual_environment,
)
from cibw.planning.environment import SourcePackage, build_command, uses_uv

_PINNED_AUDIT = ("abi3audit",)
"""The default of audit-requires."""
_NO_TEST_SOURCES = '''\
"""Placed in the tests' working directory because test-sources is not set."""

import unittest


class TestStringsAttached(unittest.TestCase):
    def test_from_here(self):
        self.fail(
            "Tests run in an empty directory, not in the project, to make sure that they import the installed wheel "
            "instead of the source tree. Refer to the test files with {project} or {package} in test-command, or "
            "list them in test-sources."
        )
'''
_LITERAL: dict[Placeholder, str | Template] = {
    placeholder: f"{{{placeholder.value}}}" for placeholder in (Placeholder.DELOCATE_ARCHS, Placeholder.LDPATHS)
}
"""Placeholders for one platform stay in braces on others."""


def set_up_step(setup: PlatformSetup) -> Step:
    """Create a fresh copy of the project and the directories of the build, and prepare its Python."""
    actions: list[Action] = [fresh_directories(setup.conventions.shell)]
    if setup.constraints:
        actions.append(PutText(path=CONSTRAINTS, text=setup.constraints))
    return Step(name=StepName.SET_UP, actions=(*actions, *setup.set_up))


def tools_step(options: BuildOptions, setup: PlatformSetup) -> tuple[Step, ...]:
    """The step that installs build tools before hooks run; empty if none are needed."""
    sets_path = any(setup.conventions.shell.variable(expression.name) == "PATH" for expression in options.environment)
    judge = (judge_path(setup),) if sets_path else ()
    actions = (*setup.tools, *judge)
    return (Step(name=StepName.BUILD_TOOLS, actions=actions),) if actions else ()


def make_steps(options: BuildOptions, package: SourcePackage, setup: PlatformSetup) -> tuple[Step, ...]:
    """The steps that produce a wheel: build tools, before-build, build, repair, audit."""
    build = Step(
        name=StepName.BUILD,
        actions=setup.build or (Run(command=build_command(options, package, setup)),),
        checks=(Check.ONE_BUILT_WHEEL, Check.NOT_PURE),
    )
    before = _hook(StepName.BEFORE_BUILD, options.before_build, setup)
    return (*tools_step(options, setup), *before, build, _repair(options, setup), *_audit(options, setup))


def test_steps(options: BuildOptions, package: SourcePackage, setup: PlatformSetup) -> tuple[Step, ...]:
    """The platform's own test steps, or the steps for each architecture; empty without a test command."""
    if not options.test_command:
        return ()
    if setup.tests is not None:
        return setup.tests
    return tuple(step for target in setup.test_targets for step in _tests_of(target, options, package, setup))


def test_environment(options: BuildOptions, setup: PlatformSetup) -> tuple[EnvExpr, ...]:
    """The variables of the tests in addition to those of the build."""
    dialect, venv = setup.conventions.shell, setup.conventions.venv
    if setup.tests is not None:
        return (*setup.test_environment, *spoken_in(dialect, options.test_environment))
    return (
        prepend_path(venv.bin_dir(TEST_ENVIRONMENT_DIR), dialect),
        assign("VIRTUAL_ENV", TEST_ENVIRONMENT_DIR),
        # Without it, `uv pip install` in tests would install into the build Python.
        assign("UV_PYTHON", venv.python(TEST_ENVIRONMENT_DIR)),
        *setup.test_environment,
        *spoken_in(dialect, options.test_environment),
    )


def _tests_of(
    target: TestTarget, options: BuildOptions, package: SourcePackage, setup: PlatformSetup
) -> Iterator[Step]:
    dialect = setup.conventions.shell
    yield Step(name=StepName.TEST_ENVIRONMENT, actions=_test_environment(package, setup))
    if options.before_test:
        yield Step(name=StepName.BEFORE_TEST, actions=(_shell_on(target, options.before_test, PROJECT, dialect),))
    yield Step(name=StepName.TEST_INSTALL, actions=(_install(options, setup, target), *_test_files(options, dialect)))
    yield Step(
        name=StepName.TEST,
        actions=(_shell_on(target, options.test_command, test_directory(options.test_sources), dialect),),
    )


def _shell_on(target: TestTarget, text: Template, cwd: Template, dialect: Shell) -> Run:
    if target.prefix:
        return program(*target.prefix, *dialect.argv("")[:-1], text, cwd=cwd)
    return shell(text, cwd=cwd, dialect=dialect)


def _test_environment(package: SourcePackage, setup: PlatformSetup) -> tuple[Action, ...]:
    python = setup.base_python
    if setup.make_test_environment:
        return setup.make_test_environment
    if not setup.keeps_environments:
        return (virtual_environment(python, TEST_ENVIRONMENT_DIR, "--seed", "--clear"),)
    return (seeded_environment(str(package.identifier), python, TEST_ENVIRONMENT_DIR),)


def _hook(name: StepName, text: Template, setup: PlatformSetup) -> tuple[Step, ...]:
    if not text:
        return ()
    return (Step(name=name, actions=(_shell_on(setup.builder, text, PROJECT, setup.conventions.shell),)),)


def _repair(options: BuildOptions, setup: PlatformSetup) -> Step:
    dialect = setup.conventions.shell
    command = options.repair_wheel_command.fill(_LITERAL | dict(setup.repair_values))
    repair = shell(command, dialect=dialect) if command else move_unrepaired(dialect)
    checks = (Check.ONE_REPAIRED_WHEEL, Check.NEW_NAME)
    before = setup.before_repair if command else ()
    return Step(name=StepName.REPAIR, actions=(*before, repair), checks=checks)


def _audit(options: BuildOptions, setup: PlatformSetup) -> tuple[Step, ...]:
    if not options.audit_command:
        return ()
    venv = setup.conventions.venv
    always = any(not command.only_abi3 for command in options.audit_command)
    when = When.ALWAYS if always else When.WHEEL_IS_ABI3
    actions: list[Action] = []
    if options.audit_requires:
        python = venv.python(AUDIT_ENVIRONMENT)
        actions.append(virtual_environment(setup.base_python, AUDIT_ENVIRONMENT, when=when))
        wanted = (*_pins_of_audits(options, setup), *options.audit_requires)
        actions.append(program("uv", "pip", "install", "--python", python, *wanted, when=when))
    for command in options.audit_command:
        when = When.WHEEL_IS_ABI3 if command.only_abi3 else When.ALWAYS
        path = venv.bin_dir(AUDIT_ENVIRONMENT)
        actions.append(shell(command.template, path_entry=path, when=when, dialect=setup.conventions.shell))
    return (Step(name=StepName.AUDIT, actions=tuple(actions)),)


def _pins_of_audits(options: BuildOptions, setup: PlatformSetup) -> tuple[str | Template, ...]:
    """Apply the pinned versions only to the default audit tool, not to the user's requirements."""
    is_ours = options.audit_requires == _PINNED_AUDIT
    return ("--constraint", CONSTRAINTS) if is_ours and setup.constraints else ()


def _install(options: BuildOptions, setup: PlatformSetup, target: TestTarget) -> Run:
    extras = f"[{','.join(options.test_extras)}]" if options.test_extras else ""
    wheel = Template.of(Placeholder.WHEEL, extras)
    python = setup.conventions.venv.python(TEST_ENVIRONMENT_DIR)
    if setup.test_pip is not None:
        return program(setup.test_pip, "install", wheel, *options.test_requires)
    if uses_uv(options.build_frontend.name):
        return program("uv", "pip", "install", *target.uv_args, "--python", python, wheel, *options.test_requires)
    return program(*target.prefix, python, "-m", "pip", "install", wheel, *options.test_requires)


def _test_files(options: BuildOptions, dialect: Shell) -> tuple[Action, ...]:
    if not options.test_sources:
        return (PutText(path=Template.of(TEST_DIR, "/test_fail.py"), text=_NO_TEST_SOURCES),)
    return bring_test_sources(options.test_sources, dialect)
