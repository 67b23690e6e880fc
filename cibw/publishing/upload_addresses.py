"""Resolve the name or URL of an index; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

from cibw.errors import ConfigurationError
from cibw.model.release import PackageIndex

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The index that a user selected: `to` is a name or URL, `simple` the root of its simple API, if given.

    `famous` are the upload URLs of indexes whose web pages and simple API are on the main site.
    """

    to: str
    simple: str = ""
    allow_http: bool = False
    famous: tuple[str, ...] = ()


def index_of(wanted: Wanted, known: Mapping[str, str]) -> PackageIndex:
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
