from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.model.identifiers import BuildIdentifier
from cibw.model.manifest import ARTIFACT_GLOB, SDIST_ARTIFACT, Manifest, ManifestFile, artifact_name, kept, merged
from unit_test.strategies import identifiers


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("ubuntu-24.04-arm", "cibw-wheels-ubuntu-24.04-arm"),
        ("linux: x86_64/i686", "cibw-wheels-linux-x86_64-i686"),
        ("cp3*-win32?", "cibw-wheels-cp3--win32"),
        ("../a", "cibw-wheels-a"),
        (None, "cibw-sdist"),
    ],
)
def test_names(group: str | None, name: str) -> None:
    assert artifact_name(group) == name
    assert fnmatchcase(name, ARTIFACT_GLOB)


@given(identifiers)
def test_an_identifier_stays_whole(identifier: BuildIdentifier) -> None:
    assert artifact_name(identifier) == f"cibw-wheels-{identifier}"


@given(st.text())
def test_no_name_has_what_a_store_refuses(group: str) -> None:
    try:
        name = artifact_name(group)
    except ValueError:
        return
    assert re.fullmatch(r"cibw-wheels-[^\s\":<>|*?\\/]+", name)
    assert name != SDIST_ARTIFACT


@pytest.mark.parametrize("group", ["", "///", " . "])
def test_a_group_needs_a_name(group: str) -> None:
    with pytest.raises(ValueError, match="no characters that are valid"):
        artifact_name(group)


CP312 = BuildIdentifier.parse("cp312-manylinux_x86_64")
CP313 = BuildIdentifier.parse("cp313-manylinux_x86_64")


def test_files_and_identifiers_come_once_and_the_later_entry_counts() -> None:
    old = ManifestFile(filename="b.whl", size=1, sha256="a", identifiers=(CP312,))
    new = ManifestFile(filename="b.whl", size=2, sha256="b", identifiers=(CP312,))
    other = ManifestFile(filename="a.tar.gz", size=3, sha256="c")
    first = Manifest(files=(old,), expected=(CP312, CP313))
    both = merged((first, Manifest(files=(new, other), expected=(CP313,))))
    assert both == Manifest(files=(other, new), expected=(CP312, CP313))
    assert both.file("b.whl") == new
    assert both.file("c.whl") is None


def test_entries_about_the_same_bytes_are_joined() -> None:
    one = ManifestFile(filename="b.whl", size=1, sha256="a", identifiers=(CP312,), plan_key="k", source="s")
    two = ManifestFile(filename="b.whl", size=1, sha256="a", identifiers=(CP313, CP312))
    both = ManifestFile(filename="b.whl", size=1, sha256="a", identifiers=(CP312, CP313), plan_key="k", source="s")
    assert merged((Manifest(files=(one,)), Manifest(files=(two,)))).files == (both,)


def test_what_is_gone_or_has_another_size_falls_away() -> None:
    entries = tuple(ManifestFile(filename=name, size=2, sha256="a") for name in ("a.whl", "b.whl", "c.whl"))
    manifest = Manifest(files=entries, expected=(CP312,))
    assert kept(manifest, {"a.whl": 2, "b.whl": 3}) == Manifest(files=entries[:1], expected=(CP312,))
