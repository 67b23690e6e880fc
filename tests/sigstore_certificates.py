"""The certificates of a loopback Sigstore: for the identity of a CI's run, with the promise of a log in them."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
GITLAB_ISSUER = "https://gitlab.com"
_FIELDS = "1.3.6.1.4.1.57264.1"
_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
_PRECERTIFICATE_ENTRY = 1


def new_key() -> ec.EllipticCurvePrivateKey:
    """A key of the kind that all services of Sigstore have."""
    return ec.generate_private_key(ec.SECP256R1())


def public_der(key: ec.EllipticCurvePublicKey) -> bytes:
    """The bytes of a public key, of which its identity is the SHA-256."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """A signature by ECDSA and SHA-256."""
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _blank(key: ec.EllipticCurvePublicKey, subject: x509.Name, life: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_NAME)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


@dataclass(slots=True)
class Authority:
    """Gives certificates that are good for ten minutes; `life` may be shorter. `log_key` is that of its log."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    log_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    life: timedelta = timedelta(minutes=10)
    certificate: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        builder = _blank(self.key.public_key(), _NAME, timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(is_authority=True), critical=True)
        self.certificate = builder.sign(self.key, hashes.SHA256())

    def certify(self, key: ec.EllipticCurvePublicKey, claims: Mapping[str, object]) -> x509.Certificate:
        """A certificate for a key and the claims of an identity."""
        known = {name: str(value) for name, value in claims.items()}
        issuer = self.key.public_key()
        builder = _blank(key, x509.Name([]), self.life)
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
        builder = builder.add_extension(_usage(is_authority=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        place = x509.UniformResourceIdentifier(_signer(known))
        builder = builder.add_extension(x509.SubjectAlternativeName([place]), critical=True)
        for number, text in _fields(known):
            name = x509.ObjectIdentifier(f"{_FIELDS}.{number}")
            builder = builder.add_extension(x509.UnrecognizedExtension(name, _utf8(text)), critical=False)
        promise = self._promise(builder.sign(self.key, hashes.SHA256()).tbs_certificate_bytes)
        name = ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS
        builder = builder.add_extension(x509.UnrecognizedExtension(name, promise), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def _promise(self, certificate: bytes) -> bytes:
        """The promise of the log for a certificate without a promise (RFC 6962, section 3.2)."""
        head = struct.pack("!Q", int(datetime.now(timezone.utc).timestamp() * 1000))
        issuer = hashlib.sha256(public_der(self.key.public_key())).digest()
        entry = issuer + len(certificate).to_bytes(3, "big") + certificate
        signed = b"\0\0" + head + _PRECERTIFICATE_ENTRY.to_bytes(2, "big") + entry + b"\0\0"
        signature = sign(self.log_key, signed)
        log = hashlib.sha256(public_der(self.log_key.public_key())).digest()
        # Version 1, no extensions; SHA-256 and ECDSA.
        one = b"\0" + log + head + b"\0\0" + b"\x04\x03" + len(signature).to_bytes(2, "big") + signature
        together = len(one).to_bytes(2, "big") + one
        return _der(0x04, len(together).to_bytes(2, "big") + together)


def _signer(claims: Mapping[str, str]) -> str:
    if "project_path" in claims:
        return f"https://{claims['ci_config_ref_uri']}"
    return f"https://github.com/{claims['job_workflow_ref']}"


def _fields(claims: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """What Fulcio writes of an identity into a certificate, by the numbers of its documentation of extensions."""
    if "project_path" in claims:
        yield 8, GITLAB_ISSUER
        yield 12, f"https://gitlab.com/{claims['project_path']}"
        yield 18, f"https://{claims['ci_config_ref_uri']}"
    else:
        yield 8, GITHUB_ISSUER
        yield 12, f"https://github.com/{claims['repository']}"
        yield 18, f"https://github.com/{claims['workflow_ref']}"
    yield 9, _signer(claims)
    yield 14, claims["ref"]
    if "sha" in claims:
        yield 13, claims["sha"]


def _utf8(text: str) -> bytes:
    return _der(0x0C, text.encode())


def _der(tag: int, content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    size = len(content).to_bytes(2, "big").lstrip(b"\0")
    return bytes((tag, 0x80 | len(size))) + size + content
