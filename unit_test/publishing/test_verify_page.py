from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from cibw.model.distribution import Distribution
from cibw.model.release import IndexFile, Listing
from cibw.model.web import Answer
from cibw.publishing.upload_lookup import Lookup
from cibw.publishing.verify_page import Page
from cibw.publishing.verify_rules import Wanted, parse_release
from cibw.running.fetch_recording import RecordingWeb
from unit_test.publishing.releasing import OTHER, SDIST, WHEEL, distribution, hash_of

SIMPLE = "https://index.example/simple/"
FILES = (distribution(WHEEL), distribution(OTHER), distribution(SDIST))
RELEASE = Wanted(project="demo", version=FILES[0].version, files=FILES)
JSON = {"content-type": "application/vnd.pypi.simple.v1+json"}


def shown(*names: str) -> Answer:
    files = [{"filename": name, "url": f"/f/{name}", "hashes": {"sha256": hash_of(name)}} for name in names]
    return Answer(status=200, headers=JSON, body=json.dumps({"files": files}).encode())


@dataclass(slots=True)
class Waits:
    """A clock that runs only while somebody sleeps."""

    now: float = 0.0
    told: list[tuple[str, float]] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def clock(self) -> float:
        return self.now

    def waiting(self, missing: str, seconds: float) -> None:
        self.told.append((missing, seconds))


def page_of(*answers: Answer | None, waits: Waits, timeout: float = 100.0) -> Page:
    return Page(
        lookup=Lookup(web=RecordingWeb({f"GET {SIMPLE}demo/": answers}), sleep=waits.sleep),
        simple=SIMPLE,
        project="demo",
        timeout=timeout,
        waiting=waits.waiting,
        sleep=waits.sleep,
        clock=waits.clock,
    )


def test_it_waits_longer_each_time_until_all_is_shown() -> None:
    waits = Waits()
    page = page_of(Answer(status=404), None, shown(WHEEL), shown(WHEEL, OTHER), shown(WHEEL, OTHER, SDIST), waits=waits)
    assert len(page.listing(RELEASE).files) == 3
    assert waits.told == [
        (f"{WHEEL} and 2 more", 1.0),
        (f"Request to {SIMPLE}demo/ failed: the connection was lost", 2.0),
        (f"{OTHER} and 1 more", 4.0),
        (SDIST, 8.0),
    ]


def test_it_does_not_wait_for_ever() -> None:
    waits = Waits()
    assert len(page_of(shown(WHEEL), waits=waits, timeout=100).listing(RELEASE).files) == 1
    assert [seconds for _, seconds in waits.told] == [1, 2, 4, 8, 16, 30, 30, 9]
    assert page_of(Answer(status=500), waits=waits, timeout=0).listing(RELEASE).unknown


def test_a_release_as_the_index_has_it() -> None:
    waits = Waits()
    page = page_of(Answer(status=404), shown("demo-0.9.tar.gz"), shown(WHEEL, "demo-0.9.tar.gz"), waits=waits)
    assert page.release(parse_release("demo==1.0")).files == (Distribution.parse(WHEEL, size=0, sha256=hash_of(WHEEL)),)
    assert [missing for missing, _ in waits.told] == ["demo 1.0", "demo 1.0"]
    assert not page_of(Answer(status=404), waits=waits, timeout=0).release(parse_release("demo==1.0")).files


def fetched(answer: Answer | None) -> Callable[[bytes], list[str]]:
    def rules(body: bytes) -> list[str]:
        address = f"{SIMPLE}f/{SDIST}"
        lookup = Lookup(web=RecordingWeb({f"GET {address}": [answer]}), sleep=lambda _: None)
        page = Page(lookup=lookup, simple=SIMPLE, project="demo", timeout=0, waiting=lambda *_: None)
        file = distribution(SDIST, sha256=hashlib.sha256(body).hexdigest())
        listing = Listing(files=(IndexFile(filename=SDIST, sha256=file.sha256, address=address),))
        return [finding.message for finding in page.check_bytes(file, listing)]

    return rules


def test_bytes_are_compared() -> None:
    assert not fetched(Answer(status=200, body=b"sdist"))(b"sdist")
    (other,) = fetched(Answer(status=200, body=b"other"))(b"sdist")
    assert hashlib.sha256(b"other").hexdigest() in other
    (gone,) = fetched(Answer(status=404))(b"sdist")
    assert gone.endswith("responded with 404")
    (silent,) = fetched(None)(b"sdist")
    assert "the connection was lost" in silent


def test_what_is_not_listed_is_not_fetched() -> None:
    assert page_of(waits=Waits()).check_bytes(FILES[2], Listing()) == ()
