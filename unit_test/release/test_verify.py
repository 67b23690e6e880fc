from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from cibw.errors import ConfigurationError, VerificationError
from cibw.model.http import Response
from cibw.model.manifest import Finding, Severity
from cibw.model.release import Distribution, DistributionKind, IndexFile, Listing
from cibw.release.index import Lookup
from cibw.release.verify import (
    ExpectedRelease,
    ProjectPage,
    compare,
    listed_files,
    listed_names,
    missing_names,
    parse_release,
    require_verified,
    withdrawn,
)
from tests.doubles.fetch import RecordingClient
from unit_test.release.releasing import OTHER, SDIST, WHEEL, distribution, hash_of, listed

PAGE = "https://index.example/simple/demo/"


def expected(*names: str) -> ExpectedRelease:
    files = tuple(distribution(name) for name in names)
    return ExpectedRelease(project="demo", version=files[0].version, files=files)


def test_a_release_that_is_all_there() -> None:
    release = expected(WHEEL, SDIST)
    assert not compare(release, Listing(files=listed(WHEEL, OTHER, SDIST)), PAGE)
    assert [file.filename for file in release.having(DistributionKind.SDIST)] == [SDIST]


def test_all_that_is_wrong_is_told_at_once() -> None:
    release = expected(WHEEL, OTHER, SDIST)
    page = Listing(files=(IndexFile(filename=WHEEL, sha256="f" * 64), IndexFile(filename=OTHER)))
    assert missing_names(release, page) == (SDIST,)
    found = compare(release, page, PAGE)
    assert [(finding.rule, finding.files) for finding in found] == [
        ("missing-on-index", (SDIST,)),
        ("differs-on-index", (WHEEL,)),
        ("differs-on-index", (OTHER,)),
    ]
    assert "has SHA-256 ffffffffffff... there" in found[1].message
    assert "cannot be downloaded" in found[2].message
    with pytest.raises(VerificationError) as caught:
        require_verified(release, "the index", found)
    assert caught.value.message.count("\n") == 3
    # One sentence for the two files that differ.
    assert caught.value.hint.count("raise the version") == 1


def test_a_page_that_nobody_can_read() -> None:
    (finding,) = compare(expected(WHEEL), Listing(unknown="it answers with 500"), PAGE)
    assert finding.message == "it answers with 500."


def test_yanked_files_are_told_and_are_no_fault() -> None:
    files = tuple(IndexFile(filename=name, sha256=hash_of(name), yanked="It eats files") for name in (WHEEL, SDIST))
    assert withdrawn(expected(WHEEL), Listing(files=(replace(files[0], yanked=None), files[1]))) == ()
    (finding,) = withdrawn(expected(WHEEL, SDIST), Listing(files=files))
    assert finding.message == "demo 1.0 was yanked. Reason: It eats files."
    assert (finding.severity, finding.files) == (Severity.WARNING, (WHEEL, SDIST))
    (some,) = withdrawn(expected(WHEEL, SDIST), Listing(files=(replace(files[0], yanked=""),)))
    assert some.message == f"Yanked: {WHEEL}. No reason is given."
    require_verified(expected(WHEEL), "the index", (finding,))


def test_what_could_not_be_tried_is_no_fault() -> None:
    skipped = Finding(rule="install", message="no wheel for this Python", severity=Severity.SKIPPED)
    require_verified(expected(WHEEL), "the index", (skipped,))


def test_a_release_as_its_page_has_it() -> None:
    names = (SDIST, WHEEL, "demo-1.1.tar.gz", "demo-1.0.exe", "demo_extra-1.0.tar.gz")
    page = Listing(files=tuple(IndexFile(filename=name, sha256="0" * 64) for name in names))
    release = parse_release("Demo == 1.0")
    assert str(release) == "demo 1.0"
    assert listed_names(release, page) == (SDIST, WHEEL)
    assert [file.filename for file in listed_files(release, page)] == [WHEEL, SDIST]
    assert [finding.rule for finding in compare(release, Listing(), PAGE)] == ["missing-on-index"]


@pytest.mark.parametrize("text", ["demo", "demo==", "demo==new", "==1.0", "-==1.0", "demo>=1.0"])
def test_what_names_no_release(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a release"):
        parse_release(text)


SIMPLE = "https://index.example/simple/"
FILES = (distribution(WHEEL), distribution(OTHER), distribution(SDIST))
RELEASE = ExpectedRelease(project="demo", version=FILES[0].version, files=FILES)
JSON = {"content-type": "application/vnd.pypi.simple.v1+json"}


def shown(*names: str) -> Response:
    files = [{"filename": name, "url": f"/f/{name}", "hashes": {"sha256": hash_of(name)}} for name in names]
    return Response(status=200, headers=JSON, body=json.dumps({"files": files}).encode())


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


def page_of(*responses: Response | None, waits: Waits, timeout: float = 100.0) -> ProjectPage:
    return ProjectPage(
        lookup=Lookup(client=RecordingClient({f"GET {SIMPLE}demo/": responses}), sleep=waits.sleep),
        simple=SIMPLE,
        project="demo",
        timeout=timeout,
        waiting=waits.waiting,
        sleep=waits.sleep,
        clock=waits.clock,
    )


def test_it_waits_longer_each_time_until_all_is_shown() -> None:
    waits = Waits()
    page = page_of(
        Response(status=404), None, shown(WHEEL), shown(WHEEL, OTHER), shown(WHEEL, OTHER, SDIST), waits=waits
    )
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
    assert page_of(Response(status=500), waits=waits, timeout=0).listing(RELEASE).unknown


def test_a_release_as_the_index_has_it() -> None:
    waits = Waits()
    page = page_of(Response(status=404), shown("demo-0.9.tar.gz"), shown(WHEEL, "demo-0.9.tar.gz"), waits=waits)
    assert page.release(parse_release("demo==1.0")).files == (Distribution.parse(WHEEL, size=0, sha256=hash_of(WHEEL)),)
    assert [missing for missing, _ in waits.told] == ["demo 1.0", "demo 1.0"]
    assert not page_of(Response(status=404), waits=waits, timeout=0).release(parse_release("demo==1.0")).files


def fetched(response: Response | None) -> Callable[[bytes], list[str]]:
    def rules(body: bytes) -> list[str]:
        address = f"{SIMPLE}f/{SDIST}"
        lookup = Lookup(client=RecordingClient({f"GET {address}": [response]}), sleep=lambda _: None)
        page = ProjectPage(lookup=lookup, simple=SIMPLE, project="demo", timeout=0, waiting=lambda *_: None)
        file = distribution(SDIST, sha256=hashlib.sha256(body).hexdigest())
        listing = Listing(files=(IndexFile(filename=SDIST, sha256=file.sha256, address=address),))
        return [finding.message for finding in page.check_bytes(file, listing)]

    return rules


def test_bytes_are_compared() -> None:
    assert not fetched(Response(status=200, body=b"sdist"))(b"sdist")
    (other,) = fetched(Response(status=200, body=b"other"))(b"sdist")
    assert hashlib.sha256(b"other").hexdigest() in other
    (gone,) = fetched(Response(status=404))(b"sdist")
    assert gone.endswith("responded with 404")
    (silent,) = fetched(None)(b"sdist")
    assert "the connection was lost" in silent


def test_what_is_not_listed_is_not_fetched() -> None:
    assert page_of(waits=Waits()).check_bytes(FILES[2], Listing()) == ()
