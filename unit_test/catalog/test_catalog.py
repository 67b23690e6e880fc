from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from cibw.catalog import NODE_SYSTEMS, Catalog, CatalogEntry, load_catalog
from cibw.model.identifiers import ARCHITECTURES, Architecture, BuildIdentifier, Family, Platform
from cibw.model.machines import Download, Mirrors

CATALOG = load_catalog()
COUNTS = {
    Platform.LINUX: 156,
    Platform.MACOS: 38,
    Platform.WINDOWS: 33,
    Platform.PYODIDE: 4,
    Platform.ANDROID: 6,
    Platform.IOS: 9,
}
EVERY_ENTRY = [entry for platform in Platform for entry in CATALOG.interpreters(platform)]
TEXTS = {
    "interpreters-linux.toml": 'python_configurations = [{ identifier = "cp39-manylinux_x86_64", version = "3.9" }]',
    "interpreters-ios.toml": 'python_configurations = "odd"',
    "images.toml": '[x86_64]\na = "reg/a:1"\nb = "reg/b:1"\nodd = 1\n[x86_64.eol]\na = "reg/a:0"\n',
    "constraints.toml": '[python]\nnewest = ["pip==3", "build==3"]\n"3.9" = ["pip==1"]\n[pyodide]\n"3.13" = ["pip==2"]',
}


@pytest.mark.parametrize("platform", Platform)
def test_every_platform_has_its_identifiers(platform: Platform) -> None:
    entries = CATALOG.interpreters(platform)
    assert len(entries) == COUNTS[platform]
    assert len({entry.identifier for entry in entries}) == len(entries)
    assert {entry.identifier.platform for entry in entries} == {platform}


@pytest.mark.parametrize("entry", EVERY_ENTRY, ids=lambda entry: str(entry.identifier))
def test_every_entry_is_complete(entry: CatalogEntry) -> None:
    assert BuildIdentifier.parse(str(entry.identifier)) == entry.identifier
    version = entry.identifier.interpreter.version
    assert entry.version == version or entry.version.startswith(f"{version}.")
    match entry.identifier.platform:
        case Platform.LINUX:
            assert entry.path.startswith("/opt/python/")
        case Platform.MACOS | Platform.ANDROID | Platform.IOS:
            assert entry.url.startswith(("https://", "maven:"))
            assert len(entry.sha256) == 64
        case Platform.PYODIDE:
            assert entry.pyodide_version
            assert entry.node_version
        case Platform.WINDOWS:
            assert bool(entry.url) == bool(entry.sha256)


def test_every_address_that_is_none_has_a_meaning() -> None:
    mirrors = Mirrors(pseudo=CATALOG.pseudo_addresses())
    for entry in EVERY_ENTRY:
        assert not entry.url or mirrors.resolve(entry.url).startswith("https://")
    assert [beginning for beginning, _ in CATALOG.pseudo_addresses()] == ["maven:", "nuget:"]


def test_python_38_stands_there_for_each_target_of_linux_and_is_marked() -> None:
    ended = [entry for entry in EVERY_ENTRY if entry.eol]
    targets = {entry.identifier.target for entry in CATALOG.interpreters(Platform.LINUX)}
    assert {str(entry.identifier.interpreter) for entry in ended} == {"cp38"}
    assert {entry.identifier.target for entry in ended} == targets
    assert {entry.path for entry in ended} == {"/opt/python/cp38-cp38"}
    assert len(targets) == 14


def test_entries_come_in_the_order_of_the_data() -> None:
    first = [str(entry.identifier) for entry in CATALOG.interpreters(Platform.LINUX)[:3]]
    assert first == ["cp38-manylinux_x86_64", "cp39-manylinux_x86_64", "cp310-manylinux_x86_64"]


@pytest.mark.parametrize("architecture", ARCHITECTURES[Platform.LINUX])
def test_every_architecture_of_linux_has_pinned_images(architecture: Architecture) -> None:
    aliases = CATALOG.image_aliases(architecture)
    assert "musllinux_1_2" in aliases
    for alias in aliases:
        reference = CATALOG.image(alias, architecture)
        assert reference is not None
        assert f"{alias}_{architecture.value}@sha256:" in reference
        assert alias.startswith((Family.MANYLINUX.value, Family.MUSLLINUX.value))


@pytest.mark.parametrize("entry", EVERY_ENTRY, ids=lambda entry: str(entry.identifier))
def test_every_version_has_pins(entry: CatalogEntry) -> None:
    is_pyodide = entry.identifier.platform is Platform.PYODIDE
    text = CATALOG.constraints(entry.identifier.interpreter.version, pyodide=is_pyodide)
    names = {line.partition("==")[0] for line in text.splitlines()}
    assert {"pip", "build", "virtualenv"} <= names
    assert ("pyodide-build" in names) is is_pyodide


@pytest.mark.parametrize("system", ["unknown-linux-gnu", "apple-darwin"])
@pytest.mark.parametrize("processor", ["x86_64", "aarch64"])
@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14", "3.15"])
def test_cross_builds_find_a_python_for_their_host(version: str, processor: str, system: str) -> None:
    found = CATALOG.standalone(version, f"{processor}-{system}")
    assert found is not None
    assert f"/cpython-{version}." in found.address
    assert found.address.endswith(f"-{processor}-{system}-install_only.tar.gz")
    assert len(found.sha256) == 64


def test_where_there_is_no_standalone_python() -> None:
    assert CATALOG.standalone("3.12", "s390x-unknown-linux-gnu") is None
    assert CATALOG.standalone("2.7", "x86_64-unknown-linux-gnu") is None
    catalog = Catalog({"standalone.toml": '["3.1"]\na = { url = "u", sha256 = "s" }'}.__getitem__)
    assert catalog.standalone("3.1", "a") == Download(address="u", sha256="s")


@pytest.mark.parametrize("entry", CATALOG.interpreters(Platform.PYODIDE), ids=lambda entry: str(entry.identifier))
def test_every_line_of_node_has_an_address(entry: CatalogEntry) -> None:
    for system in NODE_SYSTEMS:
        address = CATALOG.node(entry.node_version, system).address
        assert f"/node-{entry.node_version}." in address
        assert address.endswith(f"-{system}.tar.xz")


def test_a_file_is_read_once_and_only_when_needed() -> None:
    asked: list[str] = []

    def read(name: str) -> str:
        asked.append(name)
        return TEXTS[name]

    catalog = Catalog(read)
    assert asked == []
    assert catalog.interpreters(Platform.LINUX) == catalog.interpreters(Platform.LINUX)
    assert catalog.constraints("3.9") == catalog.constraints("3.9") == "pip==1\n"
    assert asked == ["interpreters-linux.toml", "constraints.toml"]


def test_what_is_not_there_is_empty() -> None:
    catalog = Catalog(TEXTS.__getitem__)
    assert catalog.interpreters(Platform.IOS) == ()
    assert catalog.image("odd", Architecture.X86_64) is None
    assert catalog.image("eol", Architecture.X86_64) is None
    assert catalog.image("a", Architecture.S390X) is None
    assert catalog.image_aliases(Architecture.S390X) == ()


def test_ended_pythons_have_the_last_images_that_hold_them() -> None:
    catalog = Catalog(TEXTS.__getitem__)
    assert catalog.image_aliases(Architecture.X86_64) == ("a", "b")
    assert [catalog.image(alias, Architecture.X86_64) for alias in "ab"] == ["reg/a:1", "reg/b:1"]
    assert [catalog.image(alias, Architecture.X86_64, eol=True) for alias in "ab"] == [
        "reg/a:0",
        "reg/b:1",
    ]


def test_a_version_without_pins_gets_those_of_the_newest() -> None:
    catalog = Catalog(TEXTS.__getitem__)
    assert catalog.constraints("3.99") == "pip==3\nbuild==3\n"
    assert catalog.constraints("3.13", pyodide=True) == "pip==2\n"
    assert catalog.constraints("3.9", pyodide=True) == "pip==1\n"


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15", "3.99"])
def test_pins_do_not_contradict_each_other(version: str) -> None:
    """A package that is pinned more than once has markers that tell the pins apart."""
    requirements = [Requirement(pin) for pin in load_catalog().constraints(version).splitlines()]
    for implementation in ("cpython", "pypy", "graalpy"):
        for system in ("Linux", "Darwin", "Windows"):
            values = {"implementation_name": implementation, "platform_system": system}
            counted = [one.name for one in requirements if not one.marker or one.marker.evaluate(values)]
            assert len(counted) == len(set(counted))
            assert {"pip", "build"} <= set(counted)
