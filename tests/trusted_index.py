"""A package index with trusted publishing on loopback: pypiserver behind the exchange of identities for tokens."""

from __future__ import annotations

import base64
import json
import ssl
import sys
import time
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import jwt
import trustme

from tests.attested_index import Attested, remembering
from tests.trusted_issuer import ISSUER, Issuer, running

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

AUDIENCE = "company"
_STATUS = {
    200: "200 OK",
    204: "204 No Content",
    403: "403 Forbidden",
    404: "404 Not Found",
    422: "422 Unprocessable",
    503: "503 Busy",
}


class RefusedError(Exception):
    """An identity that is worth no token; its texts are a code and a description of the index."""


@dataclass(slots=True)
class Desk:
    """Exchanges identities of one issuer for tokens.

    `publisher` has the claims that must be equal, `life` the seconds after which a token ends by the desk's `clock`.
    `asked` has every request to the exchange and every upload, and `status` of the audience is 403 where it is switched
    off.
    """

    issuer: Issuer
    publisher: Mapping[str, str] = field(default_factory=lambda: {"repository": "octo/hello", "environment": "index"})
    audience: str = AUDIENCE
    life: float = 900.0
    status: int = 200
    revocations: bool = True
    clock: Callable[[], float] = time.time
    uploads_per_token: int = 0
    """How many uploads end a token, whatever its life; 0 where they do not."""
    lost: int = 0
    """How many of the first uploads take so long that their token has ended when they arrive."""
    outlasting: int = 0
    """How many of the first uploads are taken, but so slowly that all tokens have ended afterwards."""
    busy: int = 0
    """How many times mint answers that it is busy, before it does its work."""
    asked: list[str] = field(default_factory=list)
    attested: Attested = field(default_factory=dict)
    """The attestations that came along, by the names of files."""
    tokens: dict[str, float] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    _used: set[str] = field(default_factory=set)
    _uploads: dict[str, int] = field(default_factory=dict)

    def accepts(self, username: str, password: str) -> bool:
        """Whether a login is a living token."""
        return username == "__token__" and self.clock() < self.tokens.get(password, 0.0)

    def upload(self, authorization: str) -> None:
        """Note an upload before it is judged, and end tokens that end meanwhile."""
        self.asked.append("upload")
        token = _password(authorization)
        if self.lost:
            self.lost -= 1
            self.tokens.pop(token, None)

    def uploaded(self, authorization: str) -> None:
        """End tokens that end with an upload."""
        token = _password(authorization)
        self._uploads[token] = self._uploads.get(token, 0) + 1
        if self._uploads[token] == self.uploads_per_token:
            self.tokens.pop(token, None)
        if self.outlasting:
            self.outlasting -= 1
            while any(self.clock() <= end + 1 for end in self.tokens.values()):
                time.sleep(0.05)

    def answer(self, what: str, body: bytes) -> tuple[int, Mapping[str, object]]:
        """The status and the answer to a request below `/_/oidc/`."""
        self.asked.append(what)
        if self.status != 200:
            return self.status, {"message": "Not available"}
        if what == "audience":
            return 200, {"audience": self.audience}
        told = json.loads(body)
        if what == "burn-token" and self.revocations:
            self.tokens.pop(told["token"], None)
            self.revoked.append(told["token"])
            return 204, {}
        if what != "mint-token":
            return 404, {"message": "Not Found"}
        return self._minted(str(told["token"]))

    def _minted(self, identity: str) -> tuple[int, Mapping[str, object]]:
        if self.busy:
            self.busy -= 1
            return 503, {"message": "busy"}
        try:
            self._judge(identity)
        except RefusedError as error:
            code, description = error.args
            errors = [{"code": code, "description": description}]
            return 422, {"message": "Token request failed", "errors": errors}
        token, end = f"pypi-{uuid.uuid4().hex}", self.clock() + self.life
        self.tokens[token] = end
        return 200, {"success": True, "message": "", "token": token, "expires": int(end)}

    def _judge(self, identity: str) -> None:
        try:
            claims = jwt.decode(
                identity, self.issuer.key.public_key(), algorithms=["RS256"], audience=self.audience, issuer=ISSUER
            )
        except jwt.InvalidIssuerError as error:
            raise RefusedError("invalid-payload", "unknown trusted publishing issuer") from error
        except jwt.PyJWTError as error:
            raise RefusedError("invalid-token", "malformed or invalid token") from error
        if claims["jti"] in self._used:
            raise RefusedError("invalid-reuse-token", "invalid token: already used")
        if any(claims.get(name) != value for name, value in self.publisher.items()):
            raise RefusedError("invalid-publisher", "valid token, but no corresponding publisher")
        self._used.add(str(claims["jti"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedServer:
    """A running index: where files are sent, its simple API, its files, and the certificate to trust, if it has one."""

    upload: str
    simple: str
    directory: Path
    desk: Desk
    port: int
    authority: Path | None = None

    def files(self) -> list[str]:
        """The names of the files that it has taken."""
        return sorted(path.name for path in self.directory.iterdir())


@contextmanager
def trusted_index(
    directory: Path, desk: Desk, *, tls: bool = False, names: tuple[str, ...] = ()
) -> Iterator[TrustedServer]:
    """An empty index whose uploads need a token of the desk; `names` are other hosts that it stands in for, by TLS."""
    packages = directory / "packages"
    packages.mkdir(parents=True)
    application = remembering(_in_front_of(_pypiserver(packages, desk), desk), desk.attested)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.set_app(application)
    authority = _encrypt(server, directory, names) if tls or names else None
    base = f"{'https' if authority else 'http'}://127.0.0.1:{server.server_port}"
    with running(server):
        yield TrustedServer(
            upload=f"{base}/legacy/",
            simple=f"{base}/simple/",
            directory=packages,
            desk=desk,
            port=server.server_port,
            authority=authority,
        )


def _password(authorization: str) -> str:
    return base64.b64decode(authorization.rpartition(" ")[2]).decode().partition(":")[2]


def _pypiserver(packages: Path, desk: Desk) -> WSGIApplication:
    finders = [*sys.meta_path]
    with warnings.catch_warnings():
        # It imports the module cgi where there is one, and its web framework adds a finder of an old kind for plugins.
        warnings.simplefilter("ignore")
        library = import_module("pypiserver")
    sys.meta_path[:] = finders
    # It has no types; what comes out is an application like any other (PEP 3333).
    application: WSGIApplication = library.app(
        roots=[packages],
        password_file="unused",
        authenticate=["update"],
        auther=desk.accepts,
        disable_fallback=True,
        hash_algo="sha256",
    )
    return application


def _in_front_of(application: WSGIApplication, desk: Desk) -> WSGIApplication:
    def answer(environment: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = str(environment["PATH_INFO"])
        if path.startswith("/_/oidc/"):
            body = environment["wsgi.input"].read(int(environment.get("CONTENT_LENGTH") or 0))
            status, told = desk.answer(path.removeprefix("/_/oidc/"), body)
            text = b"" if status == 204 else json.dumps(told).encode()
            start(_STATUS[status], [("content-type", "application/json"), ("content-length", str(len(text)))])
            return [text]
        if path == "/legacy/":
            authorization = str(environment.get("HTTP_AUTHORIZATION", ""))
            desk.upload(authorization)
            environment["PATH_INFO"] = "/"
            body = list(application(environment, start))
            desk.uploaded(authorization)
            return body
        return application(environment, start)

    return answer


def _encrypt(server: WSGIServer, directory: Path, names: tuple[str, ...]) -> Path:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost", *names).configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    place = directory / "authority.pem"
    authority.cert_pem.write_to_path(str(place))
    return place


class _Server(ThreadingHTTPServer, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing on the terminal of the tests."""
