from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import pytest

from cibw.errors import UploadError
from cibw.model.http import Response
from cibw.model.release import IndexFile, Listing
from cibw.release.index import Lookup
from tests.doubles.fetch import RecordingClient

SIMPLE = "https://index.example/simple/"
PAGE = f"GET {SIMPLE}demo/"
JSON = {"content-type": "application/vnd.pypi.simple.v1+json"}


def page(*files: tuple[str, str]) -> Response:
    data = {
        "files": [
            {"filename": name, "url": f"/f/{name}", "hashes": {"sha256": sha} if sha else {}} for name, sha in files
        ]
    }
    return Response(status=200, headers=JSON, body=json.dumps(data).encode())


def look(
    *responses: Response | None, more: dict[str, Sequence[Response | None]] | None = None
) -> tuple[Listing, RecordingClient]:
    client = RecordingClient({PAGE: responses, **(more or {})})
    return Lookup(client=client, sleep=lambda _: None).listing(SIMPLE, "demo", ["a.whl"]), client


def test_no_page_means_that_nothing_is_there() -> None:
    assert look(Response(status=404))[0] == Listing()


def test_json_is_asked_for_and_read() -> None:
    listing, client = look(page(("a.whl", "ab")))
    assert listing == Listing(
        files=(IndexFile(filename="a.whl", sha256="ab", address="https://index.example/f/a.whl"),)
    )
    assert client.asked[0].headers["accept"].startswith("application/vnd.pypi.simple.v1+json, ")


def test_a_hash_that_the_page_lacks_is_made_from_the_file() -> None:
    files: dict[str, Sequence[Response | None]] = {
        "GET https://index.example/f/a.whl": [Response(status=200, body=b"wheel")]
    }
    listing, client = look(page(("a.whl", ""), ("b.whl", "")), more=files)
    assert [file.sha256 for file in listing.files] == [hashlib.sha256(b"wheel").hexdigest(), ""]
    assert len(client.asked) == 2
    assert look(page(("a.whl", "")))[0].files[0].sha256 == ""


def test_faults_are_waited_out() -> None:
    waits: list[float] = []
    client = RecordingClient({PAGE: [None, Response(status=503), page(("a.whl", "ab"))]})
    assert Lookup(client=client, sleep=waits.append).listing(SIMPLE, "demo", []).file("a.whl")
    assert waits == [1.0, 2.0]


def test_a_connection_that_stays_broken_is_an_error() -> None:
    with pytest.raises(UploadError, match="the connection was lost"):
        look(None)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_stays_at_fault_tells_nothing(status: int) -> None:
    listing, client = look(Response(status=status))
    assert listing.unknown == f"{SIMPLE}demo/ responded with {status}"
    assert len(client.asked) == 5


def test_the_wait_that_an_index_asks_for_is_obeyed_and_told() -> None:
    waits: list[float] = []
    told: list[str] = []
    busy = Response(status=429, headers={"retry-after": "45"})
    client = RecordingClient({PAGE: [busy, page(("a.whl", "ab"))]})
    lookup = Lookup(
        client=client, sleep=waits.append, waiting=lambda reason, seconds: told.append(f"{reason}, {seconds}")
    )
    assert lookup.listing(SIMPLE, "demo", []).file("a.whl")
    assert waits == [45.0]
    assert told == [f"Request to {SIMPLE}demo/ failed: it responded with 429, 45.0"]


def test_a_wait_that_is_too_long_is_not_waited() -> None:
    listing, client = look(Response(status=503, headers={"retry-after": "3600"}))
    assert (listing.retry_after, len(client.asked)) == (3600.0, 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "server"),
    [
        ("https://public.example/simple/demo/", "public.example"),
        ("//public.example/simple/demo/", "public.example"),
        ("https://index.example:8443/simple/demo/", "index.example:8443"),
        ("https://me:secret@public.example/simple/demo/", "public.example"),
    ],
)
def test_another_server_says_nothing_about_an_index(status: int, location: str, server: str) -> None:
    listing, client = look(Response(status=status, headers={"location": location}))
    assert listing.files == ()
    assert f"redirects to {server}, which is another server" in listing.unknown
    assert all(request.stay for request in client.asked)


def test_a_page_of_devpi_counts_for_its_own_files_alone() -> None:
    links = "".join(
        f'<a href="/{index}/+f/12/34/{name}#sha256=ab">{name}</a>'
        for index, name in (("alice/dev", "a.whl"), ("alice/prod", "b.whl"), ("root/pypi", "c.whl"))
    )
    simple = "https://index.example/alice/dev/+simple/"
    response = Response(status=200, headers={"content-type": "text/html"}, body=links.encode())
    listing = Lookup(client=RecordingClient({f"GET {simple}demo/": [response]})).listing(simple, "demo", [])
    assert [file.filename for file in listing.files] == ["a.whl"]


def test_other_servers_never_get_the_login() -> None:
    data = {"files": [{"filename": "a.whl", "url": "https://files.example/a.whl", "hashes": {}}]}
    listed = Response(status=200, headers=JSON, body=json.dumps(data).encode())
    client = RecordingClient(
        {PAGE: [Response(status=401), listed], "GET https://files.example/a.whl": [Response(status=401)]}
    )
    lookup = Lookup(client=client, login=lambda: {"authorization": "Basic abc"})
    assert lookup.listing(SIMPLE, "demo", ["a.whl"]).file("a.whl")
    logins = [request.headers.get("authorization") for request in client.asked]
    assert logins == [None, "Basic abc", None]


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (Response(status=401), "responded with 401"),
        (Response(status=200, headers=JSON, body=b"{"), "cannot read"),
        (Response(status=200, headers={"content-type": "text/plain"}), "cannot read"),
    ],
)
def test_what_an_index_does_not_tell_is_said(response: Response, said: str) -> None:
    assert said in look(response)[0].unknown


def test_an_index_that_lets_no_strangers_in_gets_the_login() -> None:
    client = RecordingClient({PAGE: [Response(status=401), page(("a.whl", "ab"))]})
    lookup = Lookup(client=client, login=lambda: {"authorization": "Basic abc"})
    assert lookup.listing(SIMPLE, "demo", []).file("a.whl")
    assert [request.headers.get("authorization") for request in client.asked] == [None, "Basic abc"]


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (Response(status=200, body=b'{"result": {"simpleindex": "https://a/+simple/"}}'), "https://a/+simple/"),
        (Response(status=200, body=b'{"result": {}}'), ""),
        (Response(status=200, body=b"[]"), ""),
        (Response(status=200, body=b"<html>"), ""),
        (Response(status=404), ""),
    ],
)
def test_devpi_says_where_its_pages_are(response: Response, expected: str) -> None:
    client = RecordingClient({"GET https://a.example/alice/dev/+api": [response]})
    assert Lookup(client=client).simple_of("https://a.example/alice/dev/") == expected
