from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from cibw.model.http import Response
from cibw.release.attestations.verify import fetch_provenance
from cibw.release.index import Lookup
from tests.doubles.fetch import RecordingClient
from unit_test.release.releasing import INDEX, WHEEL, distribution

PAGE = "GET https://index.example/simple/demo/"
USUAL = f"GET https://index.example/integrity/demo/1.0/{WHEEL}/provenance"


def page(**entries: object) -> Response:
    files = [{"filename": "demo-1.0.tar.gz", "provenance": "no"}, {"filename": WHEEL, **entries}]
    return Response(status=200, body=json.dumps({"files": files}).encode())


def fetched(responses: Mapping[str, Sequence[Response | None]]) -> bytes | None:
    client = RecordingClient(responses=responses)
    return fetch_provenance(Lookup(client=client, sleep=lambda _: None), INDEX, distribution(WHEEL))


def test_the_page_names_its_address() -> None:
    there = Response(status=200, body=b"told")
    absolute = page(provenance="https://other.example/p")
    assert fetched({PAGE: (absolute,), "GET https://other.example/p": (there,)}) == b"told"
    assert fetched({PAGE: (page(provenance="../p"),), "GET https://index.example/simple/p": (there,)}) == b"told"


def test_the_usual_address() -> None:
    there = Response(status=200, body=b"told")
    for other in (page(), page(provenance=None), Response(status=200, body=b"<html>"), Response(status=404)):
        assert fetched({PAGE: (other,), USUAL: (there,)}) == b"told"
    assert fetched({PAGE: (Response(status=200, body=b"[]"),), USUAL: (None, there)}) == b"told"


def test_an_index_that_has_nothing() -> None:
    assert fetched({PAGE: (page(),)}) is None
