"""Pyodide: wheels for WebAssembly, built with pyodide-build and Emscripten on Linux or macOS, tested on Node.js."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cibw.catalog import Catalog, CatalogEntry
from cibw.errors import Mistake
from cibw.model.identifiers import NotBuilt, Platform
from cibw.model.machines import HostFacts
from cibw.model.plan import Action, Fetch
from cibw.model.templates import (
    BUILD_ENVIRONMENT,
    POSIX_VENV,
    TEST_ENVIRONMENT,
    WORK,
    EnvExpr,
    Placeholder,
    Substitution,
    Template,
    Variable,
)
from cibw.planning.actions import (
    BuildInputs,
    Conventions,
    PlatformSetup,
    RefusedBuild,
    assign,
    prepend_path,
    program,
    resource,
    shell,
)
from cibw.planning.interpreters import kept_interpreter, managed_python, processor, python_of_host

_RELEASES = "https://github.com/pyodide/pyodide/releases/download"
_PYTHONS = {"0.25": "3.11", "0.26": "3.12", "0.27": "3.12", "0.28": "3.13", "0.29": "3.13"}
"""The Python of older release lines; newer ones are numbered after Python: 314 is for Python 3.14."""
_FIRST_NUMBERED = 314
_NODE_PROCESSORS = {"x86_64": "x64", "aarch64": "arm64"}
_MOUNTS = "_PYODIDE_EXTRA_MOUNTS"
_MOUNTS_SO_FAR = Substitution(f'printf %s "${{{_MOUNTS}:+${_MOUNTS}:}}"')


def platform_setup(inputs: BuildInputs) -> PlatformSetup | NotBuilt | RefusedBuild:
    """A build with pyodide-build and a Python of the host; Refused if Pyodide is for another Python."""
    entry = inputs.entry
    provided = python_of_host(entry, inputs.resolved, inputs.facts, inputs.catalog)
    if provided is None:
        reason = f"no Python is available for builds on {inputs.facts.machine}"
        return NotBuilt(identifier=inputs.identifier, reason=reason)
    version = inputs.resolved.pyodide_version or entry.pyodide_version
    if python_of(version) not in ("", entry.version):
        return _refused(version, inputs)
    common = managed_python(inputs, provided, ("pyodide-build",), Conventions())
    cross = _CrossEnvironment(version=version, place=_kept(version, common.constraints))
    node = _node(entry, inputs.facts, inputs.catalog)
    venv = Template.of("pyodide venv '", TEST_ENVIRONMENT, "'")
    return replace(
        common,
        tools=(*common.tools, *_cross_environment(cross, entry, common.python)),
        environment=(*common.environment, *_environment(cross)),
        # Keeps the user's mounts; needed for releases that do not mount /tmp by default.
        last_environment=(assign(_MOUNTS, _MOUNTS_SO_FAR, WORK),),
        make_test_environment=(node.fetch, shell(venv, path_entry=node.bin_dir)),
        test_pip=Template.of(POSIX_VENV.bin_dir(TEST_ENVIRONMENT), "/pip"),
        test_environment=(prepend_path(node.bin_dir), *_certificates(entry.version)),
    )


def _refused(version: str, inputs: BuildInputs) -> RefusedBuild:
    """Refuse a Pyodide version for another Python; unknown versions are checked during the run."""
    entry = inputs.entry
    mistake = Mistake(
        place=inputs.options.origin("pyodide-version", inputs.identifier),
        message=f"Pyodide {version} is for Python {python_of(version)}, but {inputs.identifier} needs {entry.version}",
        hint=f"the default is {entry.pyodide_version}; to use another version for some builds, set it in an override",
    )
    return RefusedBuild((mistake,))


def python_of(version: str) -> str:
    """The Python version of a Pyodide version, such as `3.13` for `0.29.5`; empty if unknown."""
    line, _, rest = version.partition(".")
    if re.fullmatch("[0-9]{1,9}", line) and int(line) >= _FIRST_NUMBERED:
        return f"3.{int(line) - 300}"
    return _PYTHONS.get(f"{line}.{rest.partition('.')[0]}", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _CrossEnvironment:
    """The cross-build environment of a version, in a cached directory that contains Emscripten."""

    version: str
    place: Template

    @property
    def root(self) -> Template:
        return Template.of(self.place, f"/{self.version}/xbuildenv/pyodide-root")

    @property
    def complete(self) -> Template:
        """The file that the script writes when the environment is complete."""
        return Template.of(self.place, "/.complete")

    @property
    def emscripten(self) -> Template:
        return Template.of(self.place, f"/{self.version}/emsdk/upstream/emscripten")


def _kept(version: str, pins: str) -> Template:
    # The name includes the tool versions, because another pyodide-build may expect other files.
    return Template.of(Placeholder.CACHE, f"/pyodide/{version}-{hashlib.sha256(pins.encode()).hexdigest()[:12]}")


def _cross_environment(cross: _CrossEnvironment, entry: CatalogEntry, python: Template) -> Iterator[Action]:
    """Check the version against the list of releases, download the archive, and install it with Emscripten."""
    name = f"xbuildenv-{cross.version}.tar.bz2"
    archive = Fetch(
        url=f"{_RELEASES}/{cross.version}/{name}",
        sha256=entry.sha256 if cross.version == entry.pyodide_version else "",
        path=Template.of(Placeholder.CACHE, f"/downloads/{name}"),
        unless=cross.complete,
    )
    start = (python, resource("pyodide_xbuildenv.py"))
    yield program(*start, "choose", cross.place, cross.version, entry.version)
    yield archive
    yield program(*start, "lay", cross.place, cross.version, entry.version, archive.path, archive.sha256)


def _environment(cross: _CrossEnvironment) -> Iterator[EnvExpr]:
    yield prepend_path(cross.emscripten)
    yield assign("PYODIDE_ROOT", cross.root)
    # virtualenv would look for a newer pip than its bundled one.
    yield assign("VIRTUALENV_NO_PERIODIC_UPDATE", "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    fetch: Fetch
    bin_dir: Template


def _node(entry: CatalogEntry, facts: HostFacts, catalog: Catalog) -> _Node:
    system = "darwin" if facts.platform is Platform.MACOS else "linux"
    archive = catalog.node(entry.node_version, f"{system}-{_NODE_PROCESSORS[processor(facts)]}")
    place = kept_interpreter(archive.address.rpartition("/")[2].removesuffix(".tar.xz"))
    fetch = Fetch(url=archive.address, sha256=archive.sha256, path=place, unpack=True)
    return _Node(fetch=fetch, bin_dir=Template.of(place, "/bin"))


def _certificates(version: str) -> Iterator[EnvExpr]:
    # pip runs as if on Emscripten, and does not use the host's certificate store.
    bundle = Template.of(BUILD_ENVIRONMENT, f"/lib/python{version}/site-packages/certifi/cacert.pem")
    for name in ("SSL_CERT_FILE", "PIP_CERT"):
        yield assign(name, Variable(name, bundle.parts, or_empty=False))
