"""Creates the plan of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from cibw.catalog import Catalog, CatalogEntry
from cibw.config.options import BuildOptions, FrontendName, Options, StableAbi
from cibw.config.toml import Findings
from cibw.errors import ConfigurationError, InterpreterMissingError, NothingSelectedError
from cibw.model.identifiers import BuildIdentifier, Implementation, NotBuilt, Platform, Target
from cibw.model.machines import EngineName, HostFacts, HostSpec, MachineSpec
from cibw.model.plan import Expectation, Job, Plan, Step, StepName, WheelBuild
from cibw.model.templates import EnvExpr, Template
from cibw.planning.actions import (
    BuildInputs,
    MissingPython,
    PlatformSetup,
    RefusedBuild,
    assign,
    prepend_path,
    shell,
    spoken_in,
    steps_in,
)
from cibw.planning.environment import (
    SourcePackage,
    cache_path,
    chosen_cache,
    notes_on_pip_settings,
    package_directory,
    pip_settings_for_uv,
    uses_uv,
    with_cache,
)
from cibw.planning.select import Selection
from cibw.planning.steps import make_steps, set_up_step, test_environment, test_steps

# Builds that expect to reuse the abi3 wheel of another build.

_FIRST_WITH_ABI3T = 15


def with_expectations(job: Job, stable_abi: StableAbi | None) -> Job:
    """Let builds expect the wheel of the oldest Python in the job that builds an abi3 wheel for the same target.

    Older Pythons and other implementations expect nothing, and neither does Pyodide, where each Python has its own
    platform. A free-threaded Python expects the wheel of a Python that can build it for both ABIs (PEP 803).
    """
    if stable_abi is None:
        return job
    makers: dict[Target, BuildIdentifier] = {}
    for identifier in sorted((one.identifier for one in job.builds), key=lambda one: one.interpreter.minor):
        if stable_abi.makes(identifier.interpreter):
            makers.setdefault(identifier.target, identifier)
    return replace(job, builds=tuple(_expecting(build, makers, stable_abi.place) for build in job.builds))


def _expecting(build: WheelBuild, makers: Mapping[Target, BuildIdentifier], place: str) -> WheelBuild:
    maker = makers.get(build.identifier.target)
    if maker is None or not _is_served(build.identifier, maker):
        return build
    return replace(build, expects=Expectation(identifier=maker, reason=f"abi3, by {place}"))


def _is_served(identifier: BuildIdentifier, maker: BuildIdentifier) -> bool:
    if identifier.platform is Platform.PYODIDE:
        return False
    interpreter, minor = identifier.interpreter, maker.interpreter.minor
    if interpreter.implementation is not Implementation.CPYTHON:
        return False
    if interpreter.free_threaded:
        return _FIRST_WITH_ABI3T <= minor <= interpreter.minor
    return interpreter.minor > minor


# The hosts that can build for a platform.

_HOSTS = {
    Platform.MACOS: (Platform.MACOS,),
    Platform.WINDOWS: (Platform.WINDOWS,),
    Platform.IOS: (Platform.MACOS,),
    Platform.PYODIDE: (Platform.LINUX, Platform.MACOS),
    Platform.ANDROID: (Platform.LINUX, Platform.MACOS),
}
_NAMES = {Platform.LINUX: "a Linux computer", Platform.MACOS: "a Mac", Platform.WINDOWS: "a Windows computer"}


def require_host(platform: Platform, facts: HostFacts) -> None:
    """Raise ConfigurationError, which names supported hosts, if this host cannot build for a platform."""
    hosts = _HOSTS.get(platform)
    if hosts is None or facts.platform in hosts:
        return _require_sdk(facts) if platform is Platform.ANDROID else None
    names = " or ".join(_NAMES[host] for host in hosts)
    raise ConfigurationError(
        f"Wheels for {platform.value} cannot be built on {_NAMES[facts.platform]}, only on {names}.",
        hint=f"`cibw plan --platform {platform.value} --archs all` prints the build plan on any computer.",
    )


def _require_sdk(facts: HostFacts) -> None:
    if facts.platform is Platform.LINUX and facts.machine != "x86_64":
        raise ConfigurationError(
            f"Wheels for android cannot be built on Linux on {facts.machine}: Google provides the NDK only for x86_64.",
            hint="Build on an x86_64 computer or on a Mac.",
        )
    if facts.has_android_home:
        return
    place = f"is {facts.android_home}, which is not a directory" if facts.android_home else "is not set"
    raise ConfigurationError(
        f"Wheels for android need an Android SDK, but ANDROID_HOME {place}.",
        hint="Set it to the directory of the SDK. If there is no SDK, unpack the command-line tools from "
        "https://developer.android.com/studio as DIRECTORY/cmdline-tools/latest, and set ANDROID_HOME to DIRECTORY. "
        "The NDK is installed there when it is first needed.",
    )


# The setup function of each platform; only the module of the requested platform is imported.

Decision = PlatformSetup | MissingPython | NotBuilt | RefusedBuild


def _linux(inputs: BuildInputs) -> Decision:
    from cibw.planning.platforms import linux

    return linux.platform_setup(inputs)


def _macos(inputs: BuildInputs) -> Decision:
    from cibw.planning.platforms import macos

    return macos.platform_setup(inputs)


def _windows(inputs: BuildInputs) -> Decision:
    from cibw.planning.platforms import windows

    return windows.platform_setup(inputs)


def _pyodide(inputs: BuildInputs) -> Decision:
    from cibw.planning.platforms import pyodide

    return pyodide.platform_setup(inputs)


def _android(inputs: BuildInputs) -> Decision:
    from cibw.planning.platforms import android

    return android.platform_setup(inputs)


def _ios(inputs: BuildInputs) -> Decision:
    from cibw.planning.platforms import ios

    return ios.platform_setup(inputs)


PLATFORM_SETUPS: Mapping[Platform, Callable[[BuildInputs], Decision]] = {
    Platform.LINUX: _linux,
    Platform.MACOS: _macos,
    Platform.WINDOWS: _windows,
    Platform.PYODIDE: _pyodide,
    Platform.ANDROID: _android,
    Platform.IOS: _ios,
}


# The plan itself.

_TOOL_ENVIRONMENT = (assign("CIBUILDWHEEL", "1"), assign("PIP_DISABLE_PIP_VERSION_CHECK", "1"))
_NO_INTERPRETER = "this host has no such interpreter; try `uv python install VERSION`"
_ALWAYS_PASSED = ("SOURCE_DATE_EPOCH",)
_DEFAULT_FRONTENDS = {Platform.IOS: FrontendName.BUILD}
"""The meaning of `default` on platforms where uv cannot build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _PlannedBuild:
    build: WheelBuild
    setup: PlatformSetup
    options: BuildOptions


def make_plan(options: Options, catalog: Catalog, facts: HostFacts, selection: Selection) -> Plan:
    """Plan every selected identifier, and give a reason for each identifier that is not built.

    NothingSelectedError if no identifier is left, unless `allow-empty` is set; ConfigurationError if options do not
    fit the platform; InterpreterMissingError if the host lacks a Python that is selected by name.
    """
    results = [_plan_build(entry, options, catalog, facts) for entry in selection.selected]
    require_fit(one for one in results if isinstance(one, RefusedBuild))
    _require_named([one.identifier for one in results if isinstance(one, MissingPython)], options)
    planned = [one for one in results if isinstance(one, _PlannedBuild)]
    _require_one_before_all(planned)
    left_out = [*selection.not_built, *(one for one in results if isinstance(one, NotBuilt))]
    left_out += [
        NotBuilt(identifier=one.identifier, reason=_NO_INTERPRETER) for one in results if isinstance(one, MissingPython)
    ]
    if not planned and not options.allow_empty:
        raise _nothing(left_out)
    jobs = tuple(with_expectations(job, options.stable_abi) for job in _jobs(planned))
    notes = dict.fromkeys(note for one in planned for note in (*one.setup.notes, *notes_on_pip_settings(one.options)))
    return Plan(jobs=jobs, not_built=tuple(left_out), notes=(*options.notes, *selection.notes, *notes))


def _nothing(left_out: list[NotBuilt]) -> NothingSelectedError:
    # The identifiers that came closest to being built are last.
    reasons = dict.fromkeys(one.reason for one in reversed(left_out))
    return NothingSelectedError(
        "No build identifiers are selected.",
        hint="Reasons: " + "; ".join(list(reasons)[:6]) + ". Use --allow-empty to succeed anyway.",
    )


def _plan_build(
    entry: CatalogEntry, options: Options, catalog: Catalog, facts: HostFacts
) -> _PlannedBuild | MissingPython | NotBuilt | RefusedBuild:
    resolved = _settled(options.for_identifier(entry.identifier), options.platform, facts)
    inputs = BuildInputs(entry=entry, resolved=resolved, options=options, catalog=catalog, facts=facts)
    setup = PLATFORM_SETUPS[options.platform](inputs)
    if not isinstance(setup, PlatformSetup):
        return setup
    return _PlannedBuild(build=_build(entry.identifier, resolved, options, setup), setup=setup, options=resolved)


def _settled(options: BuildOptions, platform: Platform, facts: HostFacts) -> BuildOptions:
    engine, frontend = options.container_engine, options.build_frontend
    if engine.name is EngineName.AUTO:
        engine = replace(engine, name=facts.engine)
    if frontend.name is FrontendName.DEFAULT:
        frontend = replace(frontend, name=_DEFAULT_FRONTENDS.get(platform, frontend.name))
    return replace(options, container_engine=engine, build_frontend=frontend)


def _require_one_before_all(planned: Iterable[_PlannedBuild]) -> None:
    chosen = {one.options.before_all: one.build.identifier for one in planned if one.setup.shares_host}
    if len(chosen) > 1:
        inputs = "; ".join(f"{identifier} has `{command}`" for command, identifier in chosen.items())
        raise ConfigurationError(
            f"before-all differs between builds that share one computer: {inputs}.",
            hint="Move the differing commands to before-build, or run these builds separately.",
        )


def _require_named(missing: list[BuildIdentifier], options: Options) -> None:
    named = [
        identifier
        for identifier in missing
        if options.only == identifier or options.build.names_exactly(str(identifier.interpreter))
    ]
    if named:
        pythons = dict.fromkeys(_request(identifier) for identifier in named)
        raise InterpreterMissingError(
            f"This host has no interpreter for {', '.join(map(str, named))}.",
            hint=f"Try `uv python install {' '.join(pythons)}`. Alternatively, use a container engine, which needs no "
            "Python on the host, or a version pattern with *, which builds only for installed Pythons.",
        )


def _request(identifier: BuildIdentifier) -> str:
    interpreter = identifier.interpreter
    prefix = {Implementation.CPYTHON: "", Implementation.PYPY: "pypy@", Implementation.GRAALPY: "graalpy@"}
    return f"{prefix[interpreter.implementation]}{interpreter.version}{'t' * interpreter.free_threaded}"


def _build(identifier: BuildIdentifier, resolved: BuildOptions, options: Options, setup: PlatformSetup) -> WheelBuild:
    directory = package_directory(options.package_dir)
    package = SourcePackage(identifier=identifier, directory=directory, build_system=options.build_system)
    cache = chosen_cache(resolved, setup)
    wants_test = bool(resolved.test_command)
    is_skipped = options.test_skip.matches(str(identifier))
    untested = "matched by test-skip" if is_skipped else setup.untested
    dialect = setup.conventions.shell
    (prepare,) = steps_in(dialect, [set_up_step(setup)])
    return WheelBuild(
        identifier=identifier,
        prepare=prepare,
        make=steps_in(dialect, with_cache(make_steps(resolved, package, setup), cache, setup, identifier)),
        test=() if untested else steps_in(dialect, test_steps(resolved, package, setup)),
        environment=_environment(identifier, resolved, setup),
        environment_pass=_passed(resolved),
        test_environment=test_environment(resolved, setup),
        platform_tag=setup.platform_tag,
        untested=untested if wants_test else "no test-command is set",
        compiler_cache=cache,
        python="" if isinstance(setup.machine, HostSpec) else str(setup.python),
    )


def _passed(resolved: BuildOptions) -> tuple[str, ...]:
    return (*_ALWAYS_PASSED, *resolved.environment_pass, *resolved.container_engine.create.passed)


def _environment(identifier: BuildIdentifier, resolved: BuildOptions, setup: PlatformSetup) -> tuple[EnvExpr, ...]:
    return (
        *_TOOL_ENVIRONMENT,
        assign("CIBUILDWHEEL_BUILD_IDENTIFIER", str(identifier)),
        assign("UV_PYTHON", setup.python),
        setup.path or prepend_path(setup.bin_dir, setup.conventions.shell),
        *setup.environment,
        *cache_path(chosen_cache(resolved, setup)),
        *spoken_in(setup.conventions.shell, resolved.environment),
        *setup.last_environment,
        *(pip_settings_for_uv(resolved) if setup.tools or uses_uv(resolved.build_frontend.name) else ()),
    )


def _jobs(planned: Iterable[_PlannedBuild]) -> Iterator[Job]:
    groups: dict[tuple[str, MachineSpec, Template, tuple[str, ...]], list[_PlannedBuild]] = {}
    for one in planned:
        key = (_place(one), one.setup.machine, one.options.before_all, _inputs(one))
        groups.setdefault(key, []).append(one)
    seen: Counter[str] = Counter()
    for (name, *_same), members in groups.items():
        seen[name] += 1
        yield _job(name if seen[name] == 1 else f"{name} ({seen[name]})", members)


def _place(one: _PlannedBuild) -> str:
    # A host is prepared once for all targets; an image is for one target.
    identifier = one.build.identifier
    return identifier.platform.value if one.setup.shares_host else str(identifier.target)


def _inputs(one: _PlannedBuild) -> tuple[str, ...]:
    """The inputs of before-all, if its result can be cached."""
    on_host = isinstance(one.setup.machine, HostSpec)
    return one.options.before_all_inputs if one.options.before_all and not on_host else ()


def _job(name: str, members: list[_PlannedBuild]) -> Job:
    first = members[0]
    before_all = first.options.before_all
    on_host = isinstance(first.setup.machine, HostSpec)
    # Environments on the host are created later, but the Python of an image is needed now.
    ready = () if on_host else first.setup.set_up
    dialect = first.setup.conventions.shell
    hook = shell(before_all, dialect=dialect)
    step = Step(name=StepName.BEFORE_ALL, actions=(*ready, hook)) if before_all else None
    of_image = () if on_host else (prepend_path(first.setup.bin_dir), *first.setup.environment)
    return Job(
        name=name,
        machine=first.setup.machine,
        builds=tuple(member.build for member in members),
        before_all=step,
        environment=(
            *_TOOL_ENVIRONMENT,
            *of_image,
            *first.setup.before_all_environment,
            *spoken_in(dialect, first.options.environment),
        ),
        environment_pass=_passed(first.options),
        before_all_inputs=_inputs(first),
    )


def require_fit(refused: Iterable[RefusedBuild]) -> None:
    """Raise ConfigurationError with the errors of all builds whose options do not fit their platform."""
    findings = Findings()
    for mistake in (mistake for one in refused for mistake in one.mistakes):
        findings.add(mistake.place, mistake.message, mistake.hint)
    findings.raise_if_any()
