from __future__ import annotations

from pathlib import Path

import pytest

from cibw.errors import ConfigurationError
from cibw.model.credentials import IndexSection
from cibw.publishing.upload_pypirc import famous_addresses, is_public, read_pypirc

TEXT = """\
[distutils]
index-servers =
    company
    pypi

[pypi]
password = pypi-planted

[company]
repository = https://index.example/legacy/
username = alice
password = s3cret
"""


def test_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / ".pypirc"
    path.write_text(TEXT)
    sections = read_pypirc(path)
    assert sections["company"] == IndexSection(
        repository="https://index.example/legacy/", username="alice", password="s3cret"
    )
    assert sections["testpypi"] == IndexSection(repository=famous_addresses()["testpypi"])
    assert sections["pypi"] == IndexSection(repository=famous_addresses()["pypi"], password="pypi-planted")


def test_without_a_file_the_well_known_ones_remain(tmp_path: Path) -> None:
    sections = read_pypirc(tmp_path / "missing")
    assert {name: section.repository for name, section in sections.items()} == dict(famous_addresses())


def test_a_malformed_file_shows_nothing_of_itself(tmp_path: Path) -> None:
    path = tmp_path / ".pypirc"
    path.write_text("password = planted-secret\n")
    with pytest.raises(ConfigurationError) as caught:
        read_pypirc(path)
    assert "planted-secret" not in f"{caught.value.message} {caught.value.hint} {caught.value.__cause__}"


def test_public_addresses() -> None:
    famous = famous_addresses()
    assert all(is_public(address, famous) for address in famous.values())
    assert not is_public("https://index.example/legacy/", famous)
