from __future__ import annotations

from cibw.model.identifier import BuildIdentifier
from cibw.model.manifest import Manifest, ManifestFile, kept, merged

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
