"""A package index on loopback whose answers fail as a script says."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.releases import make_wheel

DROP, HOLD, HALF, PAGE = -1, -2, -3, -4
"""Faults that are no statuses: break the connection, never answer, stop halfway, answer with a page for people."""
_CHUNK = 100


@dataclass(slots=True)
class Script:
    """What happens to requests: each takes the next of `faults`, then `always` holds; 0 is a true answer."""

    faults: list[int] = field(default_factory=list)
    always: int = 0
    asked: list[str] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, path: str) -> int:
        """Note a request, and give its fault."""
        with self.lock:
            self.asked.append(path)
            return self.faults.pop(0) if self.faults else self.always


@contextmanager
def faulty_index(root: Path, *projects: str) -> Iterator[tuple[str, Script]]:
    """The address of the simple API of an index with a wheel of version 1.0 of each project, and its script."""
    for project in projects:
        directory = root / "simple" / project
        wheel = make_wheel(directory, project, "1.0", tag="py3-none-any")
        (directory / "index.html").write_text(f'<!DOCTYPE html><a href="{wheel.name}">{wheel.name}</a>')
    script = Script()
    with _Server(root, script) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/simple", script
        finally:
            script.let_go.set()
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, root: Path, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(root)))
        self.script = script


class _Handler(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        script = self._script
        fault = script.next(self.path)
        if fault > 0:
            self.send_error(fault)
        elif fault == PAGE:
            self._send(b"<html>Please log in to the network of this hotel.</html>")
        elif fault == HALF:
            self._send(bytes(_CHUNK), announced=10 * _CHUNK)
        elif fault:
            if fault == HOLD:
                script.held.set()
                script.let_go.wait()
            self._break()
        else:
            super().do_GET()

    def do_HEAD(self) -> None:
        self.send_error(405)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    @property
    def _script(self) -> Script:
        assert isinstance(self.server, _Server)
        return self.server.script

    def _send(self, body: bytes, announced: int = 0) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(announced or len(body)))
        self.end_headers()
        self.wfile.write(body)
        if announced:
            self.wfile.flush()
            self._break()

    def _break(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True
