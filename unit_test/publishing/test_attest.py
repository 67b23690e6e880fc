from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from cibw.errors import AttestationError
from cibw.model.attestations import AttestationPolicy
from cibw.model.ci import CiFacts, CiProvider
from cibw.model.release import UploadPlan
from cibw.publishing.attest import RunAttester, Surroundings, attest_release
from cibw.publishing.attest_patience import OutageError
from cibw.publishing.trusted_identity import NoIdentityError
from unit_test.publishing.identities import GITHUB, token
from unit_test.publishing.releasing import OTHER, SDIST, WHEEL, plan_of

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
        surroundings = Surroundings(
            identify=self.identify, mask=self.masked.append, warn=self.warnings.append, sleep=self.waited.append
        )
        return RunAttester(signing=self.signers, facts=self.facts, surroundings=surroundings)

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
