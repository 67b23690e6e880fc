"""`cibw publish` as a trusted publisher that attests: signed, sent, read back and verified."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from cibw.errors import AttestationError
from cibw.execution.fetch.http import HttpTransport, trusted
from cibw.model.http import Forge, Predicate, Publisher
from cibw.model.release import PackageIndex
from cibw.release.attestations.sigstore import SigstoreInstance
from cibw.release.attestations.verify import fetch_provenance, verify_provenance
from cibw.release.index import Lookup
from cibw.release.upload_plan import read_directory
from tests.index_servers import program
from tests.releases import make_release
from tests.sigstore_server import Sigstore, sigstore
from tests.trusted_index import Desk, TrustedServer, trusted_index
from tests.trusted_issuer import GITHUB, Issuer, issuing, without_ci

OURS = Publisher(forge=Forge.GITHUB, repository="octo/hello", workflow="release.yml")
CLAIMS = {**GITHUB, "sub": "repo:octo/hello:environment:index"}
SDIST = "demo-1.0.tar.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A release of `demo` 1.0, an index with trusted publishing, an issuer and signers."""

    directory: Path
    index: TrustedServer
    issuer: Issuer
    services: Sigstore

    def publish(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `cibw publish` to its end, in a job of GitHub."""
        return self.run("publish", "--no-check", *arguments, **variables)

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, in a job of GitHub, for the index."""
        call = [program("cibw"), *arguments, "--to", self.index.upload]
        own = {"HOME": str(self.directory), "COLUMNS": "160", "CIBW_SIGSTORE_TRUST_CONFIG": str(self.services.config)}
        own["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
        environment = {**without_ci(os.environ), **own, **self.issuer.github(), **variables}
        return subprocess.run(call, cwd=self.directory, env=environment, capture_output=True, text=True, check=False)

    @property
    def trust(self) -> SigstoreInstance:
        """The instance of Sigstore."""
        return SigstoreInstance(config=self.services.config.read_text())

    def attestation(self, name: str) -> Path:
        """Where the attestation of a file lies."""
        return self.directory / "dist" / f"{name}.publish.attestation"

    @property
    def names(self) -> list[str]:
        """The files of the release."""
        return [file.distribution.filename for file in read_directory(self.directory / "dist")]

    def report(self) -> list[Mapping[str, object]]:
        """What the report says of each file."""
        told = json.loads((self.directory / "dist" / "report.json").read_text())
        uploads: list[Mapping[str, object]] = told["publish"]["uploads"]
        return uploads


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    make_release(tmp_path / "dist")
    with (
        issuing(CLAIMS) as issuer,
        sigstore(tmp_path, issuer) as services,
        trusted_index(tmp_path / "index", Desk(issuer=issuer)) as index,
    ):
        yield World(directory=tmp_path, index=index, issuer=issuer, services=services)


def test_a_release_is_attested_and_can_be_verified(world: World) -> None:
    done = world.publish()
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" to be attested") == 3
    assert "Signing 3 files with Sigstore" in done.stdout
    assert sorted(world.index.desk.attested) == sorted(world.names)
    assert all(world.attestation(name).is_file() for name in world.names)
    assert all(upload["attestations"] for upload in world.report())
    index = PackageIndex(name="here", upload=world.index.upload, simple=world.index.simple)
    lookup = Lookup(client=HttpTransport(context=trusted({})))
    other = Publisher(forge=Forge.GITHUB, repository="fork/hello", workflow="release.yml")
    for file in read_directory(world.directory / "dist"):
        told = fetch_provenance(lookup, index, file.distribution)
        assert told is not None
        assert verify_provenance(told, file.distribution, OURS, world.trust) == (Predicate.PUBLISH,)
        with pytest.raises(AttestationError, match=r"it was signed by .*octo/hello/"):
            verify_provenance(told, file.distribution, other, world.trust)


def test_cibw_verify_holds_attestations_against_the_workflow(world: World) -> None:
    assert world.publish("--trusted-publishing", "always").returncode == 0
    ours = {
        "GITHUB_REPOSITORY": "octo/hello",
        "GITHUB_WORKFLOW_REF": "octo/hello/.github/workflows/release.yml@refs/heads/main",
    }
    good = world.run("verify", "--timeout", "5", **ours)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "3 files attested by release.yml of octo/hello on GitHub" in good.stdout
    other = world.run("verify", **{**ours, "GITHUB_REPOSITORY": "fork/hello"})
    assert other.returncode == 23
    assert "octo/hello" in other.stderr
    elsewhere = world.run("verify", GITHUB_ACTIONS="", CIBW_ATTESTATIONS="require")
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert "Attestations were not verified" in elsewhere.stdout


def test_everything_is_signed_before_anything_is_sent(world: World) -> None:
    world.index.desk.status = 200
    done = world.publish()
    assert world.services.asked == ["authority", "log", "log", "log"]
    assert done.stdout.index("Signing") < done.stdout.index("Uploading")


def test_a_dry_run_says_what_would_be_attested(world: World) -> None:
    world.attestation(SDIST).write_text("{}")
    done = world.publish("--dry-run")
    assert done.stdout.count(" to be attested") == 3
    assert f"The attestation next to {SDIST} is replaced: it has no envelope." in done.stdout
    plan = json.loads(world.publish("--dry-run", "--json").stdout)
    assert [upload["to_attest"] for upload in plan["uploads"]] == [True, True, True]
    # A dry run asks whether it would be let in, and signs nothing.
    assert world.services.asked == []
    assert not list(world.index.directory.iterdir())


def test_attestations_that_are_there_are_used_again(world: World) -> None:
    world.index.desk.publisher = {"repository": "somebody/else"}
    assert world.publish().returncode == 21
    assert world.services.asked == []
    world.index.desk.publisher = {"repository": "octo/hello"}
    first, second, _ = world.names
    assert world.publish().returncode == 0
    before = world.attestation(first).read_bytes()
    for path in world.index.directory.iterdir():
        path.unlink()
    (world.directory / "dist" / "report.json").unlink()
    world.attestation(second).write_bytes(before)
    world.services.asked.clear()
    done = world.publish()
    assert done.returncode == 0, done.stderr
    assert f"The attestation next to {first} is reused: it is for exactly this file." in done.stdout
    assert f"The attestation next to {second} is replaced: it is for {first}." in done.stdout
    assert world.services.asked == ["authority", "log"]
    assert world.attestation(first).read_bytes() == before
    assert world.attestation(second).read_bytes() != before
    assert sorted(world.index.desk.attested) == sorted(world.names)


def test_an_outage_that_ends(world: World) -> None:
    world.services.outages["log"] = 2
    done = world.publish(CIBW_ATTESTATIONS="require")
    assert done.returncode == 0, done.stderr
    assert " failed: the transparency log responded with 503; retrying in 2 s" in done.stdout
    assert len(world.index.desk.attested) == 3


@pytest.mark.parametrize("policy", ["require", "auto"])
def test_signers_that_refuse(world: World, policy: str) -> None:
    world.services.outages, world.services.status = {"authority": 9}, 400
    done = world.publish(CIBW_ATTESTATIONS=policy)
    said = " ".join((done.stdout + done.stderr).replace("│", " ").split())
    assert "Signing with Sigstore failed: the certificate authority responded with 400" in said
    assert world.index.desk.attested == {}
    assert not list((world.directory / "dist").glob("*.attestation"))
    if policy == "require":
        assert done.returncode == 22
        assert "Nothing was uploaded." in said
        assert world.index.files() == []
    else:
        assert done.returncode == 0
        assert "The release continues without attestations." in said
        assert len(world.index.files()) == 3


def test_a_reusable_workflow(world: World) -> None:
    world.issuer.claims = {**CLAIMS, "job_workflow_ref": "octo/shared/.github/workflows/publish.yml@refs/heads/main"}
    done = world.publish(CIBW_ATTESTATIONS="require")
    assert done.returncode == 22
    said = " ".join(done.stderr.replace("│", " ").split())
    assert "The job is in the reusable workflow octo/shared/.github/workflows/publish.yml" in said
    assert "Move the publishing job into release.yml" in said
    assert (world.services.asked, world.index.files()) == ([], [])


def test_a_login_sends_without(world: World) -> None:
    done = world.publish("--trusted-publishing", "never", TWINE_USERNAME="__token__", TWINE_PASSWORD="pypi-none")
    assert "attest" not in done.stdout.lower()
    assert world.services.asked == []


def test_switched_off(world: World) -> None:
    done = world.publish(CIBW_ATTESTATIONS="off")
    assert done.returncode == 0
    assert "attest" not in done.stdout.lower()
    assert world.index.desk.attested == {}


def test_a_configuration_that_is_not_there(world: World) -> None:
    done = world.publish(CIBW_SIGSTORE_TRUST_CONFIG="none.json")
    assert done.returncode == 2
    assert "CIBW_SIGSTORE_TRUST_CONFIG" in done.stderr
    assert world.index.files() == []


def test_no_identity_is_seen(world: World) -> None:
    world.services.outages["authority"] = 1
    done = world.publish()
    hidden = [line for line in done.stdout.splitlines() if line.startswith("::add-mask::")]
    rest = "".join(line for line in done.stdout.splitlines() if line not in hidden) + done.stderr
    files = "".join(path.read_text(errors="replace") for path in (world.directory / "dist").glob("*[!zl]"))
    assert len(world.issuer.issued) >= 2
    for secret in world.issuer.issued:
        assert f"::add-mask::{secret}" in hidden
        assert secret not in rest + files
