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


def test_certificates_are_read(tmp_path: Path) -> None:
    path = tmp_path / ".pypirc"
    path.write_text(f"{TEXT}ca_cert = /etc/ca.pem\nclient_cert = ~/me.pem\n")
    section = read_pypirc(path)["company"]
    assert (section.ca_cert, section.client_cert) == ("/etc/ca.pem", "~/me.pem")


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp1250", "utf-8", "ascii"])
@pytest.mark.parametrize("password", ["cr\u00e8me", "plain"])
def test_a_file_in_utf_8_is_read_in_any_locale(tmp_path: Path, encoding: str, password: str) -> None:
    path = tmp_path / ".pypirc"
    # What twine makes of the bytes where the system has this encoding; for ASCII it takes UTF-8 itself.
    seen = password.encode().decode("utf-8" if encoding == "ascii" else encoding)
    path.write_text(TEXT.replace("s3cret", seen), "utf-8")
    assert read_pypirc(path, encoding)["company"].password == password


def test_public_addresses() -> None:
    famous = famous_addresses()
    assert all(is_public(address, famous) for address in famous.values())
    assert not is_public("https://index.example/legacy/", famous)
