"""From the bytes of METADATA or PKG-INFO to fields."""

from __future__ import annotations

from dataclasses import replace

from packaging.metadata import ExceptionGroup, InvalidMetadata, Metadata, parse_email

from cibw.publishing.contents import PackageMetadata


def read_metadata(data: bytes) -> PackageMetadata:
    """The fields, and everything that the specification of core metadata has against them; of any bytes at all."""
    raw, unparsed = parse_email(data)
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in raw.items():
        texts = _texts(value)
        if texts:
            fields[name] = texts
    for name, values in unparsed.items():
        fields.setdefault(f"unread {name}", tuple(values))
    metadata = PackageMetadata(fields=fields)
    # Setuptools long wrote License-File into older metadata; uploads leave it out there, so nobody minds.
    strange = () if metadata.has_license_files else ("license-file",)
    return replace(metadata, faults=tuple(fault for fault in _faults(data) if fault[0] not in strange))


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
    return ()


def _fault(error: Exception) -> tuple[str, str]:
    return (error.field if isinstance(error, InvalidMetadata) else "metadata", str(error))
