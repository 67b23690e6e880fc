from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from cibw.model.manifest import Manifest, ManifestFile
from cibw.reporting.files import read_manifest, write_manifest
from unit_test.cli.calling import Caller

WHEEL = "demo-1.0-cp311-abi3-manylinux_2_17_x86_64.whl"
SDIST = "demo-1.0.tar.gz"


def put(path: Path, content: bytes = b"x") -> None:
    """Write an archive that holds something."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".whl":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(zipfile.ZipInfo("content"), content)
        return
    entry = tarfile.TarInfo("content")
    entry.size = len(content)
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(entry, io.BytesIO(content))


def test_the_folders_of_artifacts_are_found(cibw: Caller) -> None:
    put(cibw.directory / "cibw-sdist" / SDIST)
    put(cibw.directory / "cibw-wheels-linux" / "deeper" / WHEEL)
    put(cibw.directory / "wheelhouse" / WHEEL)
    put(cibw.directory / "elsewhere" / "other-1.0.tar.gz")
    called = cibw("collect")
    assert called.exit_code == 0, called.stderr
    dist = cibw.directory / "dist"
    assert {path.name for path in dist.iterdir()} == {SDIST, WHEEL, "dist.json"}
    assert called.stdout.startswith("Collected 2 files into dist")
    assert "cibw-wheels-linux/deeper" in called.stdout
    manifest = read_manifest(dist)
    assert manifest is not None
    assert [entry.filename for entry in manifest.files] == [WHEEL, SDIST]


def test_a_second_call_does_nothing(cibw: Caller) -> None:
    put(cibw.directory / "artifacts" / "cibw-sdist" / SDIST)
    cibw("collect", "artifacts", "--output-dir", "out")
    files = {path: path.stat().st_mtime_ns for path in (cibw.directory / "out").iterdir()}
    called = cibw("collect", "artifacts", "--output-dir", "out")
    assert called.stdout.startswith("Nothing to do: out already has 1 file")
    assert {path: path.stat().st_mtime_ns for path in (cibw.directory / "out").iterdir()} == files


def test_other_bytes_are_an_error_and_nothing_is_copied(cibw: Caller) -> None:
    put(cibw.directory / "cibw-wheels-a" / WHEEL, b"a")
    put(cibw.directory / "cibw-wheels-b" / WHEEL, b"b")
    put(cibw.directory / "cibw-sdist" / SDIST)
    called = cibw("collect")
    assert called.exit_code == 18
    assert "cibw-wheels-a" in called.stderr
    assert "cibw-wheels-b" in called.stderr
    assert "Two jobs built the same wheel" in called.stderr
    assert list((cibw.directory / "dist").iterdir()) == []


def test_odd_names_are_an_error(cibw: Caller) -> None:
    put(cibw.directory / "cibw-sdist" / "backup.tar.gz")
    put(cibw.directory / "cibw-wheels-a" / "demo.whl")
    called = cibw("collect")
    assert called.exit_code == 18
    assert "cibw-sdist/backup.tar.gz" in called.stderr
    assert "cibw-wheels-a/demo.whl" in called.stderr


@pytest.mark.parametrize("name", [WHEEL, SDIST])
@pytest.mark.parametrize("damage", ["cut", "changed", "longer"])
def test_a_damaged_archive_is_an_error_and_nothing_is_copied(cibw: Caller, name: str, damage: str) -> None:
    good = WHEEL if name == SDIST else SDIST
    put(cibw.directory / "cibw-a" / good)
    path = cibw.directory / "cibw-b" / name
    put(path, bytes(range(256)) * 40)
    data = path.read_bytes()
    changed = data[:100] + bytes([data[100] ^ 0xFF]) + data[101:]
    path.write_bytes({"cut": data[:-30], "changed": changed, "longer": data + b"more"}[damage])
    called = cibw("collect")
    assert called.exit_code == 18
    assert f"Cannot read cibw-b/{name} completely" in " ".join(called.stderr.split())
    assert f"Cannot read cibw-a/{good}" not in called.stderr
    assert not list((cibw.directory / "dist").iterdir())


def test_a_wheel_that_is_compressed_in_another_way_is_collected(cibw: Caller) -> None:
    path = cibw.directory / "cibw-a" / WHEEL
    put(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("content", b"x")
    assert cibw("collect").exit_code == 0


def test_without_folders_or_files_there_is_nothing_to_collect(cibw: Caller) -> None:
    assert "Nothing to collect" in cibw("collect").stderr
    called = cibw("collect", "artifacts", "more")
    assert called.exit_code == 2
    assert "artifacts, more" in called.stderr


def test_the_manifests_of_jobs_become_one(cibw: Caller) -> None:
    put(cibw.directory / "cibw-wheels-a" / WHEEL)
    entry = ManifestFile(filename=WHEEL, size=1, sha256="other")
    write_manifest(Manifest(files=(entry,)), cibw.directory / "cibw-wheels-a")
    called = cibw("collect")
    assert called.exit_code == 18
    assert "cibw-wheels-a/dist.json" in called.stderr


def test_packed_artifacts_are_told(cibw: Caller) -> None:
    put(cibw.directory / "cibw-wheels-linux.zip")
    alone = cibw("collect")
    assert alone.exit_code == 2
    assert "cibw-wheels-linux.zip is an archive" in alone.stderr
    named = cibw("collect", "cibw-wheels-linux.zip")
    assert named.exit_code == 2
    assert "Unpack the artifacts" in named.stderr
    put(cibw.directory / "cibw-sdist" / SDIST)
    put(cibw.directory / "cibw-sdist.zip")
    beside = cibw("collect")
    assert beside.exit_code == 0
    assert "cibw-wheels-linux.zip is an archive" in beside.stdout
    assert "cibw-sdist.zip" not in beside.stdout


def test_packed_artifacts_in_folders_are_told(cibw: Caller) -> None:
    put(cibw.directory / "artifacts" / "cibw-sdist" / SDIST)
    put(cibw.directory / "artifacts" / "drop" / "wheels.zip")
    called = cibw("collect", "artifacts")
    assert called.exit_code == 0
    assert "artifacts/drop/wheels.zip is an archive" in called.stdout
