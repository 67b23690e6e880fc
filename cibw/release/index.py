"""The files on a package index, listed with the simple API."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import SplitResult, unquote, urldefrag, urljoin, urlsplit, urlunsplit

from cibw.errors import ConfigurationError, UploadError
from cibw.model.http import (
    LONGEST_WAIT,
    HttpClient,
    NoResponseError,
    Request,
    Response,
    TransientError,
    asked_wait,
    is_worth_another_try,
    retry,
    waits,
)
from cibw.model.release import IndexFile, Listing, PackageIndex
from cibw.untrusted.http import same_server
from cibw.untrusted.limits import parse_json

# Parse pages of the simple API, which list the files of a project; pure.
#
# Sources: PEP 503 (HTML), PEP 691 (JSON), now both in the Simple Repository API of the packaging specifications.

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


# List the files of a project with the simple API.

_REFUSED = (401, 403)
_OF_DEVPI = "/+simple/"


def anonymous() -> Mapping[str, str]:
    """No headers: the request is anonymous."""
    return {}


def say_nothing(_reason: str, _seconds: float) -> None:
    """Ignore the reason for a wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Requests to an index. Waits between attempts, in seconds, double each time, or are those that the index requests.

    `login` returns the headers with credentials. It is called if the index refuses anonymous requests; other servers
    that a page refers to never get them. `waiting` is called with the reason and the length of each wait.
    """

    client: HttpClient
    login: Callable[[], Mapping[str, str]] = anonymous
    attempts: int = 5
    first_wait: float = 1.0
    sleep: Callable[[float], None] = time.sleep
    waiting: Callable[[str, float], None] = say_nothing

    def listing(self, simple: str, project: str, names: Iterable[str]) -> Listing:
        """The files on the page of a project below `simple`; files in `names` without a hash are downloaded.

        Responses of another server, after a redirect, are ignored. On a page of devpi, only the files of the index
        itself count, not those of its bases. UploadError if there is no response.
        """
        address = f"{simple}{project}/"
        headers = {"accept": ACCEPT, "cache-control": "max-age=0"}
        response = self.ask(Request(address=address, headers=headers, stay=True))
        if response.status == 404:
            return Listing()
        if response.status != 200:
            return Listing(unknown=_refusal(address, response), retry_after=asked_wait(response.headers, time.time()))
        try:
            files = parse_page(
                response.body.decode("utf-8", "replace"),
                content_type=response.headers.get("content-type", ""),
                address=address,
            )
        except ValueError as error:
            return Listing(unknown=f"cannot read {address}: {error}")
        wanted = frozenset(names)
        own = [file for file in files if _is_own(file, simple)]
        return Listing(files=tuple(self._hashed(file, simple) if file.filename in wanted else file for file in own))

    def simple_of(self, upload: str) -> str:
        """The simple API of a devpi index as reported by devpi, or an empty string for other servers."""
        request = Request(address=f"{upload.rstrip('/')}/+api", headers={"accept": "application/json"}, stay=True)
        try:
            response = self.ask(request)
            data: object = parse_json(response.body) if response.status == 200 else None
        except ValueError:
            return ""
        result = data.get("result") if isinstance(data, dict) else None
        simple = result.get("simpleindex") if isinstance(result, dict) else None
        return simple if isinstance(simple, str) else ""

    def ask(self, request: Request, home: str = "") -> Response:
        """The response of an index, with retries; UploadError if there is none.

        `home` is a URL of the index. If the request is for another server, no credentials are sent.
        """

        def attempt() -> Response:
            try:
                response = self._response(request, home or request.address)
            except NoResponseError as error:
                raise TransientError(f"Request to {request.address} failed: {error}") from error
            asked = asked_wait(response.headers, time.time())
            if not is_worth_another_try(response.status) or asked > LONGEST_WAIT:
                return response
            raise TransientError(
                f"Request to {request.address} failed: it responded with {response.status}", asked, response
            )

        def pause(error: TransientError, seconds: float) -> None:
            seconds = max(seconds, error.wait)
            self.waiting(str(error), seconds)
            self.sleep(seconds)

        try:
            return retry(attempt, TransientError, waits(self.first_wait, self.attempts), pause)
        except TransientError as error:
            if error.response is not None:
                return error.response
            hint = "Nothing was uploaded. Try again later, or check the URL and the proxy."
            raise UploadError(str(error), hint=hint) from error

    def _response(self, request: Request, home: str) -> Response:
        response = self.client.ask(request)
        if response.status not in _REFUSED or not same_server(request.address, home):
            return response
        headers = self.login()
        return self.client.ask(replace(request, headers={**request.headers, **headers})) if headers else response

    def _hashed(self, file: IndexFile, simple: str) -> IndexFile:
        if file.sha256 or not file.address:
            return file
        response = self.ask(Request(address=file.address, only_hash=True), simple)
        if response.status != 200:
            return file
        return replace(file, sha256=response.sha256 or hashlib.sha256(response.body).hexdigest())


def _refusal(address: str, response: Response) -> str:
    location = response.headers.get("location", "")
    if 300 <= response.status < 400 and location:
        server = urlsplit(urljoin(address, location)).netloc.rpartition("@")[2]
        return f"{address} redirects to {server}, which is another server"
    return f"{address} responded with {response.status}"


def _is_own(file: IndexFile, simple: str) -> bool:
    """Whether a file belongs to the index itself: devpi also lists files of its bases, each below its own index."""
    # The host may differ if devpi runs behind a proxy.
    index = urlsplit(simple).path.removesuffix(_OF_DEVPI)
    return not simple.endswith(_OF_DEVPI) or urlsplit(file.address).path.startswith(f"{index}/+f/")


# Resolve the name or URL of an index; pure.

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexChoice:
    """The index that a user selected: `to` is a name or URL, `simple` the root of its simple API, if given.

    `famous` are the upload URLs of indexes whose web pages and simple API are on the main site.
    """

    to: str
    simple: str = ""
    allow_http: bool = False
    famous: tuple[str, ...] = ()


def index_of(wanted: IndexChoice, known: Mapping[str, str]) -> PackageIndex:
    """The index; `known` maps names to upload URLs. ConfigurationError if it is unknown or unsafe.

    `simple` of the result is derived from the upload URL, or empty if that would be a guess.
    """
    upload = wanted.to if "://" in wanted.to else known.get(wanted.to, "")
    if not upload:
        raise ConfigurationError(
            f"Unknown index {wanted.to!r}.",
            hint=f"Known indexes: {', '.join(sorted(known))}. You can also pass a URL or a section of .pypirc.",
        )
    for address in filter(None, (upload, wanted.simple)):
        _check_safety(address, allow_http=wanted.allow_http)
    is_famous = upload in wanted.famous
    simple = wanted.simple or simple_address(upload, is_famous=is_famous)
    site = urljoin_root(_main_site(urlsplit(upload)), "/project/") if is_famous else ""
    return PackageIndex(name=wanted.to, upload=upload, simple=_with_slash(simple), page=site)


def page_address(index: PackageIndex, project: str, version: str) -> str:
    """The web page of a release, or an empty string if the index is not known to have one."""
    return f"{index.page}{project}/{version}/" if index.page else ""


def simple_address(upload: str, *, is_famous: bool = False) -> str:
    """The root of the simple API for an upload URL in a well-known format, or an empty string."""
    parts = urlsplit(upload)
    path = parts.path.rstrip("/")
    if is_famous:
        return urljoin_root(_main_site(parts), "/simple/")
    if path in ("", "/legacy"):
        return urljoin_root(parts, "/simple/")
    if path.endswith("/simple"):
        return urljoin_root(parts, f"{path}/")
    for ending in ("/upload", "/legacy"):
        if path.endswith(ending):
            return urljoin_root(parts, f"{path.removesuffix(ending)}/simple/")
    return ""


def guessed_address(upload: str) -> str:
    """The simple API below the upload URL, as on most servers with several indexes."""
    parts = urlsplit(upload)
    return urljoin_root(parts, f"{parts.path.rstrip('/')}/simple/")


def is_loopback(address: str) -> bool:
    """Whether an address is on this computer."""
    return urlsplit(address).hostname in _LOOPBACK


def main_host(address: str) -> str:
    """The host of the main site for an upload URL."""
    return (_main_site(urlsplit(address.lower())).hostname or "").rstrip(".")


def urljoin_root(parts: SplitResult, path: str) -> str:
    """A URL on the same server, without a query."""
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _main_site(parts: SplitResult) -> SplitResult:
    return parts._replace(netloc=parts.netloc.removeprefix("upload."))


def _with_slash(address: str) -> str:
    return address if not address or address.endswith("/") else f"{address}/"


def _check_safety(address: str, *, allow_http: bool) -> None:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"{address!r} is not a valid index URL.", hint="It must begin with https://.")
    if parts.username or parts.password:
        raise ConfigurationError(
            f"The URL of the index at {parts.hostname} contains credentials, which others could see.",
            hint="Pass them in TWINE_USERNAME and TWINE_PASSWORD, the keyring or .pypirc.",
        )
    if parts.scheme == "http" and not is_loopback(address) and not allow_http:
        raise ConfigurationError(
            f"{address} is not encrypted: others on the network could read the password.",
            hint="Use https://, or pass --allow-http for a private network.",
        )
