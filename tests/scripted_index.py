"""A package index on loopback that answers as a script says: uploads, looks at its pages, and anything else."""

from __future__ import annotations

import hashlib
import json
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
            self.files[filename] = hashlib.sha256(content).hexdigest()
        return said


@contextmanager
def scripted_index(index: Index, directory: Path) -> Iterator[IndexServer]:
    """The index, running; it takes any login."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._note()
            self._say(index.page(self.path))

        def do_POST(self) -> None:
            self._note()
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path in index.others:
                self._say(index.others[self.path])
            else:
                self._say(index.take(*_form(self.headers["content-type"], body)))

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

        def _note(self) -> None:
            index.asked.append(f"{self.command} {self.path}")
            index.logins.append(self.headers.get("authorization", ""))

        def _say(self, said: Said) -> None:
            body = said.text.encode()
            self.send_response(said.status)
            for name, value in {"Content-Type": said.kind, "Content-Length": str(len(body)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        base = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield IndexServer(upload=f"{base}/legacy/", simple=f"{base}/simple/", directory=directory)
        finally:
            server.shutdown()
            thread.join()


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
