"""Sigstore on loopback: an authority (Fulcio v2) with its log of certificates (RFC 6962), and a log (Rekor v1).

Certificates and entries are signed for real, by keys that only the file with the trust configuration speaks of.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.sigstore_certificates import Authority
from tests.sigstore_log import Log
from tests.trusted_issuer import ISSUER, Issuer, running

_START = {"start": "2020-01-01T00:00:00Z"}


@dataclass(slots=True)
class Sigstore:
    """The services; `config` is the file with the trust configuration.

    `outages` says how often the authority and the log answer `status` before they work; `asked` has every request.
    `slow` are seconds before each answer.
    """

    issuer: Issuer
    config: Path
    outages: dict[str, int] = field(default_factory=dict)
    status: int = 503
    slow: float = 0.0
    asked: list[str] = field(default_factory=list)
    authority: Authority = field(default_factory=Authority)
    log: Log = field(default_factory=Log)

    def answer(self, path: str, authorization: str, body: bytes) -> tuple[int, Mapping[str, object]]:
        """The status and the answer to a request."""
        service = {"/api/v2/signingCert": "authority", "/api/v1/log/entries": "log"}.get(path, "")
        self.asked.append(service or path)
        time.sleep(self.slow)
        if self.outages.get(service, 0):
            self.outages[service] -= 1
            return self.status, {"code": self.status, "message": "temporarily unavailable"}
        request = json.loads(body)
        if service == "authority":
            return self._certified(authorization.removeprefix("Bearer "), request["certificateSigningRequest"])
        return (201, self.log.add(request["spec"]["proposedContent"])) if service == "log" else (404, {"message": path})

    def _certified(self, identity: str, request: str) -> tuple[int, Mapping[str, object]]:
        try:
            key = self.issuer.key.public_key()
            claims = jwt.decode(identity, key, algorithms=["RS256"], audience="sigstore", issuer=ISSUER)
        except jwt.PyJWTError as error:
            return 401, {"code": 16, "message": f"There was an error processing the identity token: {error}"}
        asked = x509.load_pem_x509_csr(base64.b64decode(request)).public_key()
        assert isinstance(asked, ec.EllipticCurvePublicKey)
        leaf = self.authority.certify(asked, claims)
        chain = [one.public_bytes(Encoding.PEM).decode() for one in (leaf, self.authority.certificate)]
        return 200, {"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}}

    def write_config(self, address: str) -> None:
        """Write what a client must know to sign with these services and to verify what they have signed."""
        service = [{"url": address, "majorApiVersion": 1, "validFor": _START, "operator": "loopback"}]
        root = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [_instance(address, self.log.key)],
            "ctlogs": [_instance(address, self.authority.log_key)],
            "certificateAuthorities": [self._chain(address)],
        }
        signing = {
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": service,
            "rekorTlogUrls": service,
            "rekorTlogConfig": {"selector": "ANY"},
        }
        kind = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
        self.config.write_text(json.dumps({"mediaType": kind, "trustedRoot": root, "signingConfig": signing}))

    def _chain(self, address: str) -> Mapping[str, object]:
        raw = base64.b64encode(self.authority.certificate.public_bytes(Encoding.DER)).decode()
        return {
            "subject": {"organization": "loopback", "commonName": "loopback"},
            "uri": address,
            "certChain": {"certificates": [{"rawBytes": raw}]},
            "validFor": _START,
        }


def _instance(address: str, key: ec.EllipticCurvePrivateKey) -> Mapping[str, object]:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    public = {
        "rawBytes": base64.b64encode(der).decode(),
        "keyDetails": "PKIX_ECDSA_P256_SHA_256",
        "validFor": _START,
    }
    name = base64.b64encode(hashlib.sha256(der).digest()).decode()
    return {"baseUrl": address, "hashAlgorithm": "SHA2_256", "publicKey": public, "logId": {"keyId": name}}


@contextmanager
def sigstore(directory: Path, issuer: Issuer) -> Iterator[Sigstore]:
    """The services as long as the context lives; they take the identities of one issuer."""
    services = Sigstore(issuer=issuer, config=directory / "sigstore.json")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, told = services.answer(self.path, self.headers.get("authorization", ""), body)
            text = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal of the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    services.write_config(f"http://127.0.0.1:{server.server_port}")
    with running(server):
        yield services
