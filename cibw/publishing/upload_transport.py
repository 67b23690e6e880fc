"""How twine's session reaches an index: whom it trusts, how long it waits, and who hears of the bytes."""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Callable
from typing import Protocol, TypeGuard, runtime_checkable
from urllib.parse import unquote

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as NoConnectionError
from requests.exceptions import RequestException, Timeout
from twine.package import PackageFile, PackageMetadata
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from cibw.http_limits import LIMITS, Deadline, HttpLimits, basic_login, watched_pools

_PIECE = 1 << 16
_CONNECT_SECONDS = 30.0
_ANSWER_SECONDS = 300.0
"""An index looks into a file before it answers, which takes its time with a large one."""


@runtime_checkable
class Body(Protocol):
    """A request's body that tells how much of it was read, as that of requests-toolbelt does."""

    callback: Callable[[Body], object]

    @property
    def bytes_read(self) -> int:
        """The bytes that were read so far."""

    @property
    def len(self) -> int:
        """The bytes of the whole."""


class Package(PackageFile):
    """A distribution that tells an index all of its metadata, as uv does."""

    def metadata_dictionary(self) -> PackageMetadata:
        """The form of an upload, with the fields of Metadata 2.5 that twine leaves out."""
        form: dict[str, object] = {**super().metadata_dictionary()}
        if "import_names" in self.metadata:
            # A field without a value says that there is nothing to import.
            form["import_names"] = self.metadata["import_names"] or [""]
        if "import_namespaces" in self.metadata:
            form["import_namespaces"] = self.metadata["import_namespaces"]
        return form if _is_form(form) else super().metadata_dictionary()


def _is_form(form: object) -> TypeGuard[PackageMetadata]:
    return isinstance(form, dict)


class IndexAdapter(HTTPAdapter):
    """Trusts what a context trusts; `sent` hears of the bytes that went out, and of how many there are."""

    def __init__(self, context: ssl.SSLContext, sent: Callable[[int, int], None], limits: HttpLimits = LIMITS) -> None:
        self._context = context
        self._sent = sent
        self._limits = limits
        self._deadline = Deadline(limits.upload_seconds)
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: object) -> None:
        """Make connections that trust the context."""
        super().init_poolmanager(connections, maxsize, block=block, ssl_context=self._context, **options)
        self.poolmanager.pool_classes_by_scheme = watched_pools(self._watch_connection)

    def proxy_manager_for(self, proxy: str, **options: object) -> object:
        """Make connections by a proxy that trust the context."""
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **options)
        manager.pool_classes_by_scheme = watched_pools(self._watch_connection)
        return manager

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        """The login for a proxy, in UTF-8."""
        login = parse_url(proxy).auth
        return {"Proxy-Authorization": basic_login(unquote(login))} if login else {}

    def cert_verify(self, *_arguments: object, **_options: object) -> None:
        """Leave the certificates to the context: requests would add those of certifi."""

    def send(self, request: PreparedRequest, *_arguments: object, **options: object) -> Response:
        """Send, with limits of time and on what comes back, and tell how far it is."""
        self._watch(request.body)
        proxies = options.get("proxies")
        seconds = self._limits.upload_seconds + _size(request.body) / self._limits.upload_rate
        with Deadline(seconds).running() as self._deadline:
            try:
                response = super().send(
                    request,
                    stream=True,
                    timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS),
                    proxies=proxies if isinstance(proxies, dict) else None,
                )
                self._keep_beginning(response)
            except (RequestException, HTTPError, OSError) as error:
                raise self._fault(error) from error
            if self._deadline.is_over:
                # What was sent until then may look like a whole answer.
                raise self._overrun()
            return response

    def _fault(self, error: Exception) -> RequestException:
        if self._deadline.is_over:
            return self._overrun()
        return error if isinstance(error, RequestException) else NoConnectionError(error)

    def _overrun(self) -> Timeout:
        return Timeout(f"it did not answer completely within {self._deadline.seconds:.0f} seconds")

    def _keep_beginning(self, response: Response) -> None:
        """Read no more of the answer than what may be of use in a message, and end the connection."""
        beginning = bytearray()
        while len(beginning) < self._limits.upload_answer_bytes:
            piece = response.raw.read(_PIECE, decode_content=True)
            if not piece:
                break
            beginning += piece
        response.raw.close()
        response.raw = io.BytesIO(beginning)

    def _watch_connection(self, connected: socket.socket) -> None:
        self._deadline.watch(connected)

    def _watch(self, body: object) -> None:
        if isinstance(body, Body):
            body.callback = lambda read: self._sent(read.bytes_read, read.len)


def _size(body: object) -> int:
    return body.len if isinstance(body, Body) else 0
