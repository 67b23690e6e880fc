"""The options of cibw in the form that cibuildwheel_side.py gives those of cibuildwheel."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path

from cibw.catalog import load_catalog
from cibw.cli.project import reader_of
from cibw.config.cascade import Sources
from cibw.config.load import load_options
from cibw.config.options import BuildOptions, DependencySource, DependencyVersions, Options
from cibw.errors import CibwError, CommandFailedError, ConfigurationError
from cibw.execution.steps import evaluate
from cibw.model.identifiers import BuildIdentifier, Platform
from cibw.model.templates import REPAIRED_DIR, CommandRequest, EnvExpr, Outcome, Placeholder, Template
from cibw.planning.platforms.linux import require_images
from tests.peer.options.calls import BASE, Answer, Call, Value, Values

_OF_THE_PLAN = (Placeholder.DELOCATE_ARCHS, Placeholder.LDPATHS)
"""Placeholders that the planner fills in; until then both programs keep them as they were written."""
_NOT_THE_BUILD = {
    Placeholder.PROJECT: "<project>",
    Placeholder.BUILT_WHEEL: "<wheel>",
    Placeholder.WHEEL: "<wheel>",
    Placeholder.WORK: "<work>",
    **{late: f"{{{late.value}}}" for late in _OF_THE_PLAN},
}


def cibw_answer(call: Call, identifiers: Iterable[str]) -> Answer:
    """The options of these identifiers, or the error that the configuration brings."""
    directory = Path(call["directory"])
    sources = Sources(
        config_text=reader_of(directory)("pyproject.toml"),
        environ=call["environment"],
        read_text=reader_of(directory),
    )
    try:
        options = load_options(sources, Platform(call["platform"]))
        found = {name: options.for_identifier(BuildIdentifier.parse(name)) for name in identifiers}
        if options.platform is Platform.LINUX:
            _judge_images(options, found)
    except CibwError as error:
        mistakes = error.mistakes if isinstance(error, ConfigurationError) else ()
        return {"error": "; ".join(f"{mistake}" for mistake in mistakes) or str(error)}
    return {"options": {name: _values(build, name, call) for name, build in found.items()}}


def _judge_images(options: Options, names: Collection[str]) -> None:
    """Judge the images of these builds, or of all where the peer names none."""
    catalog = load_catalog()
    entries = [
        one
        for one in catalog.interpreters(Platform.LINUX)
        if (not names or str(one.identifier) in names) and options.resolver.origin("image", one.identifier) != "default"
    ]
    if entries:
        require_images(options, entries, catalog)


def _values(options: BuildOptions, name: str, call: Call) -> Values:
    identifier = BuildIdentifier.parse(name)
    frontend, engine = options.build_frontend, options.container_engine
    variables = call["environment"]
    names = options.environment_pass if identifier.platform is Platform.LINUX else ()
    passed = tuple((name, variables[name]) for name in names if name in variables)
    directory = call["directory"]
    return {
        "before-all": _filled(options.before_all),
        "before-build": _filled(options.before_build),
        "before-test": _filled(options.before_test),
        "repair-wheel-command": _filled(options.repair_wheel_command),
        "test-command": _filled(options.test_command),
        "audit-command": [_filled(command.template) for command in options.audit_command],
        "config-settings": _settings(options.config_settings),
        "environment": _variables(options.environment, passed, directory),
        "test-environment": _variables(options.test_environment, (), directory),
        "build-frontend": [frontend.name.value, list(frontend.args)],
        "container-engine": [engine.name.value, engine.create, engine.disable_host_mount],
        "dependency-versions": _dependency_versions(options.dependency_versions, identifier),
        "image": options.image,
        "test-requires": list(options.test_requires),
        "test-extras": list(options.test_extras),
        "test-sources": list(options.test_sources),
        "test-runtime": list(options.test_runtime),
        "audit-requires": list(options.audit_requires),
        "build-verbosity": options.build_verbosity,
        "xbuild-tools": None if options.xbuild_tools is None else list(options.xbuild_tools),
        "xbuild-files": {package: list(files) for package, files in options.xbuild_files},
        "pyodide-version": options.pyodide_version,
    }


def _filled(template: Template) -> str:
    return template.render(_NOT_THE_BUILD).replace(REPAIRED_DIR.render(_NOT_THE_BUILD), "<repaired>")


def _settings(settings: Iterable[tuple[str, Template]]) -> Mapping[str, Value]:
    found: dict[str, list[str]] = {}
    for key, template in settings:
        found.setdefault(key, []).append(_filled(template))
    return found


@cache
def _variables(expressions: tuple[EnvExpr, ...], passed: tuple[tuple[str, str], ...], directory: str) -> Value:
    def run(request: CommandRequest) -> Outcome:
        done = subprocess.run(
            request.argv, cwd=directory, env=dict(request.environment), capture_output=True, text=True, check=False
        )
        return Outcome(exit_code=done.returncode, stdout=done.stdout)

    try:
        found = evaluate(expressions, {**BASE, **dict(passed)}, {Placeholder.PROJECT: directory}, run)
    except CommandFailedError:
        return "a command failed"
    return {name: value for name, value in found.items() if BASE.get(name) != value}


def _dependency_versions(versions: DependencyVersions, identifier: BuildIdentifier) -> str:
    return "pinned" if versions.source is DependencySource.PINNED else versions.text_for(identifier)
