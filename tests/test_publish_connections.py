"""Logins and certificates of `cibw publish` and `cibw verify`: how they reach a real server."""

from __future__ import annotations

import base64
import hashlib
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from tests.index_servers import IndexServer, program, pypiserver
from tests.publishing import Publisher
from tests.releases import make_wheel
from tests.scripted_index import Index, Said, scripted_index

PASSWORDS = ["crème-brûlée", "zażółć-gęślą", "“curly”-quotes", "пароль-1234", "clé🔑-1234"]


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    make_wheel(tmp_path / "dist", "demo", "1.0", tag="py3-none-any")
    return Publisher(directory=tmp_path)


def logins(index: Index) -> set[str]:
    return {base64.b64decode(login.removeprefix("Basic ")).decode() for login in index.logins if login}


@pytest.mark.parametrize("password", PASSWORDS)
def test_passwords_are_sent_in_utf_8(publisher: Publisher, password: str) -> None:
    index = Index(pages=[Said(status=401), Said(status=404)])
    with scripted_index(index, publisher.directory) as server:
        done = publisher(server, TWINE_USERNAME="zoë", TWINE_PASSWORD=password)
    assert done.returncode == 0, done.stderr
    assert logins(index) == {f"zoë:{password}"}
    assert [bool(login) for login in index.logins] == [False, True, True]
    assert password not in done.stdout + done.stderr


@pytest.mark.parametrize("encoding", ["C.UTF-8", "C"])
def test_passwords_of_pypirc_are_utf_8_in_any_locale(publisher: Publisher, encoding: str) -> None:
    index = Index()
    with scripted_index(index, publisher.directory) as server:
        text = f"[distutils]\nindex-servers = ours\n[ours]\nrepository = {server.upload}\nusername = zoë\n"
        (publisher.directory / ".pypirc").write_text(f"{text}password = {PASSWORDS[1]}\n", "utf-8")
        nobody = {"TWINE_USERNAME": "", "TWINE_PASSWORD": "", "LC_ALL": encoding, "PYTHONCOERCECLOCALE": "0"}
        nobody["PYTHONUTF8"] = "0"
        done = publisher.run([program("cibw"), "publish", "--to", "ours", "--no-check"], **nobody)
    assert done.returncode == 0, done.stderr
    assert logins(index) == {f"zoë:{PASSWORDS[1]}"}


def test_a_password_that_pypiserver_knows_in_utf_8(publisher: Publisher, tmp_path: Path) -> None:
    with pypiserver(tmp_path / "index") as server:
        digest = base64.b64encode(hashlib.sha1(PASSWORDS[1].encode()).digest()).decode()
        (tmp_path / "index" / "htpasswd").write_text(f"alice:{{SHA}}{digest}\n")
        assert publisher(server, TWINE_PASSWORD=PASSWORDS[0]).returncode == 21
        assert publisher(server, TWINE_PASSWORD=PASSWORDS[1]).returncode == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Safe:
    """An index that shows a certificate and wants one, and the files of both."""

    server: IndexServer
    index: Index
    authority: Path
    client: Path


@pytest.fixture
def safe(tmp_path: Path) -> Iterator[Safe]:
    authority, index = trustme.CA(), Index()
    place, client = tmp_path / "authority.pem", tmp_path / "client.pem"
    authority.cert_pem.write_to_path(str(place))
    authority.issue_cert("alice.example").private_key_and_cert_chain_pem.write_to_path(str(client))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    with scripted_index(index, tmp_path, context) as server:
        yield Safe(server=server, index=index, authority=place, client=client)


def unset() -> dict[str, str]:
    """No certificates of the computer that the tests run on."""
    return dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"), "")


def send_and_verify(publisher: Publisher, safe: Safe, variables: Mapping[str, str]) -> None:
    sent = publisher(safe.server, **{**unset(), **variables})
    assert sent.returncode == 0, sent.stderr
    verified = publisher.run(
        [program("cibw"), "verify", "--to", safe.server.upload, "--timeout", "0"], **{**unset(), **variables}
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "modules can be imported" in verified.stdout


def test_certificates_of_the_variables_of_twine(publisher: Publisher, safe: Safe) -> None:
    send_and_verify(publisher, safe, {"TWINE_CERT": str(safe.authority), "TWINE_CLIENT_CERT": str(safe.client)})


def test_certificates_of_pypirc(publisher: Publisher, safe: Safe) -> None:
    text = f"[distutils]\nindex-servers = ours\n[ours]\nrepository = {safe.server.upload}\n"
    more = f"ca_cert = {safe.authority}\nclient_cert = ~/client.pem\n"
    (publisher.directory / ".pypirc").write_text(text + more)
    send_and_verify(publisher, safe, {})


def test_a_directory_of_authorities_and_the_client_certificate_of_uv(publisher: Publisher, safe: Safe) -> None:
    places = publisher.directory / "authorities"
    places.mkdir()
    name = subprocess.run(
        ["openssl", "x509", "-noout", "-hash", "-in", str(safe.authority)], capture_output=True, text=True, check=True
    ).stdout.strip()
    (places / f"{name}.0").write_bytes(safe.authority.read_bytes())
    send_and_verify(publisher, safe, {"REQUESTS_CA_BUNDLE": str(places), "SSL_CLIENT_CERT": str(safe.client)})


def test_certificates_that_are_missing_or_wrong(publisher: Publisher, safe: Safe) -> None:
    trusting = {**unset(), "TWINE_CERT": str(safe.authority)}
    assert publisher(safe.server, **unset()).returncode != 0
    assert publisher(safe.server, **trusting).returncode != 0
    # It has no key.
    for client in (str(safe.authority), "/nowhere/client.pem"):
        wrong = publisher(safe.server, **trusting, TWINE_CLIENT_CERT=client)
        assert f"Cannot read the client certificate in {client}" in wrong.stderr
        assert "Traceback" not in wrong.stderr
    missing = publisher(safe.server, **{**trusting, "TWINE_CERT": "/nowhere/ca.pem"})
    assert "Cannot read the certificates in /nowhere/ca.pem" in missing.stderr
    assert not safe.index.files
