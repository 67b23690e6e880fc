from __future__ import annotations

from cibw.model.http import Forge, Publisher


def test_a_publisher_reads_well() -> None:
    publisher = Publisher(forge=Forge.GITHUB, repository="octo/hello", workflow="release.yml")
    assert str(publisher) == "release.yml of octo/hello on GitHub"
