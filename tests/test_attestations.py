"""Attestations for real: signed by a loopback Sigstore, and verified without the network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from cibw.ci import CiFacts, CiProvider
from cibw.errors import AttestationError, ConfigurationError
from cibw.model.http import AttestationPolicy, Forge, Predicate, Publisher
from cibw.model.release import Decision, Distribution, PackageIndex, PlannedUpload, UploadPlan
from cibw.release.attestations.attest import AttestationContext, RunAttester, attest_release
from cibw.release.attestations.sigstore import SigstoreInstance, SigstoreSigner
from cibw.release.attestations.verify import verify_attestation, verify_provenance
from cibw.release.upload_plan import read_distribution
from tests.releases import make_release
from tests.sigstore_server import Sigstore, sigstore
from tests.trusted_issuer import GITHUB, Issuer, issuing

OURS = Publisher(forge=Forge.GITHUB, repository="octo/hello", workflow="release.yml")
CLAIMS = {**GITHUB, "sub": "repo:octo/hello:environment:index", "sha": "0123456789abcdef"}
GITLAB = {
    "sub": "project_path:octo/deep/hello:ref_type:tag:ref:v1.0",
    "project_path": "octo/deep/hello",
    "ci_config_ref_uri": "gitlab.com/octo/deep/hello//.gitlab-ci.yml@refs/tags/v1.0",
    "ref": "refs/tags/v1.0",
    "sha": "0123456789abcdef",
}


@dataclass(slots=True)
class World:
    """A run of a CI, signers, and the files of a release."""

    issuer: Issuer
    services: Sigstore
    directory: Path
    warnings: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    @property
    def trust(self) -> SigstoreInstance:
        return SigstoreInstance(config=self.services.config.read_text())

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(sorted(path for path in self.directory.iterdir() if path.suffix in (".whl", ".gz")))

    def attester(self, signing: SigstoreSigner | None = None) -> RunAttester:
        context = AttestationContext(
            identify=self.issuer.issue, mask=lambda _: None, warn=self.warnings.append, sleep=self.waited.append
        )
        facts = CiFacts(provider=CiProvider.GITHUB)
        return RunAttester(signing=signing or SigstoreSigner(trust=self.trust), facts=facts, context=context)

    def attested(self) -> tuple[Distribution, bytes]:
        """The first file and its attestation."""
        path = self.files[0]
        return read_distribution(path).distribution, self.attester().attest(path).read_bytes()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with issuing(CLAIMS) as issuer, sigstore(tmp_path, issuer) as services:
        yield World(issuer=issuer, services=services, directory=make_release(tmp_path / "dist"))


def test_attestations_are_made_and_hold(world: World) -> None:
    attester = world.attester()
    for path in world.files:
        text = attester.attest(path).read_bytes()
        found = verify_attestation(text, read_distribution(path).distribution, OURS, world.trust)
        assert found is Predicate.PUBLISH
    assert world.services.asked == ["authority", "log", "log", "log"]
    assert len(world.issuer.issued) == 1
    assert (world.warnings, world.waited) == ([], [])


def test_what_indexes_look_at_is_there(world: World) -> None:
    from pypi_attestations import Attestation, AttestationType

    distribution, text = world.attested()
    attestation = Attestation.model_validate_json(text)
    assert attestation.statement["predicateType"] == AttestationType.PYPI_PUBLISH_V1.value
    assert attestation.statement["predicate"] is None
    assert attestation.statement["subject"] == [
        {"name": distribution.filename, "digest": {"sha256": distribution.sha256}}
    ]


def test_gitlab(world: World) -> None:
    world.issuer.claims = GITLAB
    distribution, text = world.attested()
    publisher = Publisher(forge=Forge.GITLAB, repository="octo/deep/hello", workflow=".gitlab-ci.yml")
    assert verify_attestation(text, distribution, publisher, world.trust) is Predicate.PUBLISH
    with pytest.raises(AttestationError, match="verification for"):
        verify_attestation(text, distribution, OURS, world.trust)


@pytest.mark.parametrize(
    "publisher",
    [
        Publisher(forge=Forge.GITHUB, repository="octo/fork", workflow="release.yml"),
        Publisher(forge=Forge.GITHUB, repository="octo/hello", workflow="other.yml"),
        Publisher(forge=Forge.GITLAB, repository="octo/hello", workflow="release.yml"),
    ],
    ids=["repository", "workflow", "forge"],
)
def test_another_publisher_is_refused(world: World, publisher: Publisher) -> None:
    distribution, text = world.attested()
    with pytest.raises(AttestationError, match=f"verification for {publisher}"):
        verify_attestation(text, distribution, publisher, world.trust)


def test_other_bytes_and_other_names_are_refused(world: World) -> None:
    distribution, text = world.attested()
    world.files[0].write_bytes(b"changed")
    with pytest.raises(AttestationError, match="it is for a file with another SHA-256"):
        verify_attestation(text, read_distribution(world.files[0]).distribution, OURS, world.trust)
    with pytest.raises(AttestationError, match=f"it is for {distribution.filename}"):
        verify_attestation(text, read_distribution(world.files[1]).distribution, OURS, world.trust)


def test_no_byte_of_it_may_change(world: World) -> None:
    distribution, text = world.attested()
    told = json.loads(text)
    for change in (_other_signature, _other_certificate, _no_log, _other_promise):
        changed = json.loads(text)
        change(changed)
        assert changed != told
        with pytest.raises(AttestationError, match="is invalid"):
            verify_attestation(json.dumps(changed).encode(), distribution, OURS, world.trust)
    with pytest.raises(AttestationError, match="is invalid: it is not JSON"):
        verify_attestation(text[:-1], distribution, OURS, world.trust)


Told = dict[str, dict[str, object]]


def _other_signature(told: Told) -> None:
    text = str(told["envelope"]["signature"])
    told["envelope"]["signature"] = f"{text[:20]}{'A' if text[20] != 'A' else 'B'}{text[21:]}"


def _other_certificate(told: Told) -> None:
    text = str(told["verification_material"]["certificate"])
    told["verification_material"]["certificate"] = f"{text[:300]}{'A' if text[300] != 'A' else 'B'}{text[301:]}"


def _no_log(told: Told) -> None:
    told["verification_material"]["transparency_entries"] = []


def _other_promise(told: Told) -> None:
    entries = told["verification_material"]["transparency_entries"]
    assert isinstance(entries, list)
    entries[0]["inclusionPromise"]["signedEntryTimestamp"] = "AAAA"


def test_signatures_of_another_instance_are_refused(world: World, tmp_path: Path) -> None:
    distribution, text = world.attested()
    (tmp_path / "other").mkdir()
    with sigstore(tmp_path / "other", world.issuer) as other:
        trust = SigstoreInstance(config=other.config.read_text())
    for one in (trust, SigstoreInstance()):
        with pytest.raises(AttestationError, match="verification for"):
            verify_attestation(text, distribution, OURS, one)


def test_the_provenance_of_an_index(world: World) -> None:
    distribution, text = world.attested()
    claimed = {"kind": "GitHub", "repository": "octo/hello", "workflow": "release.yml"}
    bundle = {"publisher": claimed, "attestations": [json.loads(text)]}
    provenance = json.dumps({"version": 1, "attestation_bundles": [bundle]}).encode()
    assert verify_provenance(provenance, distribution, OURS, world.trust) == (Predicate.PUBLISH,)
    other = Publisher(forge=Forge.GITHUB, repository="octo/fork", workflow="release.yml")
    with pytest.raises(AttestationError, match="verification for"):
        verify_provenance(provenance, distribution, other, world.trust)
    for empty in (b"", b"[]", b'{"attestation_bundles": []}', b'{"attestation_bundles": [1, {"attestations": []}]}'):
        with pytest.raises(AttestationError, match="is invalid: the"):
            verify_provenance(empty, distribution, OURS, world.trust)


@pytest.mark.parametrize("service", ["authority", "log"])
def test_an_outage_that_ends(world: World, service: str) -> None:
    world.services.outages[service] = 2
    distribution, text = world.attested()
    assert verify_attestation(text, distribution, OURS, world.trust) is Predicate.PUBLISH
    assert world.waited == [2.0, 4.0]
    assert "responded with 503; retrying in 2 s" in world.warnings[0]


def test_a_service_that_is_not_there(world: World, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    with sigstore(tmp_path / "gone", world.issuer) as gone:
        trust = SigstoreInstance(config=gone.config.read_text())
    with pytest.raises(AttestationError, match="cannot reach the certificate authority"):
        world.attester(SigstoreSigner(trust=trust)).attest(world.files[0])
    assert world.waited == [2.0, 4.0, 8.0, 16.0]


def test_a_service_that_says_nothing(world: World) -> None:
    world.services.slow = 1.0
    with pytest.raises(AttestationError, match=r"in 5 tries: no response within 0\.1 s"):
        world.attester(SigstoreSigner(trust=world.trust, patience=0.1)).attest(world.files[0])


def test_a_refusal_is_final(world: World) -> None:
    world.services.outages, world.services.status = {"authority": 1}, 400
    with pytest.raises(
        AttestationError, match=r"Signing with Sigstore failed: .* responded with 400: temporarily unavailable"
    ):
        world.attester().attest(world.files[0])
    assert world.waited == []


def test_an_identity_of_a_stranger(world: World) -> None:
    from tests.trusted_issuer import Issuer as Other

    world.issuer = Other(claims=CLAIMS)
    with pytest.raises(
        AttestationError, match=r"Signing with Sigstore failed: .* responded with 401: There was an error processing"
    ):
        world.attester().attest(world.files[0])
    assert world.waited == []


def test_an_old_certificate_is_renewed(world: World) -> None:
    world.services.authority.life = timedelta(seconds=-10)
    attester = world.attester()
    with pytest.raises(AttestationError, match="the run's identity token has expired"):
        attester.attest(world.files[0])
    world.services.authority.life = timedelta(minutes=10)
    attester.attest(world.files[0])
    assert world.services.asked[-2:] == ["authority", "log"]
    assert len(set(world.issuer.issued)) == 3


def test_a_configuration_that_is_none(world: World) -> None:
    with pytest.raises(ConfigurationError, match="CIBW_SIGSTORE_TRUST_CONFIG"):
        world.attester(SigstoreSigner(trust=SigstoreInstance(config="{}"))).attest(world.files[0])


def test_nothing_of_the_libraries_reaches_the_terminal(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.services.outages["log"] = 1
    distribution, text = world.attested()
    with pytest.raises(AttestationError):
        verify_attestation(text, distribution, OURS, SigstoreInstance())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("policy", [AttestationPolicy.REQUIRE, AttestationPolicy.AUTO])
def test_an_outage_that_does_not_end(world: World, policy: AttestationPolicy) -> None:
    world.services.outages["log"] = 10**6
    uploads = tuple(
        PlannedUpload(
            distribution=read_distribution(path).distribution, path=str(path), decision=Decision.SEND, to_attest=True
        )
        for path in world.files
    )
    plan = UploadPlan(index=PackageIndex(name="here", upload="https://index.example/"), uploads=uploads)
    if policy is AttestationPolicy.REQUIRE:
        with pytest.raises(AttestationError, match=r"responded with 503\. Nothing was uploaded\."):
            attest_release(plan, world.attester(), policy, world.warnings.append)
    else:
        made = attest_release(plan, world.attester(), policy, world.warnings.append)
        assert [upload.attestations for upload in made.uploads] == [(), (), ()]
        assert "The release continues without attestations." in world.warnings[-1]
    assert world.waited == [2.0, 4.0, 8.0, 16.0]
