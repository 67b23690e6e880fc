from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from cibw.model.http import Answer
from cibw.release.attestations.verify import fetch_provenance
from cibw.release.index import Lookup
from tests.doubles.fetch import RecordingWeb
from unit_test.release.releasing import INDEX, WHEEL, distribution

PAGE = "GET https://index.example/simple/demo/"
USUAL = f"GET https://index.example/integrity/demo/1.0/{WHEEL}/provenance"


def page(**entries: object) -> Answer:
    files = [{"filename": "demo-1.0.tar.gz", "provenance": "no"}, {"filename": WHEEL, **entries}]
    return Answer(status=200, body=json.dumps({"files": files}).encode())


def fetched(answers: Mapping[str, Sequence[Answer | None]]) -> bytes | None:
    web = RecordingWeb(answers=answers)
    return fetch_provenance(Lookup(web=web, sleep=lambda _: None), INDEX, distribution(WHEEL))


def test_the_page_names_its_address() -> None:
    there = Answer(status=200, body=b"told")
    absolute = page(provenance="https://other.example/p")
    assert fetched({PAGE: (absolute,), "GET https://other.example/p": (there,)}) == b"told"
    assert fetched({PAGE: (page(provenance="../p"),), "GET https://index.example/simple/p": (there,)}) == b"told"


def test_the_usual_address() -> None:
    there = Answer(status=200, body=b"told")
    for other in (page(), page(provenance=None), Answer(status=200, body=b"<html>"), Answer(status=404)):
        assert fetched({PAGE: (other,), USUAL: (there,)}) == b"told"
    assert fetched({PAGE: (Answer(status=200, body=b"[]"),), USUAL: (None, there)}) == b"told"


def test_an_index_that_has_nothing() -> None:
    assert fetched({PAGE: (page(),)}) is None
