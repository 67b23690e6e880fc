from __future__ import annotations

import pytest

from cibw.errors import ConfigurationError
from cibw.publishing.upload_addresses import Wanted, guessed_address, index_of, page_address, simple_address

KNOWN = {"pypi": "https://upload.index.example/legacy/", "ours": "https://ours.example/api/upload"}


def test_the_famous_index_has_its_pages_on_the_main_site() -> None:
    famous = (KNOWN["pypi"],)
    index = index_of(Wanted(to="pypi", famous=famous), KNOWN)
    assert index_of(Wanted(to=KNOWN["pypi"], famous=famous), {}).page == index.page
    assert index.upload == "https://upload.index.example/legacy/"
    assert index.simple == "https://index.example/simple/"
    assert index.page == "https://index.example/project/"
    assert page_address(index, "demo", "1.0") == "https://index.example/project/demo/1.0/"


def test_other_indexes_are_not_known_to_have_pages() -> None:
    assert page_address(index_of(Wanted(to="ours"), KNOWN), "demo", "1.0") == ""


@pytest.mark.parametrize(
    ("upload", "simple"),
    [
        ("http://localhost:8080", "http://localhost:8080/simple/"),
        ("https://a.example/", "https://a.example/simple/"),
        ("https://upload.a.example/legacy/", "https://upload.a.example/simple/"),
        ("https://a.example/simple", "https://a.example/simple/"),
        ("https://a.example/feed/pypi/upload", "https://a.example/feed/pypi/simple/"),
        ("https://a.example/alice/dev/", ""),
    ],
)
def test_well_known_forms(upload: str, simple: str) -> None:
    assert simple_address(upload) == simple


def test_a_guess_and_what_the_user_says() -> None:
    assert guessed_address("https://a.example/repository/ours/") == "https://a.example/repository/ours/simple/"
    index = index_of(Wanted(to="ours", simple="https://ours.example/pages"), KNOWN)
    assert (index.simple, index.page) == ("https://ours.example/pages/", "")


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("their", "Unknown index 'their'"),
        ("http://a.example/", "not encrypted"),
        ("https://me:secret@a.example/", "contains credentials"),
        ("ftp://a.example/", "is not a valid index URL"),
        ("https://", "is not a valid index URL"),
    ],
)
def test_addresses_that_are_refused(to: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        index_of(Wanted(to=to), KNOWN)
    assert "secret" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080"])
def test_loopback_needs_no_encryption(host: str) -> None:
    assert index_of(Wanted(to=f"http://{host}/"), {}).simple == f"http://{host}/simple/"
    assert index_of(Wanted(to="http://a.example/", allow_http=True), {}).upload == "http://a.example/"
