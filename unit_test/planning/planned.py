"""Plans from TOML text, on a fictional host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cibw.catalog import load_catalog
from cibw.config.cascade import Arguments, Sources
from cibw.config.load import load_options
from cibw.config.options import Options
from cibw.model.identifiers import Family, Interpreter, Platform
from cibw.model.machines import EngineName, HostFacts, HostInterpreter
from cibw.model.plan import Plan
from cibw.planning.plan import make_plan
from cibw.planning.select import select

CATALOG = load_catalog()
NO_ARGUMENTS = Arguments()
DOCKER = HostFacts(platform=Platform.LINUX, machine="x86_64", engine=EngineName.DOCKER)
HOST = replace(
    DOCKER,
    engine=EngineName.HOST,
    interpreters=(
        HostInterpreter(interpreter=Interpreter.parse("cp311"), path="/usr/bin/python3.11"),
        HostInterpreter(interpreter=Interpreter.parse("cp312"), path="/home/me/3.12/bin/python"),
        HostInterpreter(interpreter=Interpreter.parse("cp312"), path="/musl/3.12/bin/python", libc=Family.MUSLLINUX),
    ),
)


MAC = HostFacts(platform=Platform.MACOS, machine="arm64")
INTEL_MAC = HostFacts(platform=Platform.MACOS, machine="x86_64")
WINDOWS = HostFacts(platform=Platform.WINDOWS, machine="AMD64")
WINDOWS_ON_ARM = HostFacts(platform=Platform.WINDOWS, machine="ARM64")


def options_of(
    toml: str = "",
    arguments: Arguments = NO_ARGUMENTS,
    files: Mapping[str, str] | None = None,
    platform: Platform = Platform.LINUX,
) -> Options:
    """The options of a project with this configuration file."""
    known = files or {}
    sources = Sources(config_text=toml, arguments=arguments, read_text=known.get)
    return load_options(sources, platform)


def plan_of(
    toml: str = "", facts: HostFacts = DOCKER, arguments: Arguments = NO_ARGUMENTS, platform: Platform | None = None
) -> Plan:
    """The plan for a configuration, by default for the host's platform."""
    return plan_with(options_of(toml, arguments, platform=platform or facts.platform), facts)


def plan_with(options: Options, facts: HostFacts = DOCKER) -> Plan:
    """The plan for options."""
    return make_plan(options, CATALOG, facts, select(options, CATALOG, facts))
