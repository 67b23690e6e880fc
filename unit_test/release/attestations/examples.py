"""Attestations for unit tests, which nobody has signed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from cibw.model.http import Predicate
from unit_test.release.releasing import hash_of


def attestation(filename: str, predicate: Predicate = Predicate.PUBLISH, sha256: str = "") -> bytes:
    """An attestation of a file with the hash that tests give it, or another one."""
    subject = {"name": filename, "digest": {"sha256": sha256 or hash_of(filename)}}
    return enveloped(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [subject],
            "predicateType": f"https://docs.example{predicate.value}",
            "predicate": None,
        }
    )


def enveloped(statement: object) -> bytes:
    """An attestation around any statement."""
    return around(json.dumps(statement).encode())


def around(statement: bytes) -> bytes:
    """An attestation around bytes."""
    envelope = {"statement": base64.b64encode(statement).decode(), "signature": ""}
    return json.dumps({"version": 1, "verification_material": {}, "envelope": envelope}).encode()


def lay(path: Path, content: bytes = b"x") -> Path:
    """A file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
