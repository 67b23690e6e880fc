from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.model.identifiers import BuildIdentifier
from cibw.model.manifest import CollectedFile, Folder, Manifest, ManifestFile, stops
from cibw.release.collect import collection_findings, plan_collection

CP311, CP312 = (BuildIdentifier.parse(f"cp3{minor}-manylinux_x86_64") for minor in (11, 12))
WHEEL = "demo-1.0-cp311-abi3-manylinux_2_17_x86_64.whl"
SDIST = "demo-1.0.tar.gz"
EMPTY = Folder(name="dist")


def file(name: str, content: str, folder: str) -> CollectedFile:
    return CollectedFile(filename=name, size=len(content), sha256=content, folder=folder)


def folder(name: str, manifest: Manifest | None = None, *, wheel: str = "", sdist: str = "", proof: str = "") -> Folder:
    contents = {WHEEL: wheel, SDIST: sdist, f"{WHEEL}.publish.attestation": proof}
    files = tuple(file(filename, content, name) for filename, content in contents.items() if content)
    return Folder(name=name, files=files, manifest=manifest)


def entry(name: str, content: str, *identifiers: BuildIdentifier) -> ManifestFile:
    return ManifestFile(filename=name, size=len(content), sha256=content, identifiers=identifiers)


def test_files_of_several_folders_come_together() -> None:
    first, second = folder("a", wheel="x", proof="p"), folder("b", sdist="y")
    collection = plan_collection((first, second), EMPTY)
    assert collection.copies == (*first.files, *second.files)
    assert [one.filename for one in collection.manifest.files] == [WHEEL, SDIST]
    assert collection_findings((first, second), EMPTY) == ()


def test_the_same_bytes_are_one_file() -> None:
    first, second = folder("a", wheel="x"), folder("b", wheel="x")
    collection = plan_collection((first, second), EMPTY)
    assert collection.copies == first.files
    assert collection.repeated == second.files
    assert collection_findings((first, second), EMPTY) == ()


@pytest.mark.parametrize(
    ("one", "other", "advice"),
    [
        (folder("a", wheel="x"), folder("b", wheel="y"), "--only"),
        (folder("a", sdist="x"), folder("b", sdist="y"), "`cibw sdist`"),
        (folder("a", proof="x"), folder("b", proof="y"), "attested"),
    ],
)
def test_other_bytes_name_both_places_and_say_why(one: Folder, other: Folder, advice: str) -> None:
    clash = collection_findings((one, other), EMPTY)[0]
    assert clash.rule == "different-bytes"
    assert " a " in clash.message
    assert " b." in clash.message
    assert advice in clash.fix


def test_nothing_in_the_output_is_replaced() -> None:
    (clash,) = collection_findings((folder("a", wheel="x"),), folder("dist", wheel="y"))
    assert f"Remove dist/{WHEEL}" in clash.fix


def test_a_second_call_copies_nothing() -> None:
    first = folder("a", Manifest(files=(entry(WHEEL, "x", CP311),), expected=(CP311,)), wheel="x", sdist="y")
    collection = plan_collection((first,), EMPTY)
    output = Folder(
        name="dist",
        files=tuple(replace(one, folder="dist") for one in collection.copies),
        manifest=collection.manifest,
    )
    again = plan_collection((first,), output)
    assert not again.copies
    assert again.there == first.files
    assert again.manifest == output.manifest


def test_what_is_in_the_output_already_stays_and_is_told() -> None:
    output = folder("dist", Manifest(files=(entry(SDIST, "y"),)), sdist="y", wheel="x", proof="p")
    collection = plan_collection((folder("a"),), output)
    assert collection.kept == (SDIST,)
    assert collection.strangers == (WHEEL, f"{WHEEL}.publish.attestation")
    assert [one.filename for one in collection.manifest.files] == [SDIST]


def test_manifests_become_one() -> None:
    one = folder("a", Manifest(files=(entry(WHEEL, "x", CP311),), expected=(CP311,)), wheel="x")
    two = folder("b", Manifest(files=(entry(WHEEL, "x", CP312),), expected=(CP312,)), wheel="x")
    lost = folder("c", Manifest(files=(entry(WHEEL, "z"), entry(SDIST, "y"))))
    assert plan_collection((one, two, lost), EMPTY).manifest == Manifest(
        files=(entry(WHEEL, "x", CP311, CP312),), expected=(CP311, CP312)
    )


def test_a_file_that_changed_after_its_manifest_is_found() -> None:
    (finding,) = collection_findings((folder("a", Manifest(files=(entry(WHEEL, "x"),)), wheel="y"),), EMPTY)
    assert finding.rule == "changed-file"
    assert "a/dist.json" in finding.message


def test_an_attestation_alone_is_a_warning() -> None:
    (finding,) = collection_findings((folder("a", proof="p"),), EMPTY)
    assert finding.rule == "lone-attestation"
    assert not stops((finding,))
    assert collection_findings((folder("a", proof="p"),), folder("dist", wheel="x")) == ()


contents = st.sampled_from(["", "x", "y"])
folders_of_two = st.lists(st.tuples(contents, contents), max_size=4)


@given(folders_of_two)
def test_every_file_is_copied_once_or_clashes(drawn: list[tuple[str, str]]) -> None:
    folders = tuple(folder(f"f{number}", wheel=one, sdist=two) for number, (one, two) in enumerate(drawn))
    collection = plan_collection(folders, EMPTY)
    assert len({one.filename for one in collection.copies}) == len(collection.copies)
    assert len(collection.copies) + len(collection.repeated) == sum(len(one.files) for one in folders)
    bytes_of: dict[str, set[str]] = {}
    for one in (one for each in folders for one in each.files):
        bytes_of.setdefault(one.filename, set()).add(one.sha256)
    assert stops(collection_findings(folders, EMPTY)) == any(len(found) > 1 for found in bytes_of.values())
