"""What cibw uses of twine's inside, held against the release that is installed."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

import pytest
import trustme

from cibw.errors import DownloadError, UploadError
from cibw.model.http import NoResponseError
from cibw.model.release import Decision, PackageIndex, PlannedUpload
from cibw.release.responses import Credentials
from cibw.release.twine import TwineUploader
from cibw.release.upload_plan import read_distribution
from tests.releases import make_described_wheel, make_sdist, make_wheel
from tests.scripted_index import Index as Scripted
from tests.scripted_index import scripted_index

LOGIN = Credentials(username="__token__", password="pypi-secret-4711")


@dataclass(slots=True)
class Index:
    """Answers every upload in the same way, and keeps what it was sent; status 0 breaks the connection."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def served(index: Index, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of an index, by TLS where there is a context."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kind = self.headers["content-type"]
            body = self.rfile.read(int(self.headers["content-length"]))
            index.asked.append({name.lower(): value for name, value in self.headers.items()})
            index.forms.append(_form(kind, body))
            if not index.status:
                self.close_connection = True
                return
            self.send_response(index.status)
            for name, value in {**index.headers, "Content-Length": str(len(index.text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(index.text.encode())

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}/legacy/"
        server.shutdown()
        thread.join()


def _form(kind: str, body: bytes) -> dict[str, str]:
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    fields = {}
    for part in message.walk():
        if part.is_multipart():
            continue
        name, payload = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        fields[str(name)] = payload.decode("latin-1") if isinstance(payload, bytes) else ""
    return fields


def planned(path: Path, *attestations: str) -> PlannedUpload:
    return PlannedUpload(
        distribution=read_distribution(path).distribution,
        path=str(path),
        decision=Decision.SEND,
        attestations=attestations,
    )


def uploader(address: str, context: ssl.SSLContext | None = None) -> TwineUploader:
    trusted = context or ssl.create_default_context()
    return TwineUploader(index=PackageIndex(name="here", upload=address), context=trusted)


def test_the_release_of_twine_is_one_that_was_looked_at() -> None:
    assert version("twine").split(".")[0] == "7"


def test_what_is_sent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sdist, attestation, index = make_sdist(tmp_path, "demo", "1.0"), tmp_path / "a.publish.attestation", Index()
    attestation.write_text('{"version": 1}')
    told: list[tuple[int, int]] = []
    with served(index) as address:
        one = TwineUploader(
            index=PackageIndex(name="here", upload=address),
            context=ssl.create_default_context(),
            sent=lambda sent, total: told.append((sent, total)),
        )
        one.prepare()
        assert one.put(planned(sdist, str(attestation)), LOGIN).is_taken
        one.commit()
    (form,) = index.forms
    assert (form[":action"], form["protocol_version"], form["filetype"]) == ("file_upload", "1", "sdist")
    assert (form["name"], form["version"], form["summary"]) == ("demo", "1.0", "small")
    assert form["sha256_digest"] == read_distribution(sdist).distribution.sha256
    assert form["attestations"] == '[{"version": 1}]'
    login = base64.b64encode(b"__token__:pypi-secret-4711").decode()
    assert index.asked[0]["authorization"] == f"Basic {login}"
    assert index.asked[0]["accept"].startswith("application/json")
    assert told[-1][0] == told[-1][1] > sdist.stat().st_size
    assert capfd.readouterr() == ("", "")


def test_a_fault_is_one_request_and_no_word_on_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    wheel = make_wheel(tmp_path, "demo", "1.0", tag="py3-none-any")
    index = Index(status=503, headers={"Content-Type": "application/json"}, text='{"code": "we mend it"}')
    with served(index) as address:
        receipt = uploader(address).put(planned(wheel), LOGIN)
    assert (receipt.status, receipt.message) == (503, "we mend it")
    assert len(index.asked) == 1
    assert capfd.readouterr() == ("", "")


def test_a_redirection_is_told_and_not_followed(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "demo", "1.0", tag="py3-none-any")
    index = Index(status=308, headers={"Location": "https://index.example/legacy/"})
    with served(index) as address:
        receipt = uploader(address).put(planned(wheel), LOGIN)
    assert (receipt.status, receipt.location) == (308, "https://index.example/legacy/")


def test_no_answer(tmp_path: Path) -> None:
    wheel, index = make_wheel(tmp_path, "demo", "1.0", tag="py3-none-any"), Index(status=0)
    with served(index) as address, pytest.raises(NoResponseError):
        uploader(address).put(planned(wheel), LOGIN)
    with pytest.raises(NoResponseError) as caught:
        uploader(address).put(planned(wheel), LOGIN)
    assert LOGIN.password not in str(caught.value)


def test_files_that_twine_can_not_read(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "demo", "1.0", tag="py3-none-any")
    broken = planned(wheel)
    wheel.write_bytes(b"no wheel")
    with pytest.raises(UploadError, match="Cannot read"):
        uploader("http://127.0.0.1:9/").put(broken, LOGIN)


def test_certificates(tmp_path: Path) -> None:
    authority, wheel, index = trustme.CA(), make_wheel(tmp_path, "demo", "1.0", tag="py3-none-any"), Index()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with served(index, server) as address:
        assert uploader(address, trusting).put(planned(wheel), LOGIN).is_taken
        with pytest.raises(DownloadError, match="Cannot connect securely") as caught:
            uploader(address).put(planned(wheel), LOGIN)
    assert "SSL_CERT_FILE" in caught.value.hint
    assert len(index.asked) == 1


@pytest.mark.parametrize(
    ("fields", "names", "namespaces"),
    [
        (
            ("Import-Name: demo", "Import-Name: _demo; private", "Import-Namespace: ns"),
            ["demo", "_demo; private"],
            ["ns"],
        ),
        (("Import-Name:",), [""], []),
        ((), [], []),
    ],
)
def test_what_can_be_imported_is_sent(
    tmp_path: Path, fields: tuple[str, ...], names: list[str], namespaces: list[str]
) -> None:
    wheel = make_described_wheel(tmp_path, "demo", "Metadata-Version: 2.5", *fields)
    index = Scripted()
    with scripted_index(index, tmp_path) as server:
        assert uploader(server.upload).put(planned(wheel), LOGIN).is_taken
    (form,) = index.forms
    assert [value for name, value in form if name == "import_names"] == names
    assert [value for name, value in form if name == "import_namespaces"] == namespaces
    assert dict(form)["metadata_version"] == "2.5"
