"""Gathers the facts that a plan needs, and prints the selected build identifiers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cibw.catalog import Catalog, CatalogEntry, load_catalog
from cibw.cli.project import open_project, sources_of
from cibw.cli.session import Session
from cibw.config.load import load_options
from cibw.config.options import Options
from cibw.execution.host.probe import image_tag, is_directory, read_environment, read_machine, read_platform
from cibw.model.identifiers import BuildIdentifier, Interpreter, Platform
from cibw.model.machines import EngineName, HostFacts, HostInterpreter
from cibw.planning.select import Selection, select

# Gather the facts that the options require for a plan.


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredFacts:
    """Facts, the selected identifiers, and a line about the engine if it was chosen automatically."""

    facts: HostFacts
    selection: Selection
    note: str = ""


def known_facts() -> HostFacts:
    """The facts that are cheap to get: platform and processor."""
    machine, environment = read_machine(), read_environment()
    android_home = environment.get("ANDROID_HOME", "")
    return HostFacts(
        platform=read_platform(),
        machine=machine,
        runs_32bit=machine == "aarch64" and _runs_32bit(),
        deployment_target=environment.get("MACOSX_DEPLOYMENT_TARGET", ""),
        android_home=android_home,
        has_android_home=is_directory(android_home),
    )


def _runs_32bit() -> bool:
    """Whether an aarch64 kernel runs 32-bit programs; not all processors support them."""
    from cibw.execution.host.machine import HostMachine
    from cibw.model.templates import CommandRequest

    request = CommandRequest(argv=("linux32", "uname", "-m"), cwd="/", environment=read_environment())
    return HostMachine({}).run(request, lambda _text, _is_error: None).stdout.startswith("armv")


def gather(session: Session, options: Options, catalog: Catalog, *, resolves_engine: bool) -> GatheredFacts:
    """Add the engine for `auto` if needed, and the host's Pythons for builds on the host."""
    facts = known_facts()
    selection = select(options, catalog, facts)
    if options.platform is not Platform.LINUX:
        return GatheredFacts(facts=facts, selection=selection)
    engines = {options.for_identifier(entry.identifier).container_engine.name for entry in selection.selected}
    engine, note = EngineName.AUTO, ""
    if resolves_engine and EngineName.AUTO in engines:
        from cibw.execution.container.endpoints import resolve_auto

        choice = resolve_auto(session.environment)
        engine, note = choice.name, choice.reason
        engines.add(engine)
    if EngineName.HOST not in engines:
        return GatheredFacts(facts=replace(facts, engine=engine), selection=selection, note=note)
    named = [entry.identifier.interpreter for entry in selection.selected if _is_named(entry.identifier, options)]
    facts = replace(
        facts,
        engine=engine,
        interpreters=_interpreters(session, () if options.offline else named),
        image_tag=image_tag(session.environment),
    )
    return GatheredFacts(facts=facts, selection=selection, note=note)


def _is_named(identifier: BuildIdentifier, options: Options) -> bool:
    return options.only == identifier or options.build.names_exactly(str(identifier.interpreter))


def _interpreters(session: Session, named: Iterable[Interpreter]) -> tuple[HostInterpreter, ...]:
    from cibw.cli.session import without_logins
    from cibw.execution.host.interpreters import find_interpreters, install_interpreter
    from cibw.execution.host.session import find_uv

    cache_file = session.cache_dir / "interpreters.json"
    environment = without_logins(session.environment)
    found = find_interpreters(cache_file, environment)
    missing = set(named) - {one.interpreter for one in found}
    uv = find_uv(session.environment.get("PATH", "")) if missing else ""
    installed = [install_interpreter(uv, interpreter, environment) for interpreter in sorted(missing, key=str)]
    return find_interpreters(cache_file, environment) if any(installed) else found


# Print the selected build identifiers (--print-build-identifiers).


def print_identifiers(session: Session) -> int:
    """Print the selected build identifiers, one per line; an empty selection is not an error."""
    options, catalog = read_options(session), load_catalog()
    selection = select(options, catalog, known_facts())
    if options.platform is Platform.LINUX:
        _judge_images(options, selection.selected, catalog)
    for entry in selection.selected:
        print(entry.identifier)
    return 0


def _judge_images(options: Options, selected: Iterable[CatalogEntry], catalog: Catalog) -> None:
    chosen = [one for one in selected if options.resolver.origin("image", one.identifier) != "default"]
    if chosen:
        from cibw.planning.platforms.linux import require_images  # half of the planner

        require_images(options, chosen, catalog)


def read_options(session: Session, identifier: str = "") -> Options:
    """The options of the project on the command line; `identifier` chooses the platform."""
    with open_project(session.line, session.working_dir) as project:
        sources = sources_of(session.line, project, session.working_dir, session.environment)
        options = load_options(sources, session.platform(identifier))
    session.mask.watch(options.secrets, session.environment)
    return options
