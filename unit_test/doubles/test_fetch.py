from __future__ import annotations

import pytest

from cibw.model.http import NoResponseError, Request, Response
from tests.doubles.fetch import RecordingClient

ADDRESS = "https://index.example/"


def test_answers_in_order_and_404_for_the_rest() -> None:
    client = RecordingClient({f"GET {ADDRESS}": (Response(status=503), Response(status=200))})
    assert [client.ask(Request(address=ADDRESS)).status for _ in range(3)] == [503, 200, 200]
    assert client.ask(Request(address=ADDRESS, method="POST")).status == 404
    assert [request.method for request in client.asked] == ["GET", "GET", "GET", "POST"]


def test_a_connection_that_breaks() -> None:
    with pytest.raises(NoResponseError):
        RecordingClient({f"GET {ADDRESS}": (None,)}).ask(Request(address=ADDRESS))
