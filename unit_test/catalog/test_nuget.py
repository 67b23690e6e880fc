"""The packages with CPython for Windows, and the hashes that prove them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from nuget_hashes import Hasher, Release, hash_lines, releases

from cibw.catalog import Catalog, load_catalog, nuget_package
from cibw.execution.fetch.download import DownloadSettings
from cibw.model.identifiers import Architecture, Interpreter, Platform
from cibw.model.machines import Mirrors
from tests.doubles.fetch import RecordingTransport, Scripted

CATALOG = load_catalog()
PYTHON, OTHER = Release("python", "3.12.10"), Release("pythonarm64-freethreaded", "3.14.1")
ADDRESS = "https://packages.example/api/"
HASH = "ab" * 32
FETCHED = hashlib.sha256(b"package").hexdigest()


def fetching_in(cache: Path, *answers: Scripted) -> tuple[DownloadSettings, RecordingTransport]:
    transport = RecordingTransport(answers)
    mirrors = Mirrors(pseudo=(("nuget:", ADDRESS),))
    return DownloadSettings(transport=transport, cache=cache, mirrors=mirrors, attempts=1), transport


@pytest.mark.parametrize(
    ("tag", "architecture", "expected"),
    [
        ("cp312", Architecture.WIN_AMD64, "python"),
        ("cp312", Architecture.WIN_X86, "pythonx86"),
        ("cp314t", Architecture.WIN_ARM64, "pythonarm64-freethreaded"),
    ],
)
def test_the_names_of_packages(tag: str, architecture: Architecture, expected: str) -> None:
    assert nuget_package(Interpreter.parse(tag), architecture) == expected


def test_every_build_on_windows_finds_its_packages_among_the_releases() -> None:
    found = releases(CATALOG.interpreters(Platform.WINDOWS))
    assert len(found) == len(set(found))
    assert Release("pythonarm64", "3.9.10") in found
    assert Release("python", "3.9.10") in found, "a build for ARM64 runs the Python of the host"
    assert not [one for one in found if "pypy" in one.package]


def test_known_hashes_stay_and_the_others_are_fetched(tmp_path: Path) -> None:
    fetching, transport = fetching_in(tmp_path, Scripted(pieces=(b"package",)))
    hasher = Hasher(known={"python": {"3.12.10": HASH, "3.11.9": "cd" * 32}}, fetching=fetching)
    assert list(hash_lines([PYTHON, OTHER], hasher)) == [
        "\n[python]",
        f'"3.12.10" = "{HASH}"',
        "\n[pythonarm64-freethreaded]",
        f'"3.14.1" = "{FETCHED}"',
    ]
    assert transport.asked == [f"{ADDRESS}pythonarm64-freethreaded/3.14.1"]
    assert not hasher.faults


def test_without_the_network_known_hashes_are_all() -> None:
    assert list(hash_lines([PYTHON, OTHER], Hasher(known={}))) == []


def test_a_package_that_is_not_there_is_told_and_left_out(tmp_path: Path) -> None:
    fetching, _ = fetching_in(tmp_path, Scripted(status=404), Scripted(pieces=(b"x",)))
    hasher = Hasher(known={}, fetching=fetching)
    assert "[pythonarm64-freethreaded]" in "\n".join(hash_lines([PYTHON, OTHER], hasher))
    assert len(hasher.faults) == 1
    assert hasher.faults[0].startswith("python 3.12.10: ")


def test_the_catalog_tells_a_hash_where_one_is_noted() -> None:
    text = "\n".join(hash_lines([PYTHON], Hasher(known={"python": {"3.12.10": HASH}})))
    catalog = Catalog({"nuget.toml": text}.__getitem__)
    assert catalog.nuget_hash("python", "3.12.10") == HASH
    assert catalog.nuget_hash("python", "3.12.11") == ""
    assert catalog.nuget_hash("pythonx86", "3.12.10") == ""
