from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.errors import CredentialsError, UploadError
from cibw.release.responses import (
    Receipt,
    UploadVerdict,
    advice_for,
    exists_already,
    is_page,
    judge,
    readable,
    without,
)
from cibw.release.upload import refusal
from unit_test.release.releasing import INDEX, WHEEL

BOTTLE = """<html><head><title>Error: 409 Conflict</title><style>b {}</style></head><body><h1>Error: 409 Conflict</h1>
<p>Sorry, the requested URL <tt>&#039;http://127.0.0.1/&#039;</tt> caused an error:</p><pre>{}</pre></body></html>"""


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, UploadVerdict.TAKEN),
        (201, UploadVerdict.TAKEN),
        (308, UploadVerdict.REFUSED),
        (400, UploadVerdict.REFUSED),
        (429, UploadVerdict.AGAIN),
        (503, UploadVerdict.AGAIN),
    ],
)
def test_what_an_answer_means(status: int, verdict: UploadVerdict) -> None:
    assert judge(Receipt(status=status)) is verdict


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (
            '{"message": "400", "code": "File already exists.", "title": "Bad"}',
            "application/json",
            "File already exists.",
        ),
        ('{"code": "x"}', "application/json", '{"code": "x"}'),
        ('["a"]', "application/json", '["a"]'),
        ("{", "application/json", "{"),
        ("409 demo already\n exists", "text/plain; charset=utf-8", "409 demo already exists"),
        ("<p>No &amp; <b>never</b></p>", "text/html", "No & never"),
        (
            BOTTLE.replace("{}", "Package &#039;a.whl&#039; already exists!"),
            "text/html",
            "Package 'a.whl' already exists!",
        ),
        (BOTTLE.replace("{}", "None"), "text/html", "Forbidden"),
        ("", "", "Forbidden"),
        ("x" * 1000, "", "x" * 600 + " ..."),
    ],
)
def test_what_people_get_to_read(text: str, kind: str, expected: str) -> None:
    assert readable(text, kind, "Forbidden") == expected


@given(st.text(), st.sampled_from(["text/html", "application/json", "text/plain"]))
def test_any_answer_is_one_line(text: str, kind: str) -> None:
    line = readable(text, kind, "")
    assert len(line) <= 604
    assert "\n" not in line


@pytest.mark.parametrize(
    "receipt",
    [
        Receipt(status=409),
        Receipt(status=409, message="Metadata of the file is another one"),
        Receipt(status=400, message="File already exists ('a', with blake2_256 hash 'b')."),
        Receipt(status=400, message="Name has already been taken"),
        Receipt(status=400, message="Repository does not allow updating assets: pypi-hosted"),
        Receipt(status=400, message="the asset demo.whl cannot be updated"),
        Receipt(status=403, message="Not enough permissions to delete/overwrite artifact 'a'"),
        Receipt(status=403, message="Not enough permissions to overwrite file 'a'"),
        Receipt(status=409, message="The feed already contains file 'a' in package 'b'"),
        Receipt(status=400, message="The feed already contains file 'a' in package 'b'"),
        Receipt(status=422, message="This package duplicates the attributes of another package"),
        Receipt(status=500, message="PackageAlreadyExistsException"),
        Receipt(status=500, message="Internal Server Error", words="x" * 700 + " File Already Exists"),
    ],
)
def test_what_says_that_the_index_has_the_name(receipt: Receipt) -> None:
    assert exists_already(receipt)
    assert judge(receipt) is UploadVerdict.REFUSED


@pytest.mark.parametrize(
    "receipt",
    [
        Receipt(status=200, words="already exists"),
        Receipt(status=302, words="already exists"),
        Receipt(status=503, message="busy"),
        Receipt(status=400, message="This filename was previously used by a file that has since been deleted."),
        Receipt(status=400, message="Only one sdist may be uploaded per release."),
        Receipt(status=403, message="Forbidden"),
    ],
)
def test_what_does_not_say_that_the_index_has_the_name(receipt: Receipt) -> None:
    assert not exists_already(receipt)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("<!DOCTYPE html><title>Sign in</title>", "text/html; charset=utf-8", True),
        ("Please sign in", "Text/HTML", True),
        ("<html xmlns='x'>", "application/xhtml+xml", True),
        ("\n <!-- hello -->\n<HTML>", "", True),
        ("<?xml version='1.0'?><html>", "text/plain", True),
        ("", "text/html; charset=UTF-8", False),
        (" \n", "text/html", False),
        ("<response>ok</response>", "application/xml", False),
        ("OK", "text/plain", False),
        ('{"text": "<html>"}', "application/json", False),
        ("<!--" * 5000, "", False),
    ],
)
def test_pages_for_people(text: str, kind: str, *, expected: bool) -> None:
    assert is_page(text, kind) is expected


def test_secrets_are_masked() -> None:
    assert without("bad token abc-def!", "abc-def") == "bad token ***!"
    assert without("no", "no") == "no"
    assert without("nothing", "") == "nothing"


@pytest.mark.parametrize(
    ("status", "message", "error", "hint"),
    [
        (403, "The user 'a' isn't allowed to upload to project 'demo'.", CredentialsError, "belongs to someone else"),
        (403, "Invalid or non-existent authentication information.", CredentialsError, "API token"),
        (403, "Forbidden", CredentialsError, "trusted publishing"),
        (401, "", CredentialsError, "user name"),
        (401, "Enable 2FA first", CredentialsError, "two-factor"),
        (400, "Non-user identities cannot create new projects.", CredentialsError, "pending publisher"),
        (
            400,
            "This filename was previously used by a file that has since been deleted.",
            UploadError,
            "never be reused",
        ),
        (400, "File already exists ('a', with blake2_256 hash 'b').", UploadError, "raise the version"),
        (400, "Uploading new files to releases older than 14 days is not allowed.", UploadError, "too old"),
        (400, "File too large. Limit for project 'demo' is 100 MB.", UploadError, "debug symbols"),
        (400, "Project size too large. Limit is 10 GB", UploadError, "old releases"),
        (400, "The use of local versions in <Version('1+a')> is not allowed", UploadError, "no-local-version"),
        (400, "Invalid attestations supplied during upload: no", UploadError, "attestations = 'off'"),
        (400, "Binary wheel 'a' has an unsupported platform tag 'linux_x86_64'.", UploadError, "Repair"),
        (403, "Not enough permissions to overwrite artifact 'a'", UploadError, "raise the version"),
        (409, "", UploadError, "raise the version"),
        (404, "", UploadError, "--to"),
        (405, "", UploadError, "simple API"),
        (413, "", UploadError, "smaller"),
        (418, "I'm a teapot", UploadError, "cibw check"),
    ],
)
def test_what_helps(status: int, message: str, error: type[Exception], hint: str) -> None:
    refused = refusal(WHEEL, INDEX, Receipt(status=status, message=message))
    assert type(refused) is error
    assert message in refused.message
    assert hint in refused.hint


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("https://a.example/legacy/", "to https://a.example/legacy/. If this is the upload URL of the index"),
        ("https://a.example/users/sign_in?next=1", "looks like a sign-in page"),
        ("https://sso.a.example/", "looks like a sign-in page"),
        ("https://a.example/lessons/", "If this is the upload URL of the index"),
        ("", "to another URL"),
    ],
)
def test_where_an_index_wants_files_elsewhere(location: str, said: str) -> None:
    assert said in advice_for(Receipt(status=308, location=location)).text


@pytest.mark.parametrize("kind", ["text/html", "application/json", "text/plain"])
@pytest.mark.parametrize("unit", ["<style", "<", "&#", "Sorry, the requested URL '", "[", '{"a":', "&#" + "9" * 5000])
def test_long_answers_are_shortened(kind: str, unit: str) -> None:
    assert len(readable(unit * (5_000_000 // len(unit)), kind, "reason")) < 700
