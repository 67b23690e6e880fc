"""Downloads from a real server with all its moods."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cibw.errors import DownloadError, InterruptedRunError
from cibw.execution.fetch.download import DownloadSettings, fetch
from cibw.execution.fetch.http import HttpTransport, trusted
from cibw.model.http import NoResponseError, Request
from cibw.model.machines import Download, Mirrors

CONTENT = bytes(range(256)) * 20_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Answers as the path says; the server keeps what was asked."""

    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        asked, elsewhere = self.server.asked, self.server.elsewhere
        asked.append((self.path, dict(self.headers)))
        moods: dict[str, Callable[[], None]] = {
            "good.bin": lambda: self._send(200, CONTENT),
            "other.bin": lambda: self._send(200, b"something else"),
            "flaky.bin": lambda: self._send(200 if len(asked) > 2 else 503, CONTENT),
            "short.bin": lambda: self._send(200, CONTENT[: 100_000 if len(asked) < 3 else None]),
            "chunked.bin": lambda: self._chunked(ends=len(asked) > 1),
            "moved.bin": lambda: self._redirect("good.bin"),
            "elsewhere.bin": lambda: self._redirect(elsewhere),
            "circle.bin": lambda: self._redirect("circle.bin"),
            "slow.bin": self._slowly,
        }
        moods.get(self.path.rpartition("/")[2], lambda: self._send(404, b"no"))()

    def do_POST(self) -> None:
        assert isinstance(self.server, Server)
        sent = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append((self.path, dict(self.headers)))
        if self.path.endswith("moved"):
            self._redirect("good.bin")
        else:
            self._send(201, sent)

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(CONTENT) if status == 200 and len(content) > 100 else len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _chunked(self, *, ends: bool) -> None:
        self.protocol_version = "HTTP/1.1"
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(f"{len(CONTENT):x}\r\n".encode() + CONTENT + b"\r\n" + (b"0\r\n\r\n" if ends else b""))

    def _redirect(self, place: str) -> None:
        self.send_response(302)
        self.send_header("location", place)
        self.end_headers()

    def _slowly(self) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:1000])
        self.wfile.flush()
        assert isinstance(self.server, Server)
        self.server.over.wait()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.over = threading.Event()
        self.elsewhere = ""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def running() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as made:
        yield made


@dataclass
class Trial:
    server: Server
    fetching: DownloadSettings
    lines: list[str] = field(default_factory=list)

    def fetch(self, name: str, sha256: str = SHA256) -> Path:
        return fetch(Download(address=f"{self.server.address}/{name}", sha256=sha256), self.fetching)

    def left(self) -> list[str]:
        files = [path for path in self.fetching.cache.rglob("*") if path.is_file()]
        return [path.name for path in files if path.suffix != ".lock"]


@pytest.fixture
def trial(server: Server, tmp_path: Path) -> Trial:
    transport = HttpTransport(context=trusted({}), proxy_for=lambda _: "", login_for=lambda _: "")
    return Trial(server=server, fetching=DownloadSettings(transport=transport, cache=tmp_path, first_wait=0.01))


@pytest.mark.parametrize(
    ("name", "requests"), [("good.bin", 1), ("moved.bin", 2), ("flaky.bin", 3), ("short.bin", 3), ("chunked.bin", 2)]
)
def test_a_file_arrives_whole_in_the_end(trial: Trial, name: str, requests: int) -> None:
    assert trial.fetch(name).read_bytes() == CONTENT
    assert len(trial.server.asked) == requests
    assert trial.fetch(name).read_bytes() == CONTENT
    assert len(trial.server.asked) == requests
    assert trial.left() == [name]


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing.bin", "status 404"), ("other.bin", f"not {SHA256}"), ("circle.bin", "Too many redirects")],
)
def test_what_can_not_work_ends_at_once(trial: Trial, name: str, message: str) -> None:
    with pytest.raises(DownloadError, match=message):
        trial.fetch(name)
    assert len(trial.server.asked) == (10 if name == "circle.bin" else 1)
    assert trial.left() == []


def test_a_server_that_is_not_there_is_told_after_six_tries(trial: Trial) -> None:
    lines: list[str] = []
    gone = Download(address="http://127.0.0.1:9/x.bin", sha256=SHA256)
    with pytest.raises(DownloadError, match=r"6 attempts; the last error was: Failed to establish.*refused"):
        fetch(gone, replace(trial.fetching, progress=lines.append))
    assert len([line for line in lines if "retrying in" in line]) == 5


def test_an_interrupt_ends_a_transfer_that_stands_still(trial: Trial) -> None:
    looks: list[int] = []

    def check_cancelled() -> None:
        # Some more looks, so that the transfer has begun, and waits for what never comes.
        looks.extend([1] * bool(trial.server.asked))
        if len(looks) > 3:
            raise InterruptedRunError("interrupted")

    with pytest.raises(InterruptedRunError):
        fetch(
            Download(address=f"{trial.server.address}/slow.bin"),
            replace(trial.fetching, check_cancelled=check_cancelled),
        )
    assert trial.left() == []


_LOGINS = ("proxy-authorization", "authorization")


def test_a_mirror_a_login_and_a_proxy(trial: Trial, tmp_path: Path) -> None:
    address = trial.server.address
    transport = HttpTransport(
        context=trusted({}),
        proxy_for=lambda asked: address.replace("//", "//me:w%C3%B3%C5%82@") if "elsewhere" in asked else "",
        login_for=lambda host: "na\u0142me:secret" if host == "elsewhere.example" else "",
    )
    mirrors = Mirrors(chosen=(("maven:", "http://elsewhere.example/m2"),))
    fetching = replace(trial.fetching, transport=transport, mirrors=mirrors, cache=tmp_path / "other")
    assert fetch(Download(address="maven:com/good.bin", sha256=SHA256), fetching).read_bytes() == CONTENT
    ((path, headers),) = trial.server.asked
    assert path == "http://elsewhere.example/m2/com/good.bin"
    logins = [base64.b64decode(headers[name].removeprefix("Basic ")).decode() for name in _LOGINS]
    assert logins == ["me:wó\u0142", "na\u0142me:secret"]
    assert headers["accept-encoding"] == "identity"


def test_runs_at_the_same_time_fetch_a_file_once(trial: Trial) -> None:
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(trial.fetch("good.bin"))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 5
    assert len(trial.server.asked) == 1


def test_certificates_that_can_not_be_read_are_told() -> None:
    assert trusted({}).cert_store_stats()["x509"] >= 0
    with pytest.raises(DownloadError, match=r"certificates in /nowhere/ca\.pem"):
        trusted({"SSL_CERT_FILE": "/nowhere/ca.pem"})


@pytest.mark.parametrize("address", ["ftp://x.example/a", "maven:com/x.jar", "file:///etc/passwd"])
def test_other_addresses_than_those_of_http_are_refused(trial: Trial, address: str) -> None:
    with pytest.raises(DownloadError, match="not an HTTP address"):
        fetch(Download(address=address, sha256=SHA256), trial.fetching)


@pytest.fixture
def client() -> HttpTransport:
    return HttpTransport(context=trusted({}), proxy_for=lambda _: "", login_for=lambda _: "")


def test_a_question_has_a_body_and_headers(server: Server, client: HttpTransport) -> None:
    request = Request(
        address=f"{server.address}/echo", method="POST", headers={"authorization": "Bearer a"}, body=b"text"
    )
    response = client.ask(request)
    assert (response.status, response.body) == (201, b"text")
    assert response.headers["content-length"] == "4"
    ((_path, headers),) = server.asked
    assert headers["authorization"] == "Bearer a"


def test_only_a_get_follows_redirections(server: Server, client: HttpTransport) -> None:
    assert client.ask(Request(address=f"{server.address}/moved.bin")).body == CONTENT
    assert client.ask(Request(address=f"{server.address}/moved", method="POST", body=b"a")).status == 302
    assert len(server.asked) == 3


def test_what_lets_us_in_is_not_told_to_another_server(server: Server, client: HttpTransport) -> None:
    with running() as other:
        server.elsewhere = f"{other.address}/good.bin"
        request = Request(address=f"{server.address}/elsewhere.bin", headers={"authorization": "Bearer a"})
        assert client.ask(request).body == CONTENT
        assert "authorization" in server.asked[0][1]
        assert "authorization" not in other.asked[0][1]


def test_a_server_that_is_not_there(server: Server, client: HttpTransport) -> None:
    address = server.address
    server.shutdown()
    server.server_close()
    with pytest.raises(NoResponseError):
        client.ask(Request(address=address))
