from __future__ import annotations

from dataclasses import replace

import pytest

from cibw.model.attestations import AttestationPolicy
from cibw.model.ci import CiFacts, CiProvider
from cibw.model.distribution import Distribution
from cibw.publishing.attest_rules import Attesting, Beside, Leftover, Leftovers, Verdict, decide, with_attestations
from unit_test.publishing.releasing import OTHER, SDIST, WHEEL, plan_of

SIGN = Verdict(attesting=Attesting.SIGN)
FIT, OLD = (
    Leftover(path="fit.publish.attestation"),
    Leftover(path="old", misfit="it is for a file with another SHA-256"),
)


@pytest.mark.parametrize(
    ("policy", "provider", "trusted", "installed", "expected"),
    [
        (AttestationPolicy.AUTO, CiProvider.GITHUB, True, True, Attesting.SIGN),
        (AttestationPolicy.AUTO, CiProvider.GITLAB, True, True, Attesting.SIGN),
        (AttestationPolicy.AUTO, CiProvider.GITHUB, False, True, Attesting.LEAVE),
        (AttestationPolicy.AUTO, CiProvider.CIRCLECI, True, True, Attesting.HAND_ON),
        (AttestationPolicy.AUTO, CiProvider.GITHUB, True, False, Attesting.HAND_ON),
        (AttestationPolicy.REQUIRE, CiProvider.NONE, False, False, Attesting.SIGN),
        (AttestationPolicy.OFF, CiProvider.GITHUB, True, True, Attesting.LEAVE),
    ],
)
def test_the_decision(
    policy: AttestationPolicy, provider: CiProvider, trusted: bool, installed: bool, expected: Attesting
) -> None:
    assert decide(policy, CiFacts(provider=provider), is_trusted=trusted, is_installed=installed).attesting is expected


def beside(**files: Leftovers) -> Beside:
    def look(_path: str, distribution: Distribution) -> Leftovers:
        return files.get(distribution.filename.partition("-")[0] + distribution.filename[-6:].replace(".", "_"), NONE)

    return look


NONE = Leftovers()


def one(leftovers: Leftovers) -> Beside:
    return lambda _, distribution: leftovers if distribution.filename == WHEEL else NONE


def test_every_file_that_is_sent_gets_one() -> None:
    made = with_attestations(plan_of(WHEEL, OTHER, SDIST, skipped=(OTHER,)), SIGN, one(NONE))
    assert [(upload.to_attest, upload.attestations) for upload in made.uploads] == [
        (True, ()),
        (False, ()),
        (True, ()),
    ]
    assert made.notes == ()


def test_one_that_fits_is_used_again() -> None:
    made = with_attestations(plan_of(WHEEL, SDIST), SIGN, one(Leftovers(publish=FIT)))
    assert [upload.to_attest for upload in made.uploads] == [False, True]
    assert made.uploads[0].attestations == (FIT.path,)
    assert made.notes == (f"The attestation next to {WHEEL} is reused: it is for exactly this file.",)


def test_one_that_does_not_fit_is_replaced() -> None:
    made = with_attestations(plan_of(WHEEL), SIGN, one(Leftovers(publish=OLD)))
    assert (made.uploads[0].to_attest, made.uploads[0].attestations) == (True, ())
    assert made.notes == (f"The attestation next to {WHEEL} is replaced: it is for a file with another SHA-256.",)


def test_one_of_each_predicate_goes_along() -> None:
    provenance = Leftover(path="slsa")
    made = with_attestations(plan_of(WHEEL), SIGN, one(Leftovers(publish=FIT, provenance=provenance)))
    assert made.uploads[0].attestations == (FIT.path, "slsa")
    made = with_attestations(plan_of(WHEEL), SIGN, one(Leftovers(provenance=OLD)))
    assert (made.uploads[0].to_attest, made.uploads[0].attestations) == (True, ())
    assert made.notes == (f"The attestation next to {WHEEL} is not uploaded: it is for a file with another SHA-256.",)


def test_what_is_there_is_handed_on_where_nothing_is_signed() -> None:
    verdict = Verdict(attesting=Attesting.HAND_ON, reason="Nothing can sign here.")
    made = with_attestations(plan_of(WHEEL, SDIST), verdict, one(Leftovers(publish=FIT)))
    assert [(upload.to_attest, upload.attestations) for upload in made.uploads] == [(False, (FIT.path,)), (False, ())]
    assert made.notes[0] == "Nothing can sign here."
    left = with_attestations(plan_of(WHEEL), verdict, one(Leftovers(publish=OLD)))
    assert left.uploads[0].attestations == ()
    assert left.notes[1:] == (
        f"The attestation next to {WHEEL} is not uploaded: it is for a file with another SHA-256.",
    )


def test_nothing_is_said_where_nothing_is_sent() -> None:
    verdict = Verdict(attesting=Attesting.HAND_ON, reason="Nothing can sign here.")
    assert with_attestations(plan_of(WHEEL, skipped=(WHEEL,)), verdict, one(NONE)).notes == ()


def test_none_goes_along_where_the_index_would_refuse_it() -> None:
    plan = plan_of(WHEEL, SDIST)
    plan = replace(plan, uploads=tuple(replace(upload, attestations=("x",)) for upload in plan.uploads))
    verdict = decide(AttestationPolicy.AUTO, CiFacts(), is_trusted=False, is_installed=True)
    made = with_attestations(plan, verdict, one(Leftovers(publish=FIT)))
    assert [upload.attestations for upload in made.uploads] == [(), ()]
    assert made.notes == (
        f"The attestation next to {WHEEL} is not uploaded: indexes accept attestations only from trusted publishers.",
    )
