"""Pages of the simple API: which files of a project an index has; pure.

Sources: PEP 503 (HTML), PEP 691 (JSON), now both in the Simple Repository API of the packaging specifications.
"""

from __future__ import annotations

import json
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from cibw.model.release import IndexFile

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
"""The forms that are read, the best first."""


def parse_page(text: str, *, content_type: str, address: str) -> tuple[IndexFile, ...]:
    """The files on a project's page; `address` is the page's own. ValueError where the text is no such page."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("json"):
        return _from_json(text, address)
    if kind.endswith("html") or not kind:
        return _from_html(text, address)
    raise ValueError(f"the page is {kind}, and neither JSON nor HTML")


def _from_json(text: str, address: str) -> tuple[IndexFile, ...]:
    data: object = json.loads(text)
    files = data.get("files") if isinstance(data, dict) else None
    if not isinstance(files, list):
        raise _odd("the page lists no files")
    return tuple(_entry(item, address) for item in files)


def _odd(message: str) -> ValueError:
    return ValueError(message)


def _entry(item: object, address: str) -> IndexFile:
    name = item.get("filename") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(name, str):
        raise _odd("a file on the page has no name")
    hashes, url = item.get("hashes"), item.get("url")
    sha256 = hashes.get("sha256") if isinstance(hashes, dict) else None
    return IndexFile(
        filename=name,
        sha256=sha256.lower() if isinstance(sha256, str) else "",
        address=urljoin(address, url) if isinstance(url, str) else "",
    )


def _from_html(text: str, address: str) -> tuple[IndexFile, ...]:
    links = _Links(address)
    links.feed(text)
    links.close()
    return tuple(links.files)


class _Links(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self._base = address
        self.files: list[IndexFile] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href")
        if tag == "base" and target:
            self._base = urljoin(self._base, target)
        if tag == "a" and target:
            self._add(target)

    def _add(self, target: str) -> None:
        address, fragment = urldefrag(urljoin(self._base, target))
        filename = unquote(urlsplit(address).path.rpartition("/")[2])
        algorithm, _, digest = fragment.partition("=")
        if filename:
            sha256 = digest.lower() if algorithm == "sha256" else ""
            self.files.append(IndexFile(filename=filename, sha256=sha256, address=address))
