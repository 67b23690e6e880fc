"""Servers that send too much, too slowly or without end: each ends with one clear error, and soon."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cibw.errors import DownloadError
from cibw.execution.fetch.download import DownloadSettings, fetch
from cibw.execution.fetch.http import HttpTransport, trusted
from cibw.model.http import NoResponseError, Request
from cibw.model.machines import Download
from cibw.model.release import Decision, PackageIndex, PlannedUpload
from cibw.release.index import Lookup
from cibw.release.responses import Credentials
from cibw.release.trusted_publishing import TokenError, TrustedIndex
from cibw.release.twine import TwineUploader
from cibw.release.upload_plan import read_distribution
from cibw.untrusted.http import HttpLimits
from tests.releases import make_wheel

SMALL = HttpLimits(
    response_bytes=100_000,
    response_seconds=1,
    file_bytes=100_000,
    file_seconds=1,
    upload_seconds=1,
    upload_rate=1 << 30,
    upload_response_bytes=1000,
)
PATIENT = HttpLimits(response_bytes=100_000, file_bytes=100_000)
OK = b"HTTP/1.1 200 OK\r\n"
Send = Callable[[socket.socket, threading.Event], None]


@contextmanager
def served(send: Send) -> Iterator[str]:
    """The address of a server that reads the head of each request, and answers with what `send` sends."""
    over = threading.Event()

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=response, args=(connection,), daemon=True).start()

    def response(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            received = b""
            while b"\r\n\r\n" not in received:
                received += connection.recv(1 << 16)
            send(connection, over)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()


def endless(head: bytes, piece: bytes, pause: float = 0.0) -> Send:
    """The head of an answer, and then pieces until the client gives up."""

    def send(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(head)
        while not over.wait(pause):
            connection.sendall(piece)

    return send


def whole(head: bytes, body: bytes) -> Send:
    def send(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    return send


SLOW = {
    "a body": endless(OK + b"Content-Length: 90000\r\n\r\n", b"x", 0.05),
    "chunks": endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.05),
    "a size of a chunk": endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0", 0.05),
    "a header": endless(OK + b"X: ", b"x", 0.05),
    "a status line": endless(b"HTTP/1.1 200 ", b"x", 0.05),
    "interim answers": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
    "nothing": endless(b"", b"", 0.05),
}
LARGE = {
    "a body": endless(OK + b"\r\n", b"x" * 10_000),
    "a body of that length": endless(OK + b"Content-Length: 400000000\r\n\r\n", b"x" * 10_000),
    "chunks": endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"2710\r\n" + b"x" * 10_000 + b"\r\n"),
}
BOMB = gzip.compress(gzip.compress(bytes(300_000_000), 1), 1)


def transport(limits: HttpLimits) -> HttpTransport:
    return HttpTransport(context=trusted({}), proxy_for=lambda _: "", login_for=lambda _: "", limits=limits)


@pytest.mark.parametrize("what", SLOW)
def test_a_slow_answer_ends_at_the_deadline(what: str) -> None:
    with (
        served(SLOW[what]) as address,
        pytest.raises(DownloadError, match="did not send a complete response within 1 sec"),
    ):
        transport(SMALL).ask(Request(address=f"{address}/simple/demo/"))


@pytest.mark.parametrize("what", SLOW)
def test_a_slow_download_ends_at_the_deadline(what: str, tmp_path: Path) -> None:
    fetching = DownloadSettings(transport=transport(SMALL), cache=tmp_path)
    with (
        served(SLOW[what]) as address,
        pytest.raises(DownloadError, match="did not send a complete response within 1 sec"),
    ):
        fetch(Download(address=f"{address}/file"), fetching)
    assert [path.name for path in tmp_path.rglob("*.part")] == []


@pytest.mark.parametrize("what", LARGE)
def test_a_large_answer_ends_at_its_limit(what: str, tmp_path: Path) -> None:
    fetching = DownloadSettings(transport=transport(PATIENT), cache=tmp_path)
    with served(LARGE[what]) as address:
        with pytest.raises(DownloadError, match=r"/simple/demo/ is larger than 97\.66 KiB"):
            transport(PATIENT).ask(Request(address=f"{address}/simple/demo/"))
        with pytest.raises(DownloadError, match=r"/file is larger than 97\.66 KiB"):
            fetch(Download(address=f"{address}/file"), fetching)
    assert [path.name for path in tmp_path.rglob("*.part")] == []


def test_a_compressed_answer_counts_as_what_it_unpacks_to() -> None:
    head = OK + b"Content-Encoding: gzip, gzip\r\n"
    with served(whole(head, BOMB)) as address, pytest.raises(DownloadError, match="is larger than"):
        transport(PATIENT).ask(Request(address=address))


@pytest.mark.parametrize("target", ["http://[", "http://[x]/", "//[", "http://127.0.0.1:99999999/"])
def test_a_redirection_to_no_address_is_an_error(target: str) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: %s\r\n" % target.encode()
    with served(whole(head, b"")) as address, pytest.raises((DownloadError, NoResponseError)):
        transport(PATIENT).ask(Request(address=address))


@pytest.mark.parametrize("length", [b"x", b"-1", b"9" * 5000, b"\xb2"])
def test_a_wrong_length_is_no_fault_of_cibw(length: bytes, tmp_path: Path) -> None:
    def send(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(OK + b"Content-Length: " + length + b"\r\n\r\nabc")

    fetching = DownloadSettings(transport=transport(PATIENT), cache=tmp_path, attempts=1)
    with served(send) as address, suppress(DownloadError):
        assert fetch(Download(address=f"{address}/file"), fetching).read_bytes() == b"abc"


def test_a_file_that_is_only_hashed_is_not_kept() -> None:
    body = bytes(90_000)
    with served(whole(OK, body)) as address:
        response = transport(HttpLimits(response_bytes=10)).ask(Request(address=address, only_hash=True))
    assert (response.body, response.sha256) == (b"", hashlib.sha256(body).hexdigest())


def test_a_deeply_nested_page_can_not_be_read() -> None:
    head = OK + b"Content-Type: application/vnd.pypi.simple.v1+json\r\n"
    with served(whole(head, b'{"files": ' + b"[" * 90_000)) as address:
        listing = Lookup(client=transport(PATIENT)).listing(f"{address}/simple/", "demo", ())
    assert "nested more than 100 levels deep" in listing.unknown


def test_an_exchange_for_a_token_ends_too() -> None:
    with served(SLOW["a body"]) as address, pytest.raises(DownloadError, match="did not send a complete response"):
        TrustedIndex(client=transport(SMALL), upload=f"{address}/legacy/").audience()
    with (
        served(whole(OK, json.dumps([]).encode() + b"[" * 90_000)) as address,
        pytest.raises(TokenError, match="does not support trusted publishing"),
    ):
        TrustedIndex(client=transport(PATIENT), upload=f"{address}/legacy/").audience()


@pytest.fixture
def upload(tmp_path: Path) -> PlannedUpload:
    wheel = make_wheel(tmp_path, "demo", "1.0", tag="py3-none-any")
    return PlannedUpload(path=str(wheel), distribution=read_distribution(wheel).distribution, decision=Decision.SEND)


def put(address: str, upload: PlannedUpload, limits: HttpLimits) -> int:
    index = PackageIndex(name="x", upload=f"{address}/legacy/", simple=f"{address}/simple/")
    uploader = TwineUploader(index=index, context=trusted({}), limits=limits)
    return uploader.put(upload, Credentials(username="a", password="b")).status


@pytest.mark.parametrize("what", SLOW)
def test_a_slow_answer_to_an_upload_ends_at_the_deadline(what: str, upload: PlannedUpload) -> None:
    with served(SLOW[what]) as address, pytest.raises(NoResponseError, match="no complete response within 1 sec"):
        put(address, upload, SMALL)


@pytest.mark.parametrize("what", LARGE)
def test_of_a_large_answer_to_an_upload_the_beginning_is_enough(what: str, upload: PlannedUpload) -> None:
    with served(LARGE[what]) as address:
        assert put(address, upload, HttpLimits(upload_response_bytes=1000)) == 200


def test_of_a_compressed_answer_to_an_upload_the_beginning_is_enough(upload: PlannedUpload) -> None:
    head = OK + b"Content-Encoding: gzip, gzip\r\n"
    with served(whole(head, BOMB)) as address:
        assert put(address, upload, HttpLimits(upload_response_bytes=1000)) == 200
