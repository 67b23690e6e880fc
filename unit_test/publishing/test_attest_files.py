from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.model.attestations import Predicate, Statement
from cibw.publishing.attest_files import attestation_path, leftovers, misfit, read_statement
from cibw.publishing.attest_rules import Leftover, Leftovers
from unit_test.publishing.attestations import around, attestation, enveloped, lay
from unit_test.publishing.releasing import SDIST, WHEEL, distribution, hash_of

SUBJECT = {"name": WHEEL, "digest": {"sha256": "ab"}}


def test_the_statement_of_an_attestation() -> None:
    assert read_statement(attestation(WHEEL)) == Statement(
        filename=WHEEL, sha256=hash_of(WHEEL), predicate=Predicate.PUBLISH
    )
    assert read_statement(attestation(WHEEL, Predicate.PROVENANCE)).predicate is Predicate.PROVENANCE


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"", "it is not JSON"),
        (b"\xff", "it is not JSON"),
        (b"[]", "it is not an attestation"),
        (b"{}", "it has no envelope"),
        (b'{"envelope": {}}', "its envelope has no statement"),
        (b'{"envelope": {"statement": "e"}}', "its statement is not base64"),
        (around(b"?"), "its statement is not JSON"),
        (enveloped([]), "its statement is invalid"),
        (enveloped({"subject": []}), "it is not for exactly one file"),
        (enveloped({"subject": [SUBJECT, SUBJECT]}), "it is not for exactly one file"),
        (enveloped({"subject": [0]}), "its subject is invalid"),
        (enveloped({"subject": [{"name": WHEEL}]}), "its subject has no hash"),
        (enveloped({"subject": [{"name": WHEEL, "digest": {}}]}), "its subject has no name or no SHA-256"),
        (enveloped({"subject": [SUBJECT]}), "its predicate type is not one that indexes accept"),
        (enveloped({"subject": [SUBJECT], "predicateType": "x"}), "its predicate type is not one that indexes accept"),
    ],
)
def test_what_is_odd_is_told(text: bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        read_statement(text)
    assert misfit(text, distribution(WHEEL), Predicate.PUBLISH) == fault


NAMES = st.sampled_from(["subject", "digest", "name", "predicateType", "sha256"])
VALUES = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner)
)


@given(st.binary() | VALUES.map(enveloped))
def test_anything_else_is_told_as_odd(text: bytes) -> None:
    assert misfit(text, distribution(WHEEL), Predicate.PUBLISH)


def test_whether_an_attestation_fits() -> None:
    wheel = distribution(WHEEL)
    assert not misfit(attestation(WHEEL), wheel, Predicate.PUBLISH)
    assert misfit(attestation(SDIST), wheel, Predicate.PUBLISH) == f"it is for {SDIST}"
    assert misfit(attestation(WHEEL, sha256="ab"), wheel, Predicate.PUBLISH) == "it is for a file with another SHA-256"
    other = misfit(attestation(WHEEL), wheel, Predicate.PROVENANCE)
    assert other == "it has another predicate (/attestations/publish/v1)"


def test_what_lies_beside_a_distribution(tmp_path: Path) -> None:
    wheel = tmp_path / WHEEL
    assert leftovers(str(wheel), distribution(WHEEL)) == Leftovers()
    publish = lay(attestation_path(wheel), attestation(WHEEL))
    provenance = lay(tmp_path / f"{WHEEL}.slsa.attestation", attestation(WHEEL))
    found = leftovers(str(wheel), distribution(WHEEL))
    assert found.publish == Leftover(path=str(publish))
    assert found.provenance == Leftover(
        path=str(provenance), misfit="it has another predicate (/attestations/publish/v1)"
    )
    publish.unlink()
    publish.mkdir()
    found = leftovers(str(wheel), distribution(WHEEL))
    assert found.publish is not None
    assert found.publish.misfit.startswith("it cannot be read (")
