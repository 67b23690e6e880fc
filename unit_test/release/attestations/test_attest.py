from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.ci import CiFacts, CiProvider
from cibw.errors import AttestationError
from cibw.model.http import AttestationPolicy, AttestationStatement, Predicate
from cibw.model.release import Distribution, UploadPlan
from cibw.release.attestations.attest import (
    AttestationAction,
    AttestationContext,
    AttestationDecision,
    AttestationFinder,
    ExistingAttestation,
    ExistingAttestations,
    RunAttester,
    attest_release,
    attestation_path,
    decide,
    leftovers,
    misfit,
    read_statement,
    with_attestations,
)
from cibw.release.identity import NoIdentityError, OutageError
from unit_test.release.attestations.examples import around, attestation, enveloped, lay
from unit_test.release.identities import GITHUB, token
from unit_test.release.releasing import OTHER, SDIST, WHEEL, distribution, hash_of, plan_of

SIGN = AttestationDecision(attesting=AttestationAction.SIGN)
FIT, OLD = (
    ExistingAttestation(path="fit.publish.attestation"),
    ExistingAttestation(path="old", misfit="it is for a file with another SHA-256"),
)


@pytest.mark.parametrize(
    ("policy", "provider", "trusted", "installed", "expected"),
    [
        (AttestationPolicy.AUTO, CiProvider.GITHUB, True, True, AttestationAction.SIGN),
        (AttestationPolicy.AUTO, CiProvider.GITLAB, True, True, AttestationAction.SIGN),
        (AttestationPolicy.AUTO, CiProvider.GITHUB, False, True, AttestationAction.LEAVE),
        (AttestationPolicy.AUTO, CiProvider.CIRCLECI, True, True, AttestationAction.HAND_ON),
        (AttestationPolicy.AUTO, CiProvider.GITHUB, True, False, AttestationAction.HAND_ON),
        (AttestationPolicy.REQUIRE, CiProvider.NONE, False, False, AttestationAction.SIGN),
        (AttestationPolicy.OFF, CiProvider.GITHUB, True, True, AttestationAction.LEAVE),
    ],
)
def test_the_decision(
    policy: AttestationPolicy, provider: CiProvider, trusted: bool, installed: bool, expected: AttestationAction
) -> None:
    assert decide(policy, CiFacts(provider=provider), is_trusted=trusted, is_installed=installed).attesting is expected


def beside(**files: ExistingAttestations) -> AttestationFinder:
    def look(_path: str, distribution: Distribution) -> ExistingAttestations:
        return files.get(distribution.filename.partition("-")[0] + distribution.filename[-6:].replace(".", "_"), NONE)

    return look


NONE = ExistingAttestations()


def one(leftovers: ExistingAttestations) -> AttestationFinder:
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
    made = with_attestations(plan_of(WHEEL, SDIST), SIGN, one(ExistingAttestations(publish=FIT)))
    assert [upload.to_attest for upload in made.uploads] == [False, True]
    assert made.uploads[0].attestations == (FIT.path,)
    assert made.notes == (f"The attestation next to {WHEEL} is reused: it is for exactly this file.",)


def test_one_that_does_not_fit_is_replaced() -> None:
    made = with_attestations(plan_of(WHEEL), SIGN, one(ExistingAttestations(publish=OLD)))
    assert (made.uploads[0].to_attest, made.uploads[0].attestations) == (True, ())
    assert made.notes == (f"The attestation next to {WHEEL} is replaced: it is for a file with another SHA-256.",)


def test_one_of_each_predicate_goes_along() -> None:
    provenance = ExistingAttestation(path="slsa")
    made = with_attestations(plan_of(WHEEL), SIGN, one(ExistingAttestations(publish=FIT, provenance=provenance)))
    assert made.uploads[0].attestations == (FIT.path, "slsa")
    made = with_attestations(plan_of(WHEEL), SIGN, one(ExistingAttestations(provenance=OLD)))
    assert (made.uploads[0].to_attest, made.uploads[0].attestations) == (True, ())
    assert made.notes == (f"The attestation next to {WHEEL} is not uploaded: it is for a file with another SHA-256.",)


def test_what_is_there_is_handed_on_where_nothing_is_signed() -> None:
    decision = AttestationDecision(attesting=AttestationAction.HAND_ON, reason="Nothing can sign here.")
    made = with_attestations(plan_of(WHEEL, SDIST), decision, one(ExistingAttestations(publish=FIT)))
    assert [(upload.to_attest, upload.attestations) for upload in made.uploads] == [(False, (FIT.path,)), (False, ())]
    assert made.notes[0] == "Nothing can sign here."
    left = with_attestations(plan_of(WHEEL), decision, one(ExistingAttestations(publish=OLD)))
    assert left.uploads[0].attestations == ()
    assert left.notes[1:] == (
        f"The attestation next to {WHEEL} is not uploaded: it is for a file with another SHA-256.",
    )


def test_nothing_is_said_where_nothing_is_sent() -> None:
    decision = AttestationDecision(attesting=AttestationAction.HAND_ON, reason="Nothing can sign here.")
    assert with_attestations(plan_of(WHEEL, skipped=(WHEEL,)), decision, one(NONE)).notes == ()


def test_none_goes_along_where_the_index_would_refuse_it() -> None:
    plan = plan_of(WHEEL, SDIST)
    plan = replace(plan, uploads=tuple(replace(upload, attestations=("x",)) for upload in plan.uploads))
    decision = decide(AttestationPolicy.AUTO, CiFacts(), is_trusted=False, is_installed=True)
    made = with_attestations(plan, decision, one(ExistingAttestations(publish=FIT)))
    assert [upload.attestations for upload in made.uploads] == [(), ()]
    assert made.notes == (
        f"The attestation next to {WHEEL} is not uploaded: indexes accept attestations only from trusted publishers.",
    )


SUBJECT = {"name": WHEEL, "digest": {"sha256": "ab"}}


def test_the_statement_of_an_attestation() -> None:
    assert read_statement(attestation(WHEEL)) == AttestationStatement(
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
    assert leftovers(str(wheel), distribution(WHEEL)) == ExistingAttestations()
    publish = lay(attestation_path(wheel), attestation(WHEEL))
    provenance = lay(tmp_path / f"{WHEEL}.slsa.attestation", attestation(WHEEL))
    found = leftovers(str(wheel), distribution(WHEEL))
    assert found.publish == ExistingAttestation(path=str(publish))
    assert found.provenance == ExistingAttestation(
        path=str(provenance), misfit="it has another predicate (/attestations/publish/v1)"
    )
    publish.unlink()
    publish.mkdir()
    found = leftovers(str(wheel), distribution(WHEEL))
    assert found.publish is not None
    assert found.publish.misfit.startswith("it cannot be read (")


REUSED = {**GITHUB, "job_workflow_ref": "octo/shared/.github/workflows/publish.yml@refs/heads/main"}


@dataclass(slots=True)
class Signers:
    """Signs after some outages; `signed` has the names, and with `lazy` no identity is asked for."""

    outages: int = 0
    refuses: str = ""
    signed: list[str] = field(default_factory=list)

    def sign(self, path: Path, identify: Callable[[], str], /) -> str:
        identify()
        if path.name == self.refuses:
            raise AttestationError("No.")
        if self.outages:
            self.outages -= 1
            raise OutageError("the transparency log responded with 503")
        self.signed.append(path.name)
        return f"attestation of {path.name}"


class World:
    """A CI's run and signers."""

    def __init__(self, signers: Signers, provider: CiProvider = CiProvider.GITHUB) -> None:
        self.signers = signers
        self.facts = CiFacts(provider=provider)
        self.identity: str | None = token(GITHUB)
        self.refuses: NoIdentityError | None = None
        self.masked: list[str] = []
        self.warnings: list[str] = []
        self.waited: list[float] = []

    def identify(self, audience: str) -> str | None:
        assert audience == "sigstore"
        if self.refuses:
            raise self.refuses
        return self.identity

    def attester(self) -> RunAttester:
        context = AttestationContext(
            identify=self.identify, mask=self.masked.append, warn=self.warnings.append, sleep=self.waited.append
        )
        return RunAttester(signing=self.signers, facts=self.facts, context=context)

    def release(self, plan: UploadPlan, policy: AttestationPolicy) -> UploadPlan:
        return attest_release(plan, self.attester(), policy, self.warnings.append)


def planned(directory: Path, *names: str) -> UploadPlan:
    plan = plan_of(*names)
    uploads = (replace(one, path=str(directory / one.distribution.filename), to_attest=True) for one in plan.uploads)
    return replace(plan, uploads=tuple(uploads))


def test_the_attestation_lies_beside_its_distribution(tmp_path: Path) -> None:
    world = World(Signers())
    path = world.attester().attest(tmp_path / WHEEL)
    assert path == tmp_path / f"{WHEEL}.publish.attestation"
    assert path.read_text() == f"attestation of {WHEEL}"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert world.masked == [world.identity]
    assert world.warnings == []


def test_a_link_with_the_name_of_an_unfinished_attestation_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / f".{WHEEL}.publish.attestation").symlink_to(victim)
    path = World(Signers()).attester().attest(tmp_path / WHEEL)
    assert victim.read_text() == "mine"
    assert not path.is_symlink()


def test_an_outage_is_waited_for(tmp_path: Path) -> None:
    world = World(Signers(outages=3))
    world.attester().attest(tmp_path / WHEEL)
    assert world.waited == [2.0, 4.0, 8.0]
    assert world.warnings[0] == f"Signing {WHEEL} failed: the transparency log responded with 503; retrying in 2 s"


def test_a_long_outage(tmp_path: Path) -> None:
    world = World(Signers(outages=9))
    with pytest.raises(
        AttestationError, match=r"could not be signed in 5 tries: the transparency log responded with 503"
    ) as caught:
        world.attester().attest(tmp_path / WHEEL)
    assert "With attestations = 'auto', the release continues without attestations." in caught.value.hint
    assert world.waited == [2.0, 4.0, 8.0, 16.0]
    assert not list(tmp_path.iterdir())


def test_a_reusable_workflow_is_told_before_anything_is_signed(tmp_path: Path) -> None:
    world = World(Signers())
    world.identity = token(REUSED)
    with pytest.raises(AttestationError, match=r"reusable workflow octo/shared/.*publish\.yml") as caught:
        world.attester().attest(tmp_path / WHEEL)
    assert "Move the publishing job into release.yml" in caught.value.hint
    assert world.signers.signed == []


@pytest.mark.parametrize(
    ("provider", "hint"),
    [
        (CiProvider.GITHUB, "id-token: write"),
        (CiProvider.GITLAB, "SIGSTORE_ID_TOKEN: {aud: sigstore}"),
        (CiProvider.NONE, "in a job on GitHub or GitLab"),
    ],
)
def test_no_identity(tmp_path: Path, provider: CiProvider, hint: str) -> None:
    world = World(Signers(), provider)
    world.identity = None
    with pytest.raises(AttestationError, match=r"does not provide an identity for Sigstore\.$") as caught:
        world.attester().attest(tmp_path / WHEEL)
    assert hint in caught.value.hint
    world.refuses = NoIdentityError("the server said eyJhbGci.e30.x")
    with pytest.raises(AttestationError, match=r"Sigstore: the server said \*\*\*\.$"):
        world.attester().attest(tmp_path / WHEEL)
    world.refuses = NoIdentityError("a page of words", needs_permission=True)
    with pytest.raises(AttestationError, match=r"for Sigstore\.$"):
        world.attester().attest(tmp_path / WHEEL)


def test_a_release_is_attested_before_it_is_sent(tmp_path: Path) -> None:
    world = World(Signers())
    plan = planned(tmp_path, WHEEL, OTHER, SDIST)
    kept = replace(plan.uploads[1], to_attest=False, attestations=("there",))
    provenance = replace(plan.uploads[2], attestations=("slsa",))
    made = world.release(replace(plan, uploads=(plan.uploads[0], kept, provenance)), AttestationPolicy.REQUIRE)
    assert [one.attestations for one in made.uploads] == [
        (str(tmp_path / f"{WHEEL}.publish.attestation"),),
        ("there",),
        (str(tmp_path / f"{SDIST}.publish.attestation"), "slsa"),
    ]
    assert world.signers.signed == [WHEEL, SDIST]
    assert not any(one.to_attest for one in made.uploads)


def test_required_attestations_stop_the_release(tmp_path: Path) -> None:
    world = World(Signers(outages=99))
    with pytest.raises(AttestationError, match=r"Nothing was uploaded\.$") as caught:
        world.release(planned(tmp_path, WHEEL, SDIST), AttestationPolicy.REQUIRE)
    assert caught.value.exit_code == 22


def test_else_the_release_goes_on_without(tmp_path: Path) -> None:
    world = World(Signers(refuses=OTHER))
    made = world.release(planned(tmp_path, WHEEL, OTHER, SDIST), AttestationPolicy.AUTO)
    assert [len(one.attestations) for one in made.uploads] == [1, 0, 0]
    assert not any(one.to_attest for one in made.uploads)
    assert world.warnings == ["No. The release continues without attestations. "]
    assert world.signers.signed == [WHEEL]
