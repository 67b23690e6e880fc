"""An issuer of identities on loopback (OpenID Connect), and what makes this computer look like a CI."""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER = "https://issuer.example"
BEARER = "planted-runner-secret"
GITHUB: Mapping[str, str] = {
    "repository": "octo/hello",
    "repository_owner": "octo",
    "workflow_ref": "octo/hello/.github/workflows/release.yml@refs/tags/v1.0",
    "job_workflow_ref": "octo/hello/.github/workflows/release.yml@refs/tags/v1.0",
    "environment": "index",
    "ref": "refs/tags/v1.0",
    "event_name": "push",
}
_VARIABLES = ("GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "BUILDKITE", "GOOGLE_SERVICE_ACCOUNT_NAME", "CI")


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(slots=True)
class Issuer:
    """Signs identities with claims; `address` is where a job asks for one, and `refuses` makes it answer 500."""

    claims: Mapping[str, str] = field(default_factory=lambda: dict(GITHUB))
    key: rsa.RSAPrivateKey = field(default_factory=_new_key, repr=False)
    address: str = ""
    refuses: bool = False
    issued: list[str] = field(default_factory=list)

    def issue(self, audience: str, **more: object) -> str:
        """A new identity for an audience; every one has a number of its own (`jti`)."""
        now = int(time.time())
        own: dict[str, object] = {"iss": ISSUER, "aud": audience, "iat": now, "nbf": now, "exp": now + 300}
        token = jwt.encode({**own, "jti": uuid.uuid4().hex, **self.claims, **more}, self.key, algorithm="RS256")
        self.issued.append(token)
        return token

    def github(self) -> dict[str, str]:
        """The variables of a job of GitHub that may ask for identities."""
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REF": "refs/tags/v1.0",
            "GITHUB_EVENT_NAME": "push",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": BEARER,
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.address}?api-version=2",
        }


def without_ci(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without what CIs and logins leave in it."""
    starts = ("ACTIONS_", "CIBW_", "GITHUB_", "TWINE_", "UV_PUBLISH", "BUILDKITE", "CIRCLE", "CI_")
    return {
        name: value for name, value in environment.items() if name not in _VARIABLES and not name.startswith(starts)
    }


@contextmanager
def issuing(claims: Mapping[str, str] = GITHUB) -> Iterator[Issuer]:
    """An issuer that listens, as that of GitHub does."""
    issuer = Issuer(claims=claims)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # uv writes Bearer, and others bearer.
            allowed = self.headers.get("authorization", "").lower() == f"bearer {BEARER}"
            audience = parse_qs(urlsplit(self.path).query).get("audience", [""])[0]
            body = json.dumps({"value": issuer.issue(audience)} if allowed and not issuer.refuses else {}).encode()
            self.send_response(500 if issuer.refuses else 200 if allowed else 401)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal of the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.address = f"http://127.0.0.1:{server.server_port}/token"
    with running(server):
        yield issuer


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[None]:
    """Let a server answer in a thread, and close it at the end."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def fake_program(directory: Path, name: str, issuer: Issuer) -> Path:
    """The program `buildkite-agent` or `circleci`: it prints an identity, by the arguments of the real one."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_text(
        f"#!{sys.executable}\n"
        "import json, sys, urllib.request\n"
        "words = sys.argv[1:]\n"
        "if words[:3] == ['oidc', 'request-token', '--audience']: audience = words[3]\n"
        "elif words[:4] == ['run', 'oidc', 'get', '--claims']: audience = json.loads(words[4])['aud']\n"
        "else: sys.exit(f'unknown: {words}')\n"
        f"request = urllib.request.Request('{issuer.address}?audience=' + audience,"
        f" headers={{'Authorization': 'bearer {BEARER}'}})\n"
        "with urllib.request.urlopen(request) as answer: print(json.load(answer)['value'])\n"
    )
    path.chmod(0o755)
    return path
