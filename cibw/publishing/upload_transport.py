"""How twine's session reaches an index: whom it trusts, how long it waits, and who hears of the bytes."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

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


class IndexAdapter(HTTPAdapter):
    """Trusts what a context trusts; `sent` hears of the bytes that went out, and of how many there are."""

    def __init__(self, context: ssl.SSLContext, sent: Callable[[int, int], None]) -> None:
        self._context = context
        self._sent = sent
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: object) -> None:
        """Make connections that trust the context."""
        super().init_poolmanager(connections, maxsize, block=block, ssl_context=self._context, **options)

    def proxy_manager_for(self, proxy: str, **options: object) -> object:
        """Make connections by a proxy that trust the context."""
        return super().proxy_manager_for(proxy, ssl_context=self._context, **options)

    def cert_verify(self, *_arguments: object, **_options: object) -> None:
        """Leave the certificates to the context: requests would add those of certifi."""

    def send(self, request: PreparedRequest, *_arguments: object, **options: object) -> Response:
        """Send, with limits of time, and tell how far it is."""
        self._watch(request.body)
        proxies = options.get("proxies")
        return super().send(
            request,
            timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS),
            proxies=proxies if isinstance(proxies, dict) else None,
        )

    def _watch(self, body: object) -> None:
        if isinstance(body, Body):
            body.callback = lambda read: self._sent(read.bytes_read, read.len)
