"""From what a user calls an index to its addresses; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

from cibw.errors import ConfigurationError
from cibw.model.release import PackageIndex

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Where a user wants files sent: `to` is a name or an address, `simple` the root of its simple API, if given.

    `famous` are the addresses whose pages for people and whose simple API are on the main site beside them.
    """

    to: str
    simple: str = ""
    allow_http: bool = False
    famous: tuple[str, ...] = ()


def index_of(wanted: Wanted, known: Mapping[str, str]) -> PackageIndex:
    """The index, where `known` has the addresses of uploads by name; ConfigurationError where that can't be.

    `simple` of the answer is what the address lets expect; empty where that would be a guess.
    """
    upload = wanted.to if "://" in wanted.to else known.get(wanted.to, "")
    if not upload:
        raise ConfigurationError(
            f"There is no index {wanted.to!r}.",
            hint=f"Known are {', '.join(sorted(known))}; an address works, too, and so does a name of .pypirc.",
        )
    for address in filter(None, (upload, wanted.simple)):
        _check_safety(address, allow_http=wanted.allow_http)
    is_famous = upload in wanted.famous
    simple = wanted.simple or simple_address(upload, is_famous=is_famous)
    site = urljoin_root(_main_site(urlsplit(upload)), "/project/") if is_famous else ""
    return PackageIndex(name=wanted.to, upload=upload, simple=_with_slash(simple), page=site)


def page_address(index: PackageIndex, project: str, version: str) -> str:
    """The page of a release for people; empty where the index is not known to have one."""
    return f"{index.page}{project}/{version}/" if index.page else ""


def simple_address(upload: str, *, is_famous: bool = False) -> str:
    """The root of the simple API that belongs to an address of uploads, by well-known forms; empty where unknown."""
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
    """Where most servers that keep several indexes have the simple API: below the address of uploads."""
    parts = urlsplit(upload)
    return urljoin_root(parts, f"{parts.path.rstrip('/')}/simple/")


def is_loopback(address: str) -> bool:
    """Whether an address is on this very computer."""
    return urlsplit(address).hostname in _LOOPBACK


def main_host(address: str) -> str:
    """The host of the main site that an address of uploads belongs to."""
    return (_main_site(urlsplit(address.lower())).hostname or "").rstrip(".")


def urljoin_root(parts: SplitResult, path: str) -> str:
    """An address on the same server, without a query."""
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _main_site(parts: SplitResult) -> SplitResult:
    return parts._replace(netloc=parts.netloc.removeprefix("upload."))


def _with_slash(address: str) -> str:
    return address if not address or address.endswith("/") else f"{address}/"


def _check_safety(address: str, *, allow_http: bool) -> None:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"{address!r} is no address of an index.", hint="It begins with https://.")
    if parts.username or parts.password:
        raise ConfigurationError(
            f"The address of the index at {parts.hostname} holds a login, which others would see.",
            hint="Give it by TWINE_USERNAME and TWINE_PASSWORD, the keyring or .pypirc.",
        )
    if parts.scheme == "http" and not is_loopback(address) and not allow_http:
        raise ConfigurationError(
            f"{address} is not encrypted: all on the way would see the password.",
            hint="Use https://, or say --allow-http where the network is your own.",
        )
