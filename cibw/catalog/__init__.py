"""Reads the catalog's data, which `bin/update_catalog.py` writes."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cibw.model.identifiers import Architecture, BuildIdentifier, Interpreter, Platform
from cibw.model.machines import Download, Replacements

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pragma: no cover


NODE_SYSTEMS = ("linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64")
"""The computers that a Pyodide wheel may be tested on, as Node.js names them."""
_NUGET_PACKAGES = {
    Architecture.WIN_AMD64: "python",
    Architecture.WIN_X86: "pythonx86",
    Architecture.WIN_ARM64: "pythonarm64",
}


def node_archive(beginning: str, system: str) -> str:
    """Return the address of the Node.js archive for a system.

    `beginning` is the common prefix of a release's addresses.
    """
    return f"{beginning}-{system}.tar.xz"


def nuget_package(interpreter: Interpreter, architecture: Architecture) -> str:
    """Return the name of the NuGet package with CPython for a Windows architecture.

    Raise KeyError for other architectures.
    """
    return f"{_NUGET_PACKAGES[architecture]}{'-freethreaded' * interpreter.free_threaded}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogEntry:
    """A build identifier and the source of its interpreter. Fields that the platform does not need are empty.

    `version` is `3.12`, or `3.12.10` on Windows. `path` is the interpreter's directory in a Linux image. `url` may
    begin with `maven:`, one of the catalog's `pseudo_addresses`. With `eol` the version has reached its end of life
    and is built only if the user selects it explicitly.
    """

    identifier: BuildIdentifier
    version: str
    path: str = ""
    url: str = ""
    sha256: str = ""
    pyodide_version: str = ""
    node_version: str = ""
    eol: bool = False


class Catalog:
    """The facts of the catalog. Each file is read on first use.

    `read` returns the text of a data file by its name.
    """

    def __init__(self, read: Callable[[str], str]) -> None:
        self._read = read
        self._tables: dict[str, Mapping[str, object]] = {}
        self._entries: dict[Platform, tuple[CatalogEntry, ...]] = {}

    def interpreters(self, platform: Platform) -> tuple[CatalogEntry, ...]:
        """Return the entries of a platform, in build order."""
        if platform not in self._entries:
            rows = self._table(f"interpreters-{platform.value}.toml").get("python_configurations")
            self._entries[platform] = tuple(_entry(_mapping(row)) for row in _sequence(rows))
        return self._entries[platform]

    def image(self, alias: str, architecture: Architecture, *, eol: bool = False) -> str | None:
        """Return the pinned reference of an image alias such as `manylinux_2_28`, or None if there is none.

        With `eol`, return the last image that has the Pythons past their end of life.
        """
        images = self._images(architecture)
        found = {**images, **_mapping(images.get("eol"))} if eol else images
        reference = found.get(alias)
        return reference if isinstance(reference, str) else None

    def image_aliases(self, architecture: Architecture) -> tuple[str, ...]:
        """Return the image aliases of an architecture."""
        return tuple(alias for alias, reference in self._images(architecture).items() if isinstance(reference, str))

    def constraints(self, version: str, *, pyodide: bool = False) -> str:
        """Return the pins of the build tools for a Python version (`3.12`), as the text of a constraints file.

        A version without its own pins gets those of the newest Python.
        """
        table = self._table("constraints.toml")
        pins = _mapping(table.get("pyodide")).get(version) if pyodide else None
        python = _mapping(table.get("python"))
        found = pins or python.get(version) or python.get("newest")
        return "".join(f"{pin}\n" for pin in _sequence(found))

    def standalone(self, version: str, triple: str) -> Download | None:
        """Return the relocatable Python of a version (`3.12`) for a computer (`x86_64-unknown-linux-gnu`), or None.

        The archives are those of python-build-standalone.
        """
        row = _mapping(_mapping(self._table("standalone.toml").get(version)).get(triple))
        return Download(address=str(row["url"]), sha256=str(row["sha256"])) if row else None

    def node(self, line: str, system: str) -> Download:
        """Return the Node.js of a line (`v22`) for a system (`linux-x64`). Its hash is empty if the catalog has none.

        Raises KeyError if the catalog does not have the line.
        """
        address = node_archive(str(self._table("node.toml")[line]), system)
        sha256 = self._table("node-hashes.toml").get(address.rpartition("/")[2], "")
        return Download(address=address, sha256=str(sha256))

    def nuget_hash(self, package: str, version: str) -> str:
        """Return the SHA-256 of a version of a NuGet package, or an empty string if the catalog has none."""
        return str(_mapping(self._table("nuget.toml").get(package)).get(version, ""))

    def pseudo_addresses(self) -> Replacements:
        """Return the real addresses for address prefixes of the catalog such as `maven:`."""
        return tuple((beginning, str(address)) for beginning, address in self._table("addresses.toml").items())

    def _images(self, architecture: Architecture) -> Mapping[str, object]:
        return _mapping(self._table("images.toml").get(architecture.value))

    def _table(self, name: str) -> Mapping[str, object]:
        if name not in self._tables:
            self._tables[name] = tomllib.loads(self._read(name))
        return self._tables[name]


def load_catalog() -> Catalog:
    """Return the catalog included in cibw. Keep the result, because each catalog reads its files again."""
    return Catalog(_read)


def _read(name: str) -> str:
    # importlib.resources does the same, but imports zipfile and tempfile.
    data = pkgutil.get_data("cibw.catalog", f"data/{name}")
    if data is None:  # pragma: no cover
        raise FileNotFoundError(name)
    return data.decode()


def _entry(row: Mapping[str, object]) -> CatalogEntry:
    def text(key: str) -> str:
        return str(row.get(key, ""))

    return CatalogEntry(
        identifier=BuildIdentifier.parse(text("identifier")),
        version=text("version"),
        path=text("path_str"),
        url=text("url"),
        sha256=text("sha256"),
        pyodide_version=text("default_pyodide_version"),
        node_version=text("node_version"),
        eol=bool(row.get("eol", False)),
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _sequence(value: object) -> list[object]:
    return value if isinstance(value, list) else []
