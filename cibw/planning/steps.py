"""The steps of one build, from its options and its ground."""

from __future__ import annotations

import shlex

from cibw.config.options import BuildOptions
from cibw.model.layout import (
    AUDIT_ENVIRONMENT,
    BUILT_DIR,
    CONSTRAINTS,
    OWN_PYTHON,
    PROJECT,
    REPAIRED_DIR,
    SOURCE,
    TEST_DIR,
    WORK,
)
from cibw.model.layout import TEST_ENVIRONMENT as TEST_ENVIRONMENT_DIR
from cibw.model.plan import Action, Check, PutText, Run, Step, StepName, When
from cibw.model.template import Late, Template
from cibw.planning.commands import kept_environment, program, resource, shell, virtual_environment
from cibw.planning.frontends import Package, build_command, uses_uv
from cibw.planning.ground import Ground

_NO_TEST_SOURCES = '''\
"""Stands in the directory where the tests run, because no test-sources are set."""

import unittest


class TestStringsAttached(unittest.TestCase):
    def test_from_here(self):
        self.fail(
            "The tests run in an empty directory, not in the project, so that they find the installed wheel "
            "and not the source tree. Name the test files with the placeholder {project} or {package} in "
            "test-command, or list them in test-sources."
        )
'''


def set_up_step(ground: Ground) -> Step:
    """Lay a fresh copy of the project and the directories of this build, and prepare its Python."""
    fresh = Template.of(
        *("rm -rf '", PROJECT, "' '", WORK, "'"),
        *(" && mkdir -p '", BUILT_DIR, "' '", REPAIRED_DIR, "' '", TEST_DIR, "'"),
        *(" && cp -a '", SOURCE, "' '", PROJECT, "'"),
    )
    actions: list[Action] = [shell(fresh, cwd=Template.of("/"))]
    if ground.constraints:
        actions.append(PutText(path=CONSTRAINTS, text=ground.constraints))
    return Step(name=StepName.SET_UP, actions=(*actions, *ground.set_up))


def tools_step(options: BuildOptions, ground: Ground) -> tuple[Step, ...]:
    """What a build needs before its hooks, once its variables are known; none where all is there."""
    sets_path = any(expression.name == "PATH" for expression in options.environment)
    judge = (program("sh", OWN_PYTHON, ground.bin_dir),) if sets_path else ()
    actions = (*ground.tools, *judge)
    return (Step(name=StepName.BUILD_TOOLS, actions=actions),) if actions else ()


def make_steps(options: BuildOptions, package: Package, ground: Ground) -> tuple[Step, ...]:
    """The steps that make a wheel: build tools, before-build, build, repair, audit."""
    build = Step(
        name=StepName.BUILD,
        actions=(Run(command=build_command(options, package, ground)),),
        checks=(Check.ONE_BUILT_WHEEL, Check.NOT_PURE),
    )
    before = _hook(StepName.BEFORE_BUILD, options.before_build)
    return (*tools_step(options, ground), *before, build, _repair(options, ground), *_audit(options, ground))


def test_steps(options: BuildOptions, package: Package, ground: Ground) -> tuple[Step, ...]:
    """The steps that test a wheel in an environment of its own; none without a test command."""
    if not options.test_command:
        return ()
    environment = Step(name=StepName.TEST_ENVIRONMENT, actions=(_test_environment(package, ground),))
    install = Step(name=StepName.TEST_INSTALL, actions=(_install(options), *_test_files(options)))
    test = Step(name=StepName.TEST, actions=(shell(options.test_command, cwd=TEST_DIR),))
    return (environment, *_hook(StepName.BEFORE_TEST, options.before_test), install, test)


def _test_environment(package: Package, ground: Ground) -> Run:
    python = ground.base_python
    kept = kept_environment("test", str(package.identifier), str(python))
    return program("sh", resource("uv_venv.sh"), kept, python, TEST_ENVIRONMENT_DIR)


def _hook(name: StepName, text: Template) -> tuple[Step, ...]:
    return (Step(name=name, actions=(shell(text),)),) if text else ()


def _repair(options: BuildOptions, ground: Ground) -> Step:
    if options.repair_wheel_command:
        repair = shell(options.repair_wheel_command)
    else:
        repair = program("mv", Late.BUILT_WHEEL, REPAIRED_DIR)
    checks = (Check.ONE_REPAIRED_WHEEL, Check.NOT_PURE, Check.NEW_NAME)
    before = ground.before_repair if options.repair_wheel_command else ()
    return Step(name=StepName.REPAIR, actions=(*before, repair), checks=checks)


def _audit(options: BuildOptions, ground: Ground) -> tuple[Step, ...]:
    if not options.audit_command:
        return ()
    always = any(not command.only_abi3 for command in options.audit_command)
    when = When.ALWAYS if always else When.WHEEL_IS_ABI3
    actions: list[Action] = []
    if options.audit_requires:
        python = Template.of(AUDIT_ENVIRONMENT, "/bin/python")
        actions.append(virtual_environment(ground.base_python, AUDIT_ENVIRONMENT, when=when))
        actions.append(program("uv", "pip", "install", "--python", python, *options.audit_requires, when=when))
    for command in options.audit_command:
        when = When.WHEEL_IS_ABI3 if command.only_abi3 else When.ALWAYS
        path = Template.of(AUDIT_ENVIRONMENT, "/bin")
        actions.append(shell(command.template, path_entry=path, when=when))
    return (Step(name=StepName.AUDIT, actions=tuple(actions)),)


def _install(options: BuildOptions) -> Run:
    extras = f"[{','.join(options.test_extras)}]" if options.test_extras else ""
    wheel = Template.of(Late.WHEEL, extras)
    python = Template.of(TEST_ENVIRONMENT_DIR, "/bin/python")
    if uses_uv(options.build_frontend.name):
        return program("uv", "pip", "install", "--python", python, wheel, *options.test_requires)
    return program(python, "-m", "pip", "install", wheel, *options.test_requires)


def _test_files(options: BuildOptions) -> tuple[Action, ...]:
    if not options.test_sources:
        return (PutText(path=Template.of(TEST_DIR, "/test_fail.py"), text=_NO_TEST_SOURCES),)
    copies = Template.of(*(_copy(source, " && " * (number > 0)) for number, source in enumerate(options.test_sources)))
    return (shell(copies),)


def _copy(source: str, joint: str) -> Template:
    parent, _, _name = source.rstrip("/").rpartition("/")
    target = Template.of("'", TEST_DIR, f"'/{shlex.quote(parent)}" if parent else "'")
    return Template.of(f"{joint}mkdir -p ", target, f" && cp -a {shlex.quote(source)} ", target)
