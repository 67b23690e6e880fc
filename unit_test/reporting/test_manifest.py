from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.errors import CibwError
from cibw.model.manifest import Manifest, ManifestFile
from cibw.reporting.codecs import manifest_from_json, manifest_to_json
from cibw.reporting.files import FILE_NAME, read_manifest, read_report, write_manifest
from unit_test.strategies import identifiers, texts

files = st.builds(
    ManifestFile,
    filename=texts,
    size=st.integers(0, 10**12),
    sha256=texts,
    identifiers=st.lists(identifiers, max_size=2).map(tuple),
    plan_key=texts,
)
manifests = st.builds(
    Manifest,
    files=st.lists(files, max_size=2).map(tuple),
    expected=st.lists(identifiers, max_size=2).map(tuple),
)


@given(manifests)
def test_what_is_written_is_read(manifest: Manifest) -> None:
    assert manifest_from_json(manifest_to_json(manifest)) == manifest


def test_the_file_beside_distributions(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None
    manifest = Manifest(files=(ManifestFile(filename="a-1.tar.gz", size=1, sha256="b"),))
    assert write_manifest(manifest, tmp_path / "dist").name == "dist.json"
    assert read_manifest(tmp_path / "dist") == manifest
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["dist.json"]


@pytest.mark.parametrize("content", [b"{", b'{"version": 7}', b"\xff", b'{"version": 1, "files": 3}'])
def test_a_broken_file_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "dist.json").write_bytes(content)
    with pytest.raises(CibwError, match=r"dist\.json"):
        read_manifest(tmp_path)


def test_a_file_of_another_kind_can_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "dist.json").write_bytes(b"[" * (17 << 20))
    with pytest.raises(CibwError, match="larger than 16 MiB"):
        read_manifest(tmp_path)
    (tmp_path / "dist.json").unlink()
    (tmp_path / "dist.json").mkdir()
    with pytest.raises(CibwError, match="Cannot read") as caught:
        read_manifest(tmp_path)
    assert caught.value.hint == "Remove it and build again."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in directories")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "dist.json")
    with pytest.raises(CibwError, match="not a regular file"):
        read_manifest(tmp_path)
    os.mkfifo(tmp_path / FILE_NAME)
    assert read_report(tmp_path) is None


def test_names_that_are_no_text_are_written_as_escapes(tmp_path: Path) -> None:
    manifest = Manifest(files=(ManifestFile(filename="a\udcff.whl", size=1, sha256="b"),))
    path = write_manifest(manifest, tmp_path)
    assert rb"a\udcff.whl" in path.read_bytes()
    found = read_manifest(tmp_path)
    assert found is not None
    assert found.files[0].filename == "a\ufffd.whl"
