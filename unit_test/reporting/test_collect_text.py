from __future__ import annotations

from dataclasses import replace

import pytest

from cibw.model.collection import CollectedFile, Collection, Folder
from cibw.model.identifier import BuildIdentifier
from cibw.model.manifest import Manifest, ManifestFile
from cibw.reporting.collect_text import collection_lines
from cibw.reporting.look import Look
from unit_test.conftest import Golden

IDENTIFIERS = tuple(BuildIdentifier.parse(f"cp3{minor}-manylinux_x86_64") for minor in range(9, 16))
WHEELS = tuple(f"demo-1.0-cp3{minor}-cp3{minor}-manylinux_2_17_x86_64.whl" for minor in (11, 12))
SDIST = "demo-1.0.tar.gz"


def file(name: str, size: int, folder: str) -> CollectedFile:
    return CollectedFile(filename=name, size=size, sha256="", folder=folder)


FOLDERS = (
    Folder(name="cibw-sdist", files=(file(SDIST, 4_210, "cibw-sdist"),)),
    Folder(
        name="cibw-wheels-ubuntu-24.04",
        files=(
            *(file(name, 17_400, "cibw-wheels-ubuntu-24.04") for name in WHEELS),
            *(file(f"{name}.publish.attestation", 3_000, "cibw-wheels-ubuntu-24.04") for name in WHEELS),
        ),
    ),
    Folder(name="cibw-wheels-windows"),
)
MANIFEST = Manifest(
    files=tuple(
        ManifestFile(filename=name, size=1, sha256="", identifiers=(identifier,))
        for name, identifier in zip(WHEELS, IDENTIFIERS, strict=False)
    ),
    expected=IDENTIFIERS,
)
FULL = Collection(
    folders=FOLDERS,
    copies=FOLDERS[1].files,
    there=FOLDERS[0].files,
    repeated=(file(WHEELS[0], 17_400, "wheelhouse"),),
    kept=("demo-0.9.tar.gz",),
    strangers=("other-1.0.tar.gz", "other-1.0-py3-none-any.whl"),
    manifest=MANIFEST,
)
WHOLE = replace(FULL, repeated=(), kept=(), strangers=(), manifest=replace(MANIFEST, expected=IDENTIFIERS[:2]))


@pytest.mark.parametrize(
    ("name", "collection", "look"),
    [
        ("all", FULL, Look()),
        ("plain", FULL, Look(unicode=False)),
        ("whole", WHOLE, Look(colour=True)),
        ("again", replace(WHOLE, copies=(), there=FOLDERS[0].files, manifest=Manifest()), Look()),
    ],
)
def test_the_summary(name: str, collection: Collection, look: Look, golden: Golden) -> None:
    golden.check(f"collect/{name}.txt", "\n".join(collection_lines(collection, "dist", look)) + "\n")
