from __future__ import annotations

from pathlib import Path

import pytest

from cibw.model.manifest import Severity
from cibw.release.checks.metadata import is_mail, is_page, mail_addresses
from unit_test.release.archives import FIELDS, Made
from unit_test.release.checks.checking import found


@pytest.mark.parametrize(
    "text",
    [
        "HTTPS://example.org",
        "http://example.org/a b?c=d#[e]",
        "https://bücher.example/é",
        "https://user:word@[::1]:8080/",
        "https:relative",
        "https://example.org:65535",
    ],
)
def test_addresses_of_pages(text: str) -> None:
    assert is_page(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "UNKNOWN",
        "example.org",
        "http//example.org",
        "//example.org",
        "ftp://example.org",
        "git+https://example.org",
        "https://example.org/[a]",
        "https://example.org?a=[b]",
        "https://example.org:65536",
        "mailto:a@example.org",
    ],
)
def test_what_is_no_address_of_a_page(text: str) -> None:
    assert not is_page(text)


@pytest.mark.parametrize(
    "text", ["a@b.org", "a.b+c=d@e-f.co.uk", "ä@bücher.de", "A'b@C.ORG", f"{'a' * 65}@b.org", "a@xn--bcher-kva.de"]
)
def test_addresses_of_mail(text: str) -> None:
    assert is_mail(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@b",
        "a b@c.org",
        ".a@b.org",
        "a..b@c.org",
        "a@b.org.",
        "a@b..org",
        "a@-b.org",
        "a@b-.org",
        "a@b_c.org",
        "a@1.2.3.4",
        "a@b.local",
        "root@LOCALHOST",
        "a@b.test",
        f"a@{'b' * 64}.org",
        f"a@{'b.' * 125}orgs",
    ],
)
def test_what_is_no_address_of_mail(text: str) -> None:
    assert not is_mail(text)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Ada <ada@example.org>", ("ada@example.org",)),
        ("ada@example.org (Ada, Lovelace)", ("ada@example.org",)),
        ('"Lovelace, \\"Ada\\"" <a@b.org>', ("a@b.org",)),
        ("Ada (x, y) <a@b.org>, ", ("a@b.org",)),
        ("Ada <a@b.org>, b@c.org; C <c@d.org>", ("a@b.org", "b@c.org", "c@d.org")),
        ("Ada <a@b.org", ("a@b.org",)),
        ("Ada Lovelace", ("Ada Lovelace",)),
        ("http://example.org", ("http://example.org",)),
        ("", ()),
        ("Ada <>", ()),
        ("Ada <mailto:a@b.org>", ()),
        ("a@b.org c@d.org", ()),
        ("A <a@b.org> B <b@c.org>", ()),
        ("a@@b.org", ()),
        ("a [at] b.org", ()),
        ("team: a@b.org;", ()),
    ],
)
def test_addresses_in_a_field(text: str, addresses: tuple[str, ...]) -> None:
    assert mail_addresses(text) == addresses


@pytest.mark.parametrize(
    ("field", "severities"),
    [
        ("A <a@b.org>, b@nowhere", [Severity.WARNING]),
        ("A, B <a@b.org>", [Severity.WARNING]),
        ("a@nowhere", [Severity.ERROR]),
        ("a@b.org c@d.org", []),
        ("a@nowhere,", [Severity.ERROR]),
        ("UNKNOWN", []),
        ('"A, B" <a@b.org>', []),
    ],
)
def test_the_index_judges_a_lone_address(tmp_path: Path, field: str, severities: list[Severity]) -> None:
    made = Made(fields=(*FIELDS, f"Maintainer-email: {field}"))
    findings = found(made.wheel(tmp_path), made.sdist(tmp_path))
    assert [(one.rule, one.severity) for one in findings] == [("mail-address", one) for one in severities]


@pytest.mark.parametrize(
    "field", ["Home-page: UNKNOWN", "Download-URL: HTTP://example.org", "Project-URL: a, HTTPS://b"]
)
def test_addresses_that_the_index_accepts(tmp_path: Path, field: str) -> None:
    made = Made(fields=(*FIELDS, field))
    assert found(made.wheel(tmp_path), made.sdist(tmp_path)) == ()
