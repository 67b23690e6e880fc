"""Interpreters that a run installs on the host, and the environments made from them."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.catalog import Catalog, CatalogEntry
from cibw.config.options import BuildOptions, FrontendName, PythonSource
from cibw.model.identifiers import Architecture, Implementation, Interpreter, Platform
from cibw.model.machines import HostFacts, HostSpec
from cibw.model.plan import Action, Fetch
from cibw.model.templates import BUILD_ENVIRONMENT, Placeholder, Template
from cibw.planning.actions import (
    BuildInputs,
    Conventions,
    PlatformSetup,
    assign,
    certificates,
    program,
    resource,
    unless_set,
    virtual_environment,
)
from cibw.planning.environment import constraints, frontend_tools, pip_of_virtualenv, seed

# Interpreters that a run installs on the host: with uv, or from archives in the catalog.

_NAMES = {Implementation.CPYTHON: "cpython", Implementation.PYPY: "pypy"}
_SYSTEMS_OF_MACS = {Architecture.X86_64: "macos-x86_64", Architecture.ARM64: "macos-aarch64"}
_UV_SYSTEMS = {Platform.LINUX: "linux", Platform.MACOS: "macos"}
_ENDINGS = (".tar.gz", ".tar.bz2", ".zip")
_PROCESSORS = {"AMD64": "x86_64", "arm64": "aarch64", "ARM64": "aarch64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedPython:
    """An interpreter, by its path or its uv name, and the actions that install it."""

    python: Template
    actions: tuple[Action, ...]

    @property
    def bin_dir(self) -> Template | None:
        """The directory of the interpreter; None if only uv knows it."""
        *parents, last = self.python.parts
        path = last.rpartition("/")[0] if isinstance(last, str) else ""
        return Template.of(*parents, path) if path else None


def wants_uv(options: BuildOptions, interpreter: Interpreter) -> bool:
    """Whether uv installs the interpreter; uv does not distinguish the release lines of GraalPy."""
    return options.python_source is PythonSource.UV and interpreter.implementation in _NAMES


def managed(interpreter: Interpreter, system: str) -> ManagedPython:
    """A Python that uv manages, for a system such as `macos-aarch64`."""
    variant = "+freethreaded" if interpreter.free_threaded else ""
    request = f"{_NAMES[interpreter.implementation]}-{interpreter.version}{variant}-{system}-none"
    return ManagedPython(python=Template.of(request), actions=(program("uv", "python", "install", request),))


def python_of_mac(entry: CatalogEntry, options: BuildOptions, processor: Architecture) -> ManagedPython:
    """The Python on a Mac: from uv, for one processor, if the options select it; otherwise the one of python.org.

    The latter runs on both processors, and only its installer can install it.
    """
    interpreter = entry.identifier.interpreter
    if wants_uv(options, interpreter):
        return managed(interpreter, _SYSTEMS_OF_MACS[processor])
    threads = "t" * interpreter.free_threaded
    framework = f"/Library/Frameworks/Python{threads.upper()}.framework/Versions/{entry.version}"
    python = Template.of(f"{framework}/bin/python{entry.version}{threads}")
    package = Template.of(Placeholder.CACHE, f"/downloads/{entry.url.rpartition('/')[2]}")
    fetch = Fetch(url=entry.url, sha256=entry.sha256, path=package, unless=python)
    install = program("sh", resource("macos_python.sh"), package, entry.version, python)
    return ManagedPython(python=python, actions=(fetch, install))


def unpacked(entry: CatalogEntry, python: str) -> ManagedPython:
    """The Python of an archive in the catalog; `python` is its path in the archive."""
    name = entry.url.rpartition("/")[2]
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return fetched(entry.url, entry.sha256, name, python)


def python_of_host(
    entry: CatalogEntry, options: BuildOptions, facts: HostFacts, catalog: Catalog
) -> ManagedPython | None:
    """A Python of the same version that runs on the host, for a cross build; None if there is none."""
    interpreter = entry.identifier.interpreter
    if wants_uv(options, interpreter):
        return managed(interpreter, f"{_UV_SYSTEMS.get(facts.platform, 'linux')}-{processor(facts)}")
    return standalone(entry.version, facts, catalog)


def standalone(version: str, facts: HostFacts, catalog: Catalog) -> ManagedPython | None:
    """A relocatable Python for the host; None if there is none for its processor.

    A host that cannot build, such as Windows, is treated as Linux, so that it can still make a plan.
    """
    system = "apple-darwin" if facts.platform is Platform.MACOS else "unknown-linux-gnu"
    download = catalog.standalone(version, f"{processor(facts)}-{system}")
    if download is None:
        return None
    name = download.address.rpartition("/")[2].removesuffix(".tar.gz").replace("%2B", "+")
    return fetched(download.address, download.sha256, name, "bin/python3")


def processor(facts: HostFacts) -> str:
    """The Linux name of the host's processor: `x86_64`, `aarch64`."""
    return _PROCESSORS.get(facts.machine, facts.machine)


def fetched(url: str, sha256: str, name: str, python: str) -> ManagedPython:
    """The Python of an archive, which is unpacked into a cached directory with this name."""
    place = kept_interpreter(name)
    action = Fetch(url=url, sha256=sha256, path=place, unpack=True)
    return ManagedPython(python=Template.of(place, f"/{python}"), actions=(action,))


def kept_interpreter(name: str) -> Template:
    """The cache path of an interpreter."""
    return Template.of(Placeholder.CACHE, f"/interpreters/{name}")


# Builds on the host, each in its own environment, with an interpreter that cibw installs.

_ISOLATING = (Platform.MACOS, Platform.WINDOWS)
"""Platforms where `build` creates the isolated environment; elsewhere cibw creates it."""
_FIRST_WITH_TRUSTSTORE = 10
"""The first minor version whose pip uses the system certificates."""


def managed_python(
    inputs: BuildInputs,
    provided: ManagedPython,
    repair_tools: tuple[str, ...],
    conventions: Conventions,
    *further: Action,
) -> PlatformSetup:
    """The common parts of these builds; `further` actions run before the environment is created."""
    identifier, resolved = inputs.identifier, inputs.resolved
    python = conventions.venv.python(BUILD_ENVIRONMENT)
    pins = constraints(resolved, identifier, inputs.catalog)
    lay_certificates, bundle = certificates()
    needs_certificates = pip_needs_certificates(identifier.interpreter)
    isolates_by_pip = identifier.platform in _ISOLATING and resolved.build_frontend.name is FrontendName.BUILD
    return PlatformSetup(
        machine=HostSpec(),
        base_python=provided.python,
        python=python,
        bin_dir=conventions.venv.bin_dir(BUILD_ENVIRONMENT),
        conventions=conventions,
        set_up=(
            *provided.actions,
            *further,
            virtual_environment(provided.python, BUILD_ENVIRONMENT),
            *((lay_certificates,) if needs_certificates else ()),
        ),
        tools=(
            seed(identifier.interpreter, python, pins),
            *frontend_tools(resolved, python, pins, *repair_tools, *(("virtualenv",) if isolates_by_pip else ())),
        ),
        environment=(
            assign("VIRTUAL_ENV", BUILD_ENVIRONMENT),
            *((unless_set("PIP_CERT", bundle),) if needs_certificates else ()),
            *(pip_of_virtualenv(pins, identifier) if isolates_by_pip else ()),
        ),
        keeps_environments=False,
        caches_compilers=False,
        shares_host=True,
        constraints=pins,
    )


def pip_needs_certificates(interpreter: Interpreter) -> bool:
    """Whether an interpreter's pip uses only its bundled certificates, which are outdated.

    Its pip does not support truststore, which uses the system certificates.
    """
    return interpreter.minor < _FIRST_WITH_TRUSTSTORE or interpreter.implementation is Implementation.GRAALPY
