"""A server on loopback that hands requests on to another one, except where a script says otherwise."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.index_servers import IndexServer

_HOP = frozenset({"connection", "transfer-encoding", "content-length", "server", "date"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one upload in place of its answer: a status, or 0 for a connection that breaks.

    The server behind has got the file all the same where it is `late`.
    """

    status: int = 0
    late: bool = False
    text: str = "the server is being mended"


@dataclass(slots=True)
class Flaky:
    """The script and its record: each upload takes the next fault, and None lets one through.

    `asked` has all requests, `bodies` what uploads sent. The upload number `hold_from`, from 1 on, never gets an
    answer; `held` is set then. `first` is set once a page was read.
    """

    faults: list[Fault | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    hold_from: int = 0
    held: threading.Event = field(default_factory=threading.Event)
    first: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def uploads(self) -> int:
        """How many files were sent, taken or not."""
        return sum(asked.startswith("POST ") for asked in self.asked)


@contextmanager
def flaky(server: IndexServer, *faults: Fault | None) -> Iterator[tuple[IndexServer, Flaky]]:
    """The same index by another address, which fails as the script says."""
    script = Flaky(faults=list(faults))
    with _Server(server.base, script) as between:
        thread = threading.Thread(target=between.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        mine = f"http://127.0.0.1:{between.server_address[1]}"
        upload, simple = (address.replace(server.base, mine) for address in (server.upload, server.simple))
        try:
            yield replace(server, upload=upload, simple=simple), script
        finally:
            script.let_go.set()
            between.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, base: str, script: Flaky) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.base = base
        self.script = script


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._between.script.asked.append(f"GET {self.path}")
        self._reply(*self._behind(b""))
        self._between.script.first.set()

    def do_POST(self) -> None:
        script = self._between.script
        script.asked.append(f"POST {self.path}")
        body = self.rfile.read(int(self.headers["content-length"]))
        script.bodies.append(body)
        if script.uploads == script.hold_from:
            script.held.set()
            script.let_go.wait()
            self._break()
            return
        fault = script.faults.pop(0) if script.faults else None
        answer = self._behind(body) if fault is None or fault.late else None
        if fault is None and answer is not None:
            self._reply(*answer)
        elif fault is not None and fault.status:
            self._reply(fault.status, [], fault.text.encode())
        else:
            self._break()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    @property
    def _between(self) -> _Server:
        assert isinstance(self.server, _Server)
        return self.server

    def _behind(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        target = urlsplit(self._between.base)
        link = http.client.HTTPConnection(target.hostname or "", target.port or 80)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        try:
            link.request(self.command, self.path, body=body or None, headers=headers)
            answer = link.getresponse()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP]
            return answer.status, kept, answer.read()
        finally:
            link.close()

    def _reply(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _break(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True
