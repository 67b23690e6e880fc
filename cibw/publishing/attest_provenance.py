"""Fetch the provenance of a file (PEP 740) from an index."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from cibw.limited import parse_json
from cibw.model.distribution import Distribution
from cibw.model.release import PackageIndex
from cibw.model.web import Question
from cibw.publishing.upload_lookup import Lookup

_SIMPLE: Mapping[str, str] = {"accept": "application/vnd.pypi.simple.v1+json", "cache-control": "max-age=0"}
_PROVENANCE: Mapping[str, str] = {"accept": "application/vnd.pypi.integrity.v1+json, application/json;q=0.5"}


def fetch_provenance(lookup: Lookup, index: PackageIndex, distribution: Distribution) -> bytes | None:
    """The provenance of a file; None if the index has none, UploadError if it does not respond.

    Its URL comes from the page of the simple API, or else is that of the integrity API.
    """
    page = lookup.ask(Question(address=f"{index.simple}{distribution.project}/", headers=_SIMPLE, stay=True))
    named = _named(page.body, distribution.filename) if page.status == 200 else ""
    address = urljoin(f"{index.simple}{distribution.project}/", named) if named else _usual(index, distribution)
    answer = lookup.ask(Question(address=address, headers=_PROVENANCE, stay=not named), index.simple)
    return answer.body if answer.status == 200 else None


def _usual(index: PackageIndex, distribution: Distribution) -> str:
    parts = urlsplit(index.simple)
    path = f"integrity/{distribution.project}/{distribution.version}/{distribution.filename}/provenance"
    return f"{parts.scheme}://{parts.netloc}/{path}"


def _named(page: bytes, filename: str) -> str:
    try:
        data: object = parse_json(page)
    except ValueError:
        return ""
    files = data.get("files") if isinstance(data, dict) else None
    for file in files if isinstance(files, list) else ():
        if isinstance(file, dict) and file.get("filename") == filename:
            provenance = file.get("provenance")
            return provenance if isinstance(provenance, str) else ""
    return ""
