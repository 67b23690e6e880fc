from __future__ import annotations

from cibw.model.identifier import BuildIdentifier
from cibw.model.manifest import Manifest, ManifestFile, merged

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
