"""Attestation files: their statements, and whether they match the distribution next to them."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import urlsplit

from cibw.limited import parse_json, read_limited
from cibw.model.attestations import Predicate, Statement
from cibw.model.distribution import ATTESTATION_ENDING, PROVENANCE_ENDING, Distribution
from cibw.publishing.attest_rules import Leftover, Leftovers

_PREDICATES = {predicate.value: predicate for predicate in Predicate}


def attestation_path(distribution: Path) -> Path:
    """The path of a publish attestation, next to its distribution."""
    return distribution.with_name(f"{distribution.name}{ATTESTATION_ENDING}")


def read_statement(text: bytes) -> Statement:
    """The statement of an attestation (PEP 740), unverified; ValueError describes what is invalid."""
    attestation = _entries(_parsed(text, "it is not JSON"), "it is not an attestation")
    encoded = _entries(attestation.get("envelope"), "it has no envelope").get("statement")
    if not isinstance(encoded, str):
        raise _odd("its envelope has no statement")
    statement = _entries(_parsed(_decoded(encoded), "its statement is not JSON"), "its statement is invalid")
    subjects = statement.get("subject")
    if not isinstance(subjects, list) or len(subjects) != 1:
        raise _odd("it is not for exactly one file")
    subject = _entries(subjects[0], "its subject is invalid")
    name, sha256 = subject.get("name"), _entries(subject.get("digest"), "its subject has no hash").get("sha256")
    kind = statement.get("predicateType")
    predicate = _PREDICATES.get(urlsplit(kind).path) if isinstance(kind, str) else None
    if not isinstance(name, str) or not isinstance(sha256, str):
        raise _odd("its subject has no name or no SHA-256")
    if predicate is None:
        raise _odd("its predicate type is not one that indexes accept")
    return Statement(filename=name, sha256=sha256, predicate=predicate)


def misfit(text: bytes, distribution: Distribution, predicate: Predicate) -> str:
    """Why an attestation does not match a distribution, or an empty string. No signature is verified."""
    try:
        statement = read_statement(text)
    except ValueError as error:
        return str(error)
    if statement.predicate is not predicate:
        return f"it has another predicate ({statement.predicate.value})"
    if statement.filename != distribution.filename:
        return f"it is for {statement.filename}"
    return "" if statement.sha256 == distribution.sha256 else "it is for a file with another SHA-256"


def leftovers(path: str, distribution: Distribution) -> Leftovers:
    """The existing attestations next to a distribution."""
    beside = Path(path)
    return Leftovers(
        publish=_leftover(attestation_path(beside), distribution, Predicate.PUBLISH),
        provenance=_leftover(beside.with_name(f"{beside.name}{PROVENANCE_ENDING}"), distribution, Predicate.PROVENANCE),
    )


def _leftover(path: Path, distribution: Distribution, predicate: Predicate) -> Leftover | None:
    try:
        text = read_limited(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        return Leftover(path=str(path), misfit=f"it cannot be read ({error.strerror or error})")
    except ValueError as error:
        return Leftover(path=str(path), misfit=str(error))
    return Leftover(path=str(path), misfit=misfit(text, distribution, predicate))


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded)
    except ValueError as error:
        raise _odd("its statement is not base64") from error


def _parsed(text: bytes, fault: str) -> object:
    try:
        value: object = parse_json(text)
    except ValueError as error:
        raise _odd(fault) from error
    return value


def _entries(value: object, fault: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _odd(fault)
    return {str(name): entry for name, entry in value.items()}


def _odd(message: str) -> ValueError:
    return ValueError(message)
