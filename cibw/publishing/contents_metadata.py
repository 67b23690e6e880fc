"""Parse METADATA or PKG-INFO."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from packaging.metadata import ExceptionGroup, InvalidMetadata, Metadata, parse_email

from cibw.publishing.contents import PackageMetadata

_MOST_LINES = 20_000
"""The largest projects have some thousand requirements."""
_MOST_NAMES = 200
"""The specification has about thirty fields."""
_LONGEST_FAULT = 300
_LONGEST_FIELD = 10_000
"""The libraries need quadratic time for some fields."""
_UNKNOWN = "UNKNOWN"
"""distutils writes this for a field that is not set; the index ignores it."""
_NAMING = ("name", "version")
_OF_TEXT = ("description", "keywords", "license", "summary")
# These headers would make the email parser decode or split the description.
_OF_MAIL = re.compile(rb"(content-[\w-]+|mime-version)\s*:", re.IGNORECASE)
_LIBRARY_FAULTS = (ValueError, TypeError, AttributeError, LookupError, AssertionError, RecursionError)
"""Errors of the libraries for unexpected input, such as a version of 5,000 digits."""


def read_metadata(data: bytes) -> PackageMetadata:
    """The fields, and all their violations of the core metadata specification. Accepts any bytes."""
    head, body = _split(data)
    names = {line.partition(b":")[0] for line in head if not line.startswith((b" ", b"\t"))}
    if len(head) > _MOST_LINES or len(names) > _MOST_NAMES:
        fault = f"there are {len(head)} lines with {len(names)} field names; nothing was read"
        return PackageMetadata(fields={}, faults=(("metadata", fault),))
    kept, odd = _judged(head)
    data = b"".join((*kept, body))
    metadata = PackageMetadata(fields=dict(_fields(data)))
    # Older setuptools wrote License-File into older metadata versions; uploads omit it there, so it is harmless.
    strange = () if metadata.has_license_files else ("license-file",)
    return replace(metadata, faults=tuple(fault for fault in (*_faults(data), *odd) if fault[0] not in strange))


def _split(data: bytes) -> tuple[list[bytes], bytes]:
    """The lines of the header, and the rest."""
    place = re.search(rb"^\r?\n", data, re.MULTILINE)
    end = place.start() if place else len(data)
    return data[:end].splitlines(keepends=True), data[end:]


def _judged(head: list[bytes]) -> tuple[list[bytes], tuple[tuple[str, str], ...]]:
    """The header fields that are safe to parse with the libraries, and the faults of the others."""
    fields: list[bytes] = []
    continued: list[bytes] = []
    for line in head:
        if continued and not line.startswith((b" ", b"\t")):
            fields.append(b"".join(continued))
            continued = []
        continued.append(line)
    fields.append(b"".join(continued))
    faults: dict[tuple[str, str], None] = {}
    kept: list[bytes] = []
    for field in fields:
        name = field.partition(b":")[0].strip().decode("ascii", "replace").lower()
        if _OF_MAIL.match(field):
            faults[name, f"unrecognized field: {name!r}"] = None
        elif len(field) > _LONGEST_FIELD and name not in _OF_TEXT:
            faults[name, f"{name!r} is longer than {_LONGEST_FIELD} bytes"] = None
        else:
            kept.append(field)
    return kept, tuple(faults)


def _fields(data: bytes) -> Iterator[tuple[str, tuple[str, ...]]]:
    try:
        raw, unparsed = parse_email(data)
    except _LIBRARY_FAULTS:
        return
    for name, value in raw.items():
        texts = _texts(value)
        if name not in _NAMING:
            texts = tuple(text for text in texts if text.strip() != _UNKNOWN)
        if texts:
            yield name, texts
    for name, values in unparsed.items():
        yield f"unread {name}", tuple(map(str, values))


def _texts(value: object) -> tuple[str, ...]:
    match value:
        case str():
            return (value,)
        case list():
            return tuple(str(one) for one in value)
        case dict():
            return tuple(f"{label}, {address}" for label, address in value.items())
        case _:
            return ()


def _faults(data: bytes) -> tuple[tuple[str, str], ...]:
    try:
        Metadata.from_email(data)
    except ExceptionGroup as group:
        return tuple(sorted({_fault(error) for error in group.exceptions}))
    except _LIBRARY_FAULTS as error:
        return (_fault(error),)
    return ()


def _fault(error: Exception) -> tuple[str, str]:
    text = str(error) or type(error).__name__
    shown = text if len(text) <= _LONGEST_FAULT else f"{text[:_LONGEST_FAULT]}..."
    return (error.field if isinstance(error, InvalidMetadata) else "metadata", shown)
