"""The log of a loopback Sigstore (Rekor v1): a tree of hashes (RFC 6962, section 2.1) that grows by each entry."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec

from tests.sigstore_certificates import new_key, public_der, sign


@dataclass(slots=True)
class Log:
    """The entries so far."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    leaves: list[bytes] = field(default_factory=list)

    def add(self, proposed: Mapping[str, object]) -> Mapping[str, object]:
        """Take an envelope (DSSE) with its certificate; gives the answer of Rekor."""
        body = _canonical(_entry(proposed))
        self.leaves.append(hashlib.sha256(b"\0" + body).digest())
        index, name = len(self.leaves) - 1, hashlib.sha256(public_der(self.key.public_key())).digest()
        promised = {
            "body": base64.b64encode(body).decode(),
            "integratedTime": int(time.time()),
            "logID": name.hex(),
            "logIndex": index,
        }
        root = _root(self.leaves)
        proof = {
            "logIndex": index,
            "treeSize": len(self.leaves),
            "rootHash": root.hex(),
            "hashes": [one.hex() for one in _path(index, self.leaves)],
            "checkpoint": self._checkpoint(root, name),
        }
        promise = base64.b64encode(sign(self.key, _canonical(promised))).decode()
        verification = {"signedEntryTimestamp": promise, "inclusionProof": proof}
        return {self.leaves[-1].hex(): {**promised, "verification": verification}}

    def _checkpoint(self, root: bytes, name: bytes) -> str:
        note = f"loopback - 1\n{len(self.leaves)}\n{base64.b64encode(root).decode()}\n"
        signature = base64.b64encode(name[:4] + sign(self.key, note.encode())).decode()
        return f"{note}\n\N{EM DASH} loopback {signature}\n"


def _entry(proposed: Mapping[str, object]) -> Mapping[str, object]:
    text, verifiers = str(proposed["envelope"]), proposed["verifiers"]
    assert isinstance(verifiers, list)
    envelope = json.loads(text)
    signature = {"signature": envelope["signatures"][0]["sig"], "verifier": verifiers[0]}
    payload = hashlib.sha256(base64.b64decode(envelope["payload"])).hexdigest()
    spec = {
        "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(text.encode()).hexdigest()},
        "payloadHash": {"algorithm": "sha256", "value": payload},
        "signatures": [signature],
    }
    return {"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}


def _canonical(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    middle = _middle(leaves)
    return hashlib.sha256(b"\1" + _root(leaves[:middle]) + _root(leaves[middle:])).digest()


def _path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    middle = _middle(leaves)
    if index < middle:
        return [*_path(index, leaves[:middle]), _root(leaves[middle:])]
    return [*_path(index - middle, leaves[middle:]), _root(leaves[:middle])]


def _middle(leaves: list[bytes]) -> int:
    """The largest power of two below the number of leaves."""
    return 1 << ((len(leaves) - 1).bit_length() - 1)
