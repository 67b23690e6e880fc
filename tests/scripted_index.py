"""A package index on loopback that answers as a script says: uploads, looks at its pages, and anything else."""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.index_servers import IndexServer

SIGN_IN = "<!DOCTYPE html><title>Contoso</title><p>Please <a href='/sign-in'>sign in</a>.</p>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer of the script; an upload that gets it is kept where it is `kept`."""

    status: int = 200
    text: str = ""
    kind: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)
    kept: bool = False


PAGE = Said(text=SIGN_IN, kind="text/html; charset=utf-8")


@dataclass(slots=True)
class Index:
    """The files that were taken, and the script; without one, uploads are kept and pages list what was kept.

    `pages` are answers to looks at pages, `uploads` those to uploads: each is given once, the last one from then on.
    `others` are answers by path. `asked` has all requests, `logins` the Authorization of each.
    """

    uploads: list[Said] = field(default_factory=list)
    pages: list[Said] = field(default_factory=list)
    others: dict[str, Said] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    yanked: dict[str, str | bool] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    forms: list[list[tuple[str, str]]] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)

    def page(self, path: str) -> Said:
        """The answer to a look."""
        if path in self.others:
            return self.others[path]
        if self.pages:
            return self.pages.pop(0) if len(self.pages) > 1 else self.pages[0]
        if not self.files:
            return Said(status=404)
        files = [
            {"filename": name, "url": name, "hashes": {"sha256": sha256}, "yanked": self.yanked.get(name, False)}
            for name, sha256 in self.files.items()
        ]
        text = json.dumps({"meta": {"api-version": "1.1"}, "name": "demo", "files": files})
        return Said(text=text, kind="application/vnd.pypi.simple.v1+json")

    def take(self, form: list[tuple[str, str]], filename: str, content: bytes) -> Said:
        """The answer to an upload."""
        self.forms.append(form)
        said = Said(kept=True)
        if self.uploads:
            said = self.uploads.pop(0) if len(self.uploads) > 1 else self.uploads[0]
        if said.kept:
            self.files[filename], self.contents[filename] = hashlib.sha256(content).hexdigest(), content
        return said


@contextmanager
def scripted_index(index: Index, directory: Path, context: ssl.SSLContext | None = None) -> Iterator[IndexServer]:
    """The index, running, by TLS where there is a context; it takes any login."""
    with _Server(index) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        base = f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
        try:
            yield IndexServer(upload=f"{base}/legacy/", simple=f"{base}/simple/", directory=directory)
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, index: Index) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.index = index


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        index = self._noted()
        content = index.contents.get(self.path.rpartition("/")[2])
        if content is None:
            self._say(index.page(self.path))
        else:
            self._send(200, {"Content-Type": "application/octet-stream"}, content)

    def do_POST(self) -> None:
        index = self._noted()
        body = self.rfile.read(int(self.headers["content-length"]))
        known = index.others.get(self.path)
        self._say(known or index.take(*_form(self.headers["content-type"], body)))

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def _noted(self) -> Index:
        assert isinstance(self.server, _Server)
        self.server.index.asked.append(f"{self.command} {self.path}")
        self.server.index.logins.append(self.headers.get("authorization", ""))
        return self.server.index

    def _say(self, said: Said) -> None:
        self._send(said.status, {"Content-Type": said.kind, **said.headers}, said.text.encode())

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _form(kind: str, body: bytes) -> tuple[list[tuple[str, str]], str, bytes]:
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    fields, filename, content = [], "", b""
    for part in message.walk():
        if part.is_multipart():
            continue
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        if part.get_filename():
            filename, content = str(part.get_filename()), payload
        else:
            name = str(part.get_param("name", header="content-disposition"))
            fields.append((name, payload.decode("utf-8", "replace")))
    return fields, filename, content
