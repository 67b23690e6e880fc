from __future__ import annotations

from dataclasses import replace

import pytest

from cibw.errors import ConfigurationError, VerificationError
from cibw.model.distribution import DistributionKind
from cibw.model.findings import Finding, Severity
from cibw.model.release import IndexFile, Listing
from cibw.publishing.verify_rules import (
    Wanted,
    compare,
    listed_files,
    listed_names,
    missing_names,
    parse_release,
    require_verified,
    withdrawn,
)
from unit_test.publishing.releasing import OTHER, SDIST, WHEEL, distribution, hash_of, listed

PAGE = "https://index.example/simple/demo/"


def wanted(*names: str) -> Wanted:
    files = tuple(distribution(name) for name in names)
    return Wanted(project="demo", version=files[0].version, files=files)


def test_a_release_that_is_all_there() -> None:
    release = wanted(WHEEL, SDIST)
    assert not compare(release, Listing(files=listed(WHEEL, OTHER, SDIST)), PAGE)
    assert [file.filename for file in release.having(DistributionKind.SDIST)] == [SDIST]


def test_all_that_is_wrong_is_told_at_once() -> None:
    release = wanted(WHEEL, OTHER, SDIST)
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
    (finding,) = compare(wanted(WHEEL), Listing(unknown="it answers with 500"), PAGE)
    assert finding.message == "it answers with 500."


def test_yanked_files_are_told_and_are_no_fault() -> None:
    files = tuple(IndexFile(filename=name, sha256=hash_of(name), yanked="It eats files") for name in (WHEEL, SDIST))
    assert withdrawn(wanted(WHEEL), Listing(files=(replace(files[0], yanked=None), files[1]))) == ()
    (finding,) = withdrawn(wanted(WHEEL, SDIST), Listing(files=files))
    assert finding.message == "demo 1.0 was yanked. Reason: It eats files."
    assert (finding.severity, finding.files) == (Severity.WARNING, (WHEEL, SDIST))
    (some,) = withdrawn(wanted(WHEEL, SDIST), Listing(files=(replace(files[0], yanked=""),)))
    assert some.message == f"Yanked: {WHEEL}. No reason is given."
    require_verified(wanted(WHEEL), "the index", (finding,))


def test_what_could_not_be_tried_is_no_fault() -> None:
    skipped = Finding(rule="install", message="no wheel for this Python", severity=Severity.SKIPPED)
    require_verified(wanted(WHEEL), "the index", (skipped,))


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
