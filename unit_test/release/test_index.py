from __future__ import annotations

import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.errors import ConfigurationError
from cibw.model.release import IndexFile
from cibw.release.index import IndexChoice, guessed_address, index_of, page_address, parse_page, simple_address

PAGE = "https://index.example/simple/demo/"
names = st.text(st.characters(codec="utf-8", exclude_characters="/\n\r\t", exclude_categories=("Cc", "Cs")), min_size=1)
hashes = st.just("") | st.text("0123456789abcdef", min_size=64, max_size=64)
listings = st.lists(st.tuples(names.filter(lambda name: name.strip() == name and name not in (".", "..")), hashes))


def _link(name: str, digest: str) -> str:
    fragment = f"#sha256={digest}" if digest else ""
    return html.escape(f"../../files/{quote(name, safe='')}{fragment}")


@given(listings)
def test_html_is_read_as_it_was_written(files: list[tuple[str, str]]) -> None:
    links = "".join(f'<a href="{_link(name, digest)}">{html.escape(name)}</a><br>\n' for name, digest in files)
    text = f"<!DOCTYPE html><html><head><title>demo</title></head><body><h1>demo</h1>{links}</body></html>"
    read = parse_page(text, content_type="text/html; charset=utf-8", address=PAGE)
    assert [(file.filename, file.sha256) for file in read] == files
    assert all(file.address.startswith("https://index.example/files/") for file in read)


@given(listings)
def test_json_is_read_as_it_was_written(files: list[tuple[str, str]]) -> None:
    data = {
        "meta": {"api-version": "1.4"},
        "name": "demo",
        "files": [
            {"filename": name, "url": "a.whl", "hashes": {"sha256": digest.upper()} if digest else {}}
            for name, digest in files
        ],
    }
    read = parse_page(json.dumps(data), content_type="application/vnd.pypi.simple.v1+json", address=PAGE)
    assert read == tuple(IndexFile(filename=name, sha256=digest, address=f"{PAGE}a.whl") for name, digest in files)


@given(st.text())
def test_any_text_gives_files_or_a_fault(text: str) -> None:
    parse_page(text, content_type="text/html", address=PAGE)
    with pytest.raises(ValueError, match=r".*"):
        parse_page(f"{text}!", content_type="application/json", address=PAGE)


@pytest.mark.parametrize(
    ("told", "expected"),
    [(False, None), (None, None), ("", None), (True, ""), ("It eats\nfiles", "It eats files"), (1, None)],
)
def test_yanked_files_in_json(told: object, expected: str | None) -> None:
    data = {"files": [{"filename": "a.whl", "url": "a.whl", "hashes": {}, "yanked": told}]}
    (file,) = parse_page(json.dumps(data), content_type="application/vnd.pypi.simple.v1+json", address=PAGE)
    assert file.yanked == expected


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("", None),
        ("data-yanked", ""),
        ('data-yanked=""', ""),
        ("data-yanked='It eats &quot;files&quot;'", 'It eats "files"'),
        ("DATA-YANKED=broken", "broken"),
    ],
)
def test_yanked_files_in_html(attribute: str, expected: str | None) -> None:
    (file,) = parse_page(f"<a {attribute} href='a.whl'>a.whl</a>", content_type="text/html", address=PAGE)
    assert file.yanked == expected


def test_other_hashes_and_a_base() -> None:
    text = (
        '<base href="https://files.example/a/"><a href="demo-1.tar.gz#md5=12">x</a><a name="top">y</a><a href="/">z</a>'
    )
    (file,) = parse_page(text, content_type="", address=PAGE)
    assert file == IndexFile(filename="demo-1.tar.gz", address="https://files.example/a/demo-1.tar.gz")


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("[]", "application/json", "lists no files"),
        ('{"files": [{"url": "a"}]}', "application/json", "has no name"),
        ("hello", "text/plain", "not JSON or HTML"),
    ],
)
def test_what_is_no_page(text: str, kind: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_page(text, content_type=kind, address=PAGE)


@pytest.mark.parametrize(
    "unit",
    [
        "<a ",
        "<a '",
        '<a "',
        "<a b='",
        "<!--",
        "<!",
        "</",
        "<?",
        "<",
        "<script>",
        "<base ",
        "<a/>",
        "&#",
        "<a a=",
        "<a\t",
    ],
)
def test_tags_that_never_end_are_read_once(unit: str) -> None:
    # A parser that begins anew at each of them would take hours.
    assert parse_page(unit * 100_000, content_type="text/html", address=PAGE) == ()


def test_only_tags_count() -> None:
    text = "<!-- <a href='b.whl'> --><script>'<a href=c.whl>'</script><A\nHREF = d%2E.whl x='>'>e</A><abbr href=f.whl>"
    assert [file.filename for file in parse_page(text, content_type="text/html", address=PAGE)] == ["d..whl"]


@pytest.mark.parametrize("text", ['{"files": ' + "[" * 200_000, '{"files": [' + '{"url": {"a": ' * 200_000])
def test_a_deeply_nested_page_is_a_fault(text: str) -> None:
    with pytest.raises(ValueError, match="nested more than 100 levels deep"):
        parse_page(text, content_type="application/json", address=PAGE)


@pytest.mark.parametrize("target", ["http://[", "//[x]/a.whl", "&#" + "9" * 5000 + ";"])
def test_a_target_that_is_no_address_is_a_fault(target: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_page(f'<a href="{target}">', content_type="text/html", address=PAGE)


KNOWN = {"pypi": "https://upload.index.example/legacy/", "ours": "https://ours.example/api/upload"}


def test_the_famous_index_has_its_pages_on_the_main_site() -> None:
    famous = (KNOWN["pypi"],)
    index = index_of(IndexChoice(to="pypi", famous=famous), KNOWN)
    assert index_of(IndexChoice(to=KNOWN["pypi"], famous=famous), {}).page == index.page
    assert index.upload == "https://upload.index.example/legacy/"
    assert index.simple == "https://index.example/simple/"
    assert index.page == "https://index.example/project/"
    assert page_address(index, "demo", "1.0") == "https://index.example/project/demo/1.0/"


def test_other_indexes_are_not_known_to_have_pages() -> None:
    assert page_address(index_of(IndexChoice(to="ours"), KNOWN), "demo", "1.0") == ""


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
    index = index_of(IndexChoice(to="ours", simple="https://ours.example/pages"), KNOWN)
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
        index_of(IndexChoice(to=to), KNOWN)
    assert "secret" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080"])
def test_loopback_needs_no_encryption(host: str) -> None:
    assert index_of(IndexChoice(to=f"http://{host}/"), {}).simple == f"http://{host}/simple/"
    assert index_of(IndexChoice(to="http://a.example/", allow_http=True), {}).upload == "http://a.example/"
