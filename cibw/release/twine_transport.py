"""The HTTP transport of twine's session: trust, timeouts and progress."""

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

from cibw.untrusted.http import LIMITS, Deadline, HttpLimits, basic_login, watched_pools

_PIECE = 1 << 16
_CONNECT_SECONDS = 30.0
_ANSWER_SECONDS = 300.0
"""An index inspects a file before it responds, which takes time for large files."""


@runtime_checkable
class Body(Protocol):
    """A request body that reports how much of it was read, as in requests-toolbelt."""

    callback: Callable[[Body], object]

    @property
    def bytes_read(self) -> int:
        """The number of bytes read so far."""

    @property
    def len(self) -> int:
        """The total number of bytes."""


class TwinePackage(PackageFile):
    """A distribution that sends all of its metadata to an index, as uv does."""

    def metadata_dictionary(self) -> PackageMetadata:
        """The form of an upload, with the fields of Metadata 2.5 that twine omits."""
        form: dict[str, object] = {**super().metadata_dictionary()}
        if "import_names" in self.metadata:
            # A field without a value means that there is nothing to import.
            form["import_names"] = self.metadata["import_names"] or [""]
        if "import_namespaces" in self.metadata:
            form["import_namespaces"] = self.metadata["import_namespaces"]
        return form if _is_form(form) else super().metadata_dictionary()


def _is_form(form: object) -> TypeGuard[PackageMetadata]:
    return isinstance(form, dict)


class IndexAdapter(HTTPAdapter):
    """Uses the trust of an SSL context; `sent` is called with the number of sent bytes and the total."""

    def __init__(self, context: ssl.SSLContext, sent: Callable[[int, int], None], limits: HttpLimits = LIMITS) -> None:
        self._context = context
        self._sent = sent
        self._limits = limits
        self._deadline = Deadline(limits.upload_seconds)
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: object) -> None:
        """Create connections that use the context."""
        super().init_poolmanager(connections, maxsize, block=block, ssl_context=self._context, **options)
        self.poolmanager.pool_classes_by_scheme = watched_pools(self._watch_connection)

    def proxy_manager_for(self, proxy: str, **options: object) -> object:
        """Create proxy connections that use the context."""
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **options)
        manager.pool_classes_by_scheme = watched_pools(self._watch_connection)
        return manager

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        """The credentials for a proxy, in UTF-8."""
        login = parse_url(proxy).auth
        return {"Proxy-Authorization": basic_login(unquote(login))} if login else {}

    def cert_verify(self, *_arguments: object, **_options: object) -> None:
        """Leave the certificates to the context; requests would add those of certifi."""

    def send(self, request: PreparedRequest, *_arguments: object, **options: object) -> Response:
        """Send with limits on time and response size, and report progress."""
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
                # A truncated response may look complete.
                raise self._overrun()
            return response

    def _fault(self, error: Exception) -> RequestException:
        if self._deadline.is_over:
            return self._overrun()
        return error if isinstance(error, RequestException) else NoConnectionError(error)

    def _overrun(self) -> Timeout:
        return Timeout(f"no complete response within {self._deadline.seconds:.0f} seconds")

    def _keep_beginning(self, response: Response) -> None:
        """Read only the beginning of the response, for messages, and close the connection."""
        beginning = bytearray()
        while len(beginning) < self._limits.upload_response_bytes:
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
