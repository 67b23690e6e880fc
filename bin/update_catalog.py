#!/usr/bin/env python3
"""Write the data of cibw's catalog from a release of cibuildwheel.

python bin/update_catalog.py                  # the newest release
python bin/update_catalog.py --release 4.3.5
python bin/update_catalog.py --hashes         # also hashes of NuGet's packages and of Node.js that are not known
python bin/update_catalog.py --wheel cibuildwheel-4.3.5-py3-none-any.whl --eol-wheel cibuildwheel-3.4.1-py3-none-any.whl
"""

from __future__ import annotations

import argparse
import configparser
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from node_hashes import NodeHasher
from nuget_hashes import Hasher, hash_lines, releases

from cibw.catalog import Catalog, load_catalog
from cibw.execution.fetch.download import DownloadSettings
from cibw.execution.fetch.http import HttpTransport, trusted
from cibw.model.identifiers import Platform
from cibw.model.machines import Mirrors

DATA = Path(__file__).resolve().parent.parent / "cibw" / "catalog" / "data"
PLATFORMS = ("linux", "macos", "windows", "pyodide", "android", "ios")
MAVEN = r"^https://[^/]+/maven2/"
"""The address of a Maven repository; which one to ask is a setting of its user."""
NUGET = "https://www.nuget.org/api/v2/package/"
"""Followed by a name, a slash and a version: a package as a zip archive."""
EOL_TAG = "cp38"
"""CPython 3.8 is built where a user names it, though cibuildwheel has dropped it."""
EOL_VERSION = "3.8"
EOL_REQUIREMENT = "cibuildwheel<4"
"""The releases that still knew the Python of EOL_TAG."""
STANDALONE = re.compile(
    r"cpython-(3\.\d+)\..*-((?:x86_64|aarch64)-(?:apple-darwin|unknown-linux-gnu))-install_only\.tar\.gz"
)
"""Pythons of python-build-standalone for the computers that cross builds run on: version and triple."""

Row = Mapping[str, object]


class Cibuildwheel:
    """The resources in a wheel of cibuildwheel."""

    def __init__(self, wheel: Path) -> None:
        self.release = wheel.name.split("-")[1]
        with ZipFile(wheel) as archive:
            prefix = "cibuildwheel/resources/"
            self.texts = {
                name.removeprefix(prefix): archive.read(name).decode("utf-8")
                for name in archive.namelist()
                if name.startswith(prefix) and name.endswith((".toml", ".cfg", ".txt", ".json"))
            }

    def rows(self, platform: str) -> list[Row]:
        """The interpreters of a platform, in order."""
        table = tomllib.loads(self.texts["build-platforms.toml"])
        return list(table[platform]["python_configurations"])

    def pins(self, name: str) -> list[str]:
        """The pinned versions of a constraints file, with the markers that tell them apart."""
        return [line.split(" #")[0].strip() for line in self.texts[name].splitlines() if re.match(r"\w[^ ]*==", line)]


def main() -> int:
    """Get the wheels, then write every file of the catalog; 1 where a hash can't be had."""
    arguments = _arguments()
    with TemporaryDirectory() as directory:
        requirement = f"cibuildwheel=={arguments.release}" if arguments.release else "cibuildwheel"
        newest = Cibuildwheel(arguments.wheel or _download(requirement, Path(directory, "newest")))
        eol = Cibuildwheel(arguments.eol_wheel or _download(EOL_REQUIREMENT, Path(directory, "eol")))
    DATA.mkdir(exist_ok=True)
    for platform in PLATFORMS:
        rows = newest.rows(platform)
        _write(f"interpreters-{platform}.toml", newest, _interpreters(_with_eol(rows, eol.rows(platform), platform)))
    _write("addresses.toml", newest, _addresses(row for platform in PLATFORMS for row in newest.rows(platform)))
    _write("standalone.toml", newest, _standalone(newest.texts["python-build-standalone-releases.json"]))
    _write("node.toml", newest, _node(newest.texts["nodejs.toml"]))
    _write("images.toml", newest, _images(newest, eol))
    _write("constraints.toml", newest, _constraints(newest, eol))
    return _write_hashes(newest, fetches=arguments.hashes)


class Arguments(argparse.Namespace):
    """What the command line says."""

    release: str
    wheel: Path | None
    eol_wheel: Path | None
    hashes: bool


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", default="", help="release of cibuildwheel; default: the newest")
    parser.add_argument("--wheel", type=Path, help="a wheel of cibuildwheel, instead of a download")
    parser.add_argument("--eol-wheel", type=Path, help=f"a wheel of {EOL_REQUIREMENT}, instead of a download")
    parser.add_argument("--hashes", action="store_true", help="ask for hashes that are not known")
    return parser.parse_args(namespace=Arguments())


def _download(requirement: str, directory: Path) -> Path:
    # A wheel for any Python: the one that runs this script may be too old for the newest release.
    options = ["--no-deps", "--only-binary=:all:", "--python-version=3.14", "--quiet", f"--dest={directory}"]
    subprocess.run([sys.executable, "-m", "pip", "download", *options, requirement], check=True)
    return next(directory.glob("cibuildwheel-*.whl"))


def _with_eol(rows: Iterable[Row], eol_rows: Iterable[Row], platform: str) -> Iterator[Row]:
    old = {_target(row): row for row in eol_rows if str(row["identifier"]).startswith(f"{EOL_TAG}-")}
    for row in rows:
        eol = old.pop(_target(row), None) if platform == "linux" else None
        if eol is not None:
            yield {**eol, "eol": True}
        yield row


def _target(row: Row) -> str:
    return str(row["identifier"]).partition("-")[2]


def _interpreters(rows: Iterable[Row]) -> Iterator[str]:
    yield "python_configurations = ["
    for row in rows:
        pairs = ", ".join(f"{key} = {json.dumps(_without_registry(value))}" for key, value in row.items())
        yield f"  {{ {pairs} }},"
    yield "]"


def _without_registry(value: object) -> object:
    return re.sub(MAVEN, "maven:", value) if isinstance(value, str) else value


def _addresses(rows: Iterable[Row]) -> Iterator[str]:
    """What `maven:` and `nuget:` stand for, where a user has not set another repository."""
    found = {match[0] for row in rows if (match := re.match(MAVEN, str(row.get("url", ""))))}
    yield from (f'"maven:" = {json.dumps(address)}' for address in sorted(found))
    yield f'"nuget:" = {json.dumps(NUGET)}'


def _standalone(text: str) -> Iterator[str]:
    """Of each version and triple the first one, which is of the newest release."""
    assets = [asset for release in json.loads(text)["releases"] for asset in release["assets"]]
    found: dict[str, dict[str, Row]] = {}
    for asset in assets:
        if match := STANDALONE.fullmatch(asset["name"]):
            found.setdefault(match[1], {}).setdefault(match[2], asset)
    for version, triples in found.items():
        yield f"\n[{json.dumps(version)}]"
        for triple, asset in triples.items():
            yield f"{triple} = {{ url = {json.dumps(asset['url'])}, sha256 = {json.dumps(asset['sha256'])} }}"


def _node(text: str) -> Iterator[str]:
    """The address of each line of Node.js, without the system and the ending."""
    table = tomllib.loads(text)
    base = table.pop("url")
    yield from (f"{line} = {json.dumps(f'{base}{version}/node-{version}')}" for line, version in table.items())


def _images(newest: Cibuildwheel, eol: Cibuildwheel) -> Iterator[str]:
    old = _image_table(eol)
    for section, images in _image_table(newest).items():
        yield f"\n[{section}]"
        yield from (f"{alias} = {json.dumps(reference)}" for alias, reference in images.items())
        yield f"\n[{section}.eol]"
        yield f"# The last that have Python {EOL_VERSION}, from cibuildwheel {eol.release}."
        yield from (f"{alias} = {json.dumps(reference)}" for alias, reference in old.get(section, {}).items())


def _image_table(cibuildwheel: Cibuildwheel) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(inline_comment_prefixes="#")
    parser.read_string(cibuildwheel.texts["pinned_docker_images.cfg"])
    # cibuildwheel lists the same images for PyPy once more.
    return {name: dict(parser[name]) for name in parser.sections() if not name.startswith("pypy_")}


def _constraints(newest: Cibuildwheel, eol: Cibuildwheel) -> Iterator[str]:
    yield "[python]"
    yield from _pins("newest", newest.pins("constraints.txt"))
    yield from _pins(EOL_VERSION, eol.pins(f"constraints-python{EOL_VERSION.replace('.', '')}.txt"))
    yield from _pins_of(newest, "python")
    yield "\n[pyodide]"
    yield from _pins_of(newest, "pyodide")


def _pins_of(cibuildwheel: Cibuildwheel, kind: str) -> Iterator[str]:
    found = [
        (int(match[1]), name)
        for name in cibuildwheel.texts
        if (match := re.fullmatch(rf"constraints-{kind}3(\d+).txt", name))
    ]
    for minor, name in sorted(found):
        yield from _pins(f"3.{minor}", cibuildwheel.pins(name))


def _pins(key: str, pins: Iterable[str]) -> Iterator[str]:
    yield f"{json.dumps(key)} = ["
    yield from (f"  {json.dumps(pin)}," for pin in pins)
    yield "]"


def _write_hashes(newest: Cibuildwheel, *, fetches: bool) -> int:
    catalog = load_catalog()
    with TemporaryDirectory() as directory:
        fetching = _fetching(catalog, Path(directory)) if fetches else None
        packages = Hasher(known=tomllib.loads(_text("nuget.toml")), fetching=fetching)
        wanted = releases(catalog.interpreters(Platform.WINDOWS))
        _write("nuget.toml", newest, list(hash_lines(wanted, packages)))
        archives = NodeHasher(known=tomllib.loads(_text("node-hashes.toml")), fetching=fetching)
        _write("node-hashes.toml", newest, list(archives.lines(tomllib.loads(_text("node.toml")).values())))
    faults = packages.faults + archives.faults
    for fault in faults:
        print(f"no hash of {fault}", file=sys.stderr)
    return 1 if faults else 0


def _text(name: str) -> str:
    path = DATA / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _fetching(catalog: Catalog, cache: Path) -> DownloadSettings:
    mirrors = Mirrors(pseudo=catalog.pseudo_addresses())
    return DownloadSettings(
        transport=HttpTransport(context=trusted(os.environ)), cache=cache, mirrors=mirrors, attempts=3, first_wait=1
    )


def _write(name: str, cibuildwheel: Cibuildwheel, lines: Iterable[str]) -> None:
    header = f"# Written by bin/update_catalog.py from cibuildwheel {cibuildwheel.release}; do not edit.\n"
    path = DATA / name
    text = "\n".join((header, *lines)).replace("\n\n\n", "\n\n") + "\n"
    changed = not path.exists() or path.read_text(encoding="utf-8") != text
    path.write_text(text, encoding="utf-8")
    print(f"{'wrote' if changed else 'same '} {path.name}")


if __name__ == "__main__":
    sys.exit(main())
