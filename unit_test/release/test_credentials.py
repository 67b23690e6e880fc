from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from cibw.errors import ConfigurationError, CredentialsError
from cibw.model.http import Certificates, IndexSection, Login
from cibw.model.release import PackageIndex
from cibw.release.credentials import (
    LoginPlaces,
    LoginSource,
    certificates_of,
    famous_addresses,
    find_login,
    is_public,
    no_credentials,
    read_pypirc,
    section_of,
)
from cibw.release.responses import Credentials

SECRET = "pypi-planted-secret"
INDEX = PackageIndex(name="company", upload="https://index.example/legacy/")


def find(
    environment: Mapping[str, str],
    *,
    is_public: bool = False,
    section: IndexSection | None = None,
    keyring: Login | None = None,
) -> Login | None:
    asked: list[str] = []

    def ask(address: str, username: str) -> Login | None:
        asked.append(username)
        assert address == INDEX.upload
        return keyring if keyring and username in ("", keyring.username) else None

    places = LoginPlaces(environment=environment, pypirc=lambda: {"company": section} if section else {}, keyring=ask)
    return find_login(INDEX, places, is_public=is_public)


def named(login: Login | None) -> tuple[str, str]:
    assert login
    return login.username, login.password


ALICE = {"TWINE_USERNAME": "alice", "TWINE_PASSWORD": "s3cret"}
SECTION = IndexSection(repository=INDEX.upload, username="carol", password="filed")


def test_variables_in_their_order() -> None:
    uv = {"UV_PUBLISH_TOKEN": "uv"}
    assert named(find({**uv, **ALICE, "CIBW_PUBLISH_TOKEN": SECRET + "\n"})) == ("__token__", SECRET)
    assert named(find({**uv, **ALICE})) == ("alice", "s3cret")
    assert named(find(uv)) == ("__token__", "uv")
    assert named(find({"CIBW_PUBLISH_USERNAME": "bob", "CIBW_PUBLISH_PASSWORD": "x", **ALICE})) == ("bob", "x")


def test_variables_come_before_the_file_and_the_file_before_the_keyring() -> None:
    ring = Login(username="carol", password="ringed", place="the keyring")
    assert named(find(ALICE, section=SECTION, keyring=ring)) == ("alice", "s3cret")
    assert named(find({}, section=SECTION, keyring=ring)) == ("carol", "filed")
    assert named(find({}, keyring=ring)) == ("carol", "ringed")
    assert find({}) is None


def test_a_name_alone_says_whose_password_is_wanted() -> None:
    ring = Login(username="alice", password="ringed", place="the keyring")
    assert named(find({"TWINE_USERNAME": "alice"}, section=SECTION, keyring=ring)) == ("alice", "ringed")
    assert named(find({"TWINE_USERNAME": "carol"}, section=SECTION)) == ("carol", "filed")


def test_a_file_with_a_token_alone() -> None:
    section = IndexSection(repository=INDEX.upload, password=SECRET)
    assert named(find({}, section=section)) == ("__token__", SECRET)


def test_a_password_alone() -> None:
    assert named(find({"TWINE_PASSWORD": SECRET})) == ("__token__", SECRET)
    assert named(find({"TWINE_PASSWORD": "x"}, is_public=True)) == ("__token__", "x")
    assert named(find({"TWINE_PASSWORD": "x"}, section=SECTION)) == ("carol", "x")
    with pytest.raises(CredentialsError, match="TWINE_PASSWORD is set") as caught:
        find({"TWINE_PASSWORD": "x"})
    assert "TWINE_USERNAME" in caught.value.hint


@pytest.mark.parametrize("password", ["s3cret", SECRET])
def test_the_public_index_takes_no_passwords(password: str) -> None:
    with pytest.raises(CredentialsError, match="does not accept user names or passwords") as caught:
        find({**ALICE, "TWINE_PASSWORD": password}, is_public=True)
    assert "API token" in caught.value.hint
    assert "trusted publishing" in caught.value.hint
    assert password not in caught.value.message + caught.value.hint


def test_control_characters_are_refused() -> None:
    with pytest.raises(CredentialsError, match="invisible characters"):
        find({"CIBW_PUBLISH_TOKEN": "pypi-\x16x"})


def test_a_section_is_found_by_name_and_address() -> None:
    other = IndexSection(repository="https://other.example/")
    same = IndexSection(repository="https://index.example/legacy", username="x")
    assert section_of(INDEX, {"other": other, "mine": same}) == same
    assert section_of(INDEX, {"company": other, "mine": same}) == same
    assert section_of(INDEX, {"company": other}) == IndexSection(repository="")


def test_what_is_missing_is_listed() -> None:
    error = no_credentials(INDEX, {"CIBW_PUBLISH_TOKEN": ""}, ("trusted publishing: this is no CI",))
    assert error.exit_code == 21
    assert "https://index.example/legacy/" in error.message
    for part in (
        "CIBW_PUBLISH_TOKEN",
        "TWINE_PASSWORD",
        "UV_PUBLISH_TOKEN",
        ".pypirc",
        "keyring",
        "no CI",
        "is set but empty",
    ):
        assert part in error.hint


def test_a_login_shows_no_password() -> None:
    source = LoginSource(login=Login(username="__token__", password=SECRET, place="the variable X"))
    assert source.credentials() == Credentials(username="__token__", password=SECRET)
    assert source.secrets() == (SECRET,)
    assert source.description == "the variable X"
    source.close()
    section = IndexSection(repository="r", password=SECRET)
    assert SECRET not in f"{source!r} {source.credentials()!r} {section!r}"


@pytest.mark.parametrize(
    ("user", "password", "said"),
    [
        ("alice", "caf\udce9", "are not UTF-8"),
        ("alice", "pass\u00a0word", "invisible characters"),
        ("alice", "pass\u200bword", "invisible characters"),
        ("alice", "pass\nword", "invisible characters"),
        ("al:ice", "password", "contains a colon"),
    ],
)
def test_logins_that_can_not_be_right(user: str, password: str, said: str) -> None:
    with pytest.raises(CredentialsError, match=said) as caught:
        find({"TWINE_USERNAME": user, "TWINE_PASSWORD": password})
    assert password not in caught.value.message


@pytest.mark.parametrize("password", ["crème", "zażółć", "“curly”", "пароль", "🔑🔑"])
def test_passwords_may_have_letters_of_any_language(password: str) -> None:
    assert named(find({"TWINE_USERNAME": "zoë", "TWINE_PASSWORD": password})) == ("zoë", password)


def test_certificates_of_an_index() -> None:
    section = IndexSection(repository=INDEX.upload, ca_cert="filed.pem", client_cert="mine.pem")
    other = IndexSection(repository="https://other.example/", ca_cert="other.pem", client_cert="other.pem")
    filed = Certificates(authorities="filed.pem", client="mine.pem")
    assert certificates_of(INDEX, {}, {}) == Certificates()
    assert certificates_of(INDEX, {}, {"other": other}) == Certificates()
    assert certificates_of(INDEX, {"SSL_CLIENT_CERT": "uv.pem"}, {"company": section}) == filed
    assert certificates_of(INDEX, {"SSL_CLIENT_CERT": "uv.pem"}, {}) == Certificates(client="uv.pem")
    chosen = {"TWINE_CERT": "ca.pem", "TWINE_CLIENT_CERT": "client.pem"}
    assert certificates_of(INDEX, chosen, {"company": section}) == Certificates(
        authorities="ca.pem", client="client.pem"
    )


@pytest.mark.parametrize(
    "value",
    ["$(PYPI_TOKEN)", "$(pypi.token)", "${PYPI_TOKEN}", "${{ secrets.PYPI_TOKEN }}", "$PYPI_TOKEN", "%PYPI_TOKEN%"],
)
def test_a_variable_that_the_ci_does_not_know_is_no_password(value: str) -> None:
    unknown = {"CIBW_PUBLISH_TOKEN": value, "TWINE_USERNAME": value}
    assert find(unknown) is None
    assert named(find({**unknown, "UV_PUBLISH_TOKEN": SECRET})) == ("__token__", SECRET)
    assert named(find(unknown, section=SECTION)) == ("carol", "filed")
    hint = no_credentials(INDEX, unknown, ()).hint
    for name in unknown:
        assert re.search(rf"{name} contains the name (secrets\.)?pypi[_.]token instead of a value", hint, re.IGNORECASE)


@pytest.mark.parametrize("password", ["$ecret", "$(", "a$(B)", "%41%", "$SECRET", "$$", "pa${ss}word"])
def test_passwords_may_have_such_signs(password: str) -> None:
    assert named(find({"TWINE_USERNAME": "alice", "TWINE_PASSWORD": password})) == ("alice", password)


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
