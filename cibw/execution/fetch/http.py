"""HTTP with urllib3. Imported only for downloads, because urllib3 is slow to import."""

from __future__ import annotations

import hashlib
import netrc
import re
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass  # noqa: TID251 - only the settings of proxies

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from cibw.errors import DownloadError
from cibw.execution.fetch.download import StreamedResponse, UnreachableError, shown
from cibw.model.http import AUTHORITIES, Certificates, Request, Response
from cibw.untrusted.http import (
    LIMITS,
    Deadline,
    HttpLimits,
    basic_login,
    pieces_within,
    same_server,
    too_large,
    watched_pools,
)

_PIECE = 1 << 16
_REDIRECTIONS = 10
_TIMEOUT = urllib3.Timeout(connect=10, read=30)
_CONNECTION = re.compile(r"^HTTPS?Connection\(host='[^']*', port=\d+\): ")
_NONE = Certificates()


def system_proxy(address: str) -> str:
    """Return the proxy that the system or the environment sets for an address, or an empty string."""
    parts, proxies = urlsplit(address), getproxies()
    if proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


def login_of_user(host: str) -> str:
    """Return `name:password` for a host from the user's .netrc, or an empty string."""
    try:
        found = netrc.netrc().authenticators(host)
    except (OSError, UnicodeError, netrc.NetrcParseError):
        return ""
    return f"{found[0]}:{found[2]}" if found else ""


def trusted(environment: Mapping[str, str], wanted: Certificates = _NONE) -> ssl.SSLContext:
    """Return the certificates to trust: the requested ones, else those of SSL_CERT_FILE and similar, else the system's.

    If the system has none, those of certifi are used. Certificates in a directory must have the names that OpenSSL
    expects.
    """
    named = next((environment[name] for name in AUTHORITIES if environment.get(name)), "")
    context = _trusting(wanted.authorities or named, environment)
    if wanted.client:
        try:
            # Otherwise OpenSSL would prompt for a passphrase on the terminal.
            context.load_cert_chain(Path(wanted.client).expanduser(), password=lambda: "")
        except (OSError, ValueError) as error:
            raise DownloadError(
                f"Cannot read the client certificate in {wanted.client}: {error}.",
                hint="It must be a PEM file that contains the certificate and an unencrypted key.",
            ) from error
    return context


def _trusting(chosen: str, environment: Mapping[str, str]) -> ssl.SSLContext:
    place = Path(chosen).expanduser() if chosen else None
    try:
        if place is not None and place.is_dir():
            return ssl.create_default_context(capath=place)
        if place or environment.get("SSL_CERT_DIR") or _system_has_some():
            return ssl.create_default_context(cafile=place)
    except OSError as error:
        raise DownloadError(
            f"Cannot read the certificates in {chosen}: {error}.",
            hint="Correct the variable, or `ca_cert` in .pypirc. The supported variables are "
            f"{', '.join(AUTHORITIES)}; TWINE_CERT overrides them for package indexes.",
        ) from error
    import certifi

    return ssl.create_default_context(cafile=certifi.where())


def _system_has_some() -> bool:
    paths = ssl.get_default_verify_paths()
    return sys.platform == "win32" or bool(paths.cafile or paths.capath)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTransport:
    """An HTTP and HTTPS client. `proxy_for` and `login_for` are called again for each redirect.

    Responses that exceed the `limits` raise DownloadError, because another attempt would not help.
    """

    context: ssl.SSLContext
    limits: HttpLimits = LIMITS
    proxy_for: Callable[[str], str] = system_proxy
    login_for: Callable[[str], str] = login_of_user

    @contextmanager
    def get(self, address: str, /) -> Iterator[StreamedResponse]:
        """Return the response after all redirects.

        Raise UnreachableError if there is none, DownloadError if it is invalid.
        """
        if urlsplit(address).scheme not in ("http", "https"):
            raise DownloadError(f"{shown(address)} is not an HTTP address.", hint="Set a mirror that has the file.")
        request = Request(address=address, headers={"accept-encoding": "identity"})
        with Deadline(self.limits.file_seconds).running() as deadline, self._followed(request, deadline) as response:
            size = _size(response)
            if size is not None and size > self.limits.file_bytes:
                raise too_large(shown(address), self.limits.file_bytes)
            pieces = _pieces(response, self.limits.file_bytes, address, deadline)
            yield StreamedResponse(status=response.status, pieces=pieces, size=size, stop=partial(_stop, response))

    def ask(self, request: Request, /) -> Response:
        """Return the response, following redirects of a GET. Raise NoResponseError or DownloadError."""
        limits, address = self.limits, request.address
        seconds = limits.file_seconds if request.only_hash else limits.response_seconds
        with (
            Deadline(seconds).running() as deadline,
            self._followed(request, deadline) as response,
            _faults(address, deadline),
        ):
            headers = {name.lower(): value for name, value in response.headers.items()}
            if request.only_hash:
                digest = hashlib.sha256()
                for piece in pieces_within(response, limits.file_bytes, shown(address)):
                    digest.update(piece)
                return Response(status=response.status, headers=headers, sha256=digest.hexdigest())
            body = b"".join(pieces_within(response, limits.response_bytes, shown(address)))
            return Response(status=response.status, headers=headers, body=body)

    @contextmanager
    def _followed(self, request: Request, deadline: Deadline) -> Iterator[urllib3.BaseHTTPResponse]:
        for _ in range(_REDIRECTIONS):
            with self._asked(request, deadline) as response:
                target = response.get_redirect_location() if request.method == "GET" else None
                if not target or (request.stay and _leaves(request.address, target)):
                    yield response
                    return
                request = _redirected(request, target)
        raise DownloadError(f"Too many redirects: {shown(request.address)}.", hint="Check the address or the mirror.")

    @contextmanager
    def _asked(self, request: Request, deadline: Deadline) -> Iterator[urllib3.BaseHTTPResponse]:
        address = request.address
        with self._manager(address) as manager:
            manager.pool_classes_by_scheme = watched_pools(deadline.watch)
            with _faults(address, deadline):
                response = manager.request(
                    request.method,
                    address,
                    body=request.body or None,
                    headers={**self._headers(address), **request.headers},
                    preload_content=False,
                    decode_content=False,
                    redirect=False,
                    retries=False,
                    timeout=_TIMEOUT,
                )
            try:
                yield response
            finally:
                response.close()

    def _manager(self, address: str) -> urllib3.PoolManager:
        proxy = self.proxy_for(address)
        if not proxy:
            return urllib3.PoolManager(ssl_context=self.context)
        login = parse_url(proxy).auth
        headers = {"proxy-authorization": basic_login(unquote(login))} if login else None
        return urllib3.ProxyManager(proxy, proxy_headers=headers, ssl_context=self.context)

    def _headers(self, address: str) -> dict[str, str]:
        login = self.login_for(urlsplit(address).hostname or "")
        secret = {"authorization": basic_login(login)} if login else {}
        return {"user-agent": "cibw", **secret}


def _leaves(address: str, target: str) -> bool:
    try:
        return not same_server(address, urljoin(address, target))
    except ValueError:
        # The next request rejects it.
        return False


def _redirected(request: Request, target: str) -> Request:
    address = request.address
    try:
        found = urljoin(address, target)
        scheme, server = urlsplit(found)[:2]
    except ValueError as error:
        raise DownloadError(
            f"{shown(address)} redirects to an invalid address: {error}.", hint="Check the mirror or the proxy."
        ) from error
    wanted = ("https",) if address.startswith("https:") else ("http", "https")
    if scheme not in wanted:
        raise DownloadError(
            f"{shown(address)} redirects to {shown(found)}, which is less secure.",
            hint="Check the mirror or the proxy.",
        )
    is_same = server == urlsplit(address).netloc
    # Credentials for one server must not be sent to another.
    headers = {name: value for name, value in request.headers.items() if is_same or name != "authorization"}
    return replace(request, address=found, headers=headers)


def _size(response: urllib3.BaseHTTPResponse) -> int | None:
    """Return the content length of the response, or None if it is not a valid number."""
    length = response.headers.get("content-length", "")
    return int(length) if re.fullmatch("[0-9]{1,18}", length) else None


def _pieces(response: urllib3.BaseHTTPResponse, limit: int, address: str, deadline: Deadline) -> Iterator[bytes]:
    received = 0
    while True:
        with _faults(address, deadline):
            piece = response.read1(_PIECE, decode_content=False)
        if not piece:
            return
        received += len(piece)
        if received > limit:
            raise too_large(shown(address), limit)
        yield piece


def _stop(response: urllib3.BaseHTTPResponse) -> None:
    # The transfer may just have finished.
    with suppress(OSError, RuntimeError, ValueError):
        response.shutdown()


@contextmanager
def _faults(address: str, deadline: Deadline) -> Iterator[None]:
    try:
        yield
        if deadline.is_over:
            # The data received so far may look like a complete response.
            raise deadline.overrun(shown(address))
    except (HTTPError, OSError, ValueError) as error:
        if deadline.is_over:
            raise deadline.overrun(shown(address)) from error
        # The message already contains the address.
        reason = _CONNECTION.sub("", " ".join(str(error).split())) or type(error).__name__
        if "CERTIFICATE_VERIFY_FAILED" in reason:
            raise DownloadError(
                f"Could not download {shown(address)} because its certificate is not trusted: {reason}",
                hint="If a proxy uses its own certificate authority, set SSL_CERT_FILE to the file of its certificate.",
            ) from error
        raise UnreachableError(reason) from error
