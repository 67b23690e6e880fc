"""Parse pages of the simple API, which list the files of a project; pure.

Sources: PEP 503 (HTML), PEP 691 (JSON), now both in the Simple Repository API of the packaging specifications.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from cibw.limited import parse_json
from cibw.model.release import IndexFile

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
"""The supported formats, best first."""
_OPENING = re.compile(r"<!--|<(?P<tag>a|base|script|style)(?=[\s/>])", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""[\s/]*(?P<name>[^\s/>=]+)\s*(?:=\s*(?:"(?P<double>[^"]*)"?|'(?P<single>[^']*)'?|(?P<bare>[^\s>]*)))?"""
)


def parse_page(text: str, *, content_type: str, address: str) -> tuple[IndexFile, ...]:
    """The files on a project's page; `address` is the page's URL. ValueError if the text is not such a page."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("json"):
        return _from_json(text, address)
    if kind.endswith("html") or not kind:
        return _from_html(text, address)
    raise ValueError(f"the page is {kind}, not JSON or HTML")


def _from_json(text: str, address: str) -> tuple[IndexFile, ...]:
    data: object = parse_json(text)
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
        yanked=_reason(item.get("yanked")),
    )


def _reason(told: object) -> str | None:
    if isinstance(told, str) and told:
        return " ".join(told.split())
    return "" if told is True else None


def _from_html(text: str, address: str) -> tuple[IndexFile, ...]:
    base = address
    files: list[IndexFile] = []
    for tag, attributes in _linking(text):
        target = urljoin(base, attributes["href"])
        if tag == "base":
            base = target
        else:
            files += _linked(target, _reason(attributes.get("data-yanked", "") or "data-yanked" in attributes))
    return tuple(files)


def _linking(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The names and attributes of the tags `a` and `base` with a link.

    Each character is read once. The parser of the standard library does not guarantee this for unclosed tags.
    """
    position = 0
    while opening := _OPENING.search(text, position):
        position = opening.end()
        tag = (opening["tag"] or "").lower()
        if tag in ("a", "base"):
            attributes, position = _attributes(text, position)
            if attributes.get("href"):
                yield tag, attributes
        else:
            end = "-->" if not tag else f"</{tag}"
            found = text.find(end, position)
            position = len(text) if found < 0 else found


def _attributes(text: str, position: int) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    while match := _ATTRIBUTE.match(text, position):
        position = match.end()
        value = next((one for one in match.group("double", "single", "bare") if one is not None), "")
        found.setdefault(match["name"].lower(), unescape(value))
    return found, position


def _linked(target: str, yanked: str | None) -> Iterator[IndexFile]:
    address, fragment = urldefrag(target)
    filename = unquote(urlsplit(address).path.rpartition("/")[2])
    algorithm, _, digest = fragment.partition("=")
    if filename:
        sha256 = digest.lower() if algorithm == "sha256" else ""
        yield IndexFile(filename=filename, sha256=sha256, address=address, yanked=yanked)
