"""Trusted publishing against an index on loopback, by the identities of every CI that can run here."""

from __future__ import annotations

import os
import subprocess
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from uv import find_uv_bin

from cibw.ci import ci_facts
from cibw.errors import CredentialsError
from cibw.execution.fetch.http import HttpTransport, trusted
from cibw.model.http import TrustedPublishing
from cibw.model.release import PackageIndex
from cibw.release.credentials import LoginPlaces, SecretSource, read_pypirc
from cibw.release.trusted_publishing import Access, TrustedPublishingContext, open_source
from tests.trusted_index import AUDIENCE, Desk, TrustedServer, trusted_index
from tests.trusted_issuer import BEARER, GITHUB, Issuer, fake_program, issuing, without_ci


@dataclass(slots=True)
class HandClock:
    """A clock that goes on only when it is told to."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class World:
    """The index, the issuer, their clock, and what was told to the log."""

    index: TrustedServer
    issuer: Issuer
    monkeypatch: pytest.MonkeyPatch
    clock: HandClock
    masked: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def desk(self) -> Desk:
        return self.index.desk

    def run_as(self, **variables: str) -> None:
        """Make this process a job of a CI, as the library `id` reads the variables of its process."""
        kept = without_ci(os.environ)
        for name in set(os.environ) - set(kept):
            self.monkeypatch.delenv(name)
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)

    def open(self, policy: TrustedPublishing = TrustedPublishing.AUTO) -> SecretSource:
        """What lets uploads in here."""
        environment = dict(os.environ)
        if self.index.authority:
            environment["SSL_CERT_FILE"] = str(self.index.authority)
        access = Access(
            index=PackageIndex(name="company", upload=self.index.upload), facts=ci_facts(environment), policy=policy
        )
        missing = self.index.directory / "no-pypirc"
        places = LoginPlaces(environment=environment, pypirc=lambda: read_pypirc(missing), keyring=lambda _, __: None)
        client = HttpTransport(context=trusted(environment))
        context = TrustedPublishingContext(
            client=client, mask=self.masked.append, warn=self.warnings.append, clock=self.clock, pause=lambda _: None
        )
        return open_source(access, places, context)

    def upload(self, source: SecretSource, name: str) -> int:
        """Send a small wheel by twine; gives the status of HTTP."""
        from twine.package import PackageFile
        from twine.repository import Repository

        login = source.credentials()
        repository = Repository(self.index.upload, login.username, login.password, disable_progress_bar=True)
        if self.index.authority:
            # The library below twine prefers the variable.
            self.monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(self.index.authority))
        wheel = small_wheel(self.index.directory.parent / "dist", name)
        try:
            return repository.upload(PackageFile.from_filename(str(wheel), None)).status_code
        finally:
            repository.close()


def small_wheel(directory: Path, python: str) -> Path:
    """A wheel of `demo` 1.0 with nothing in it, for a Python such as `cp312`."""
    directory.mkdir(exist_ok=True)
    path = directory / f"demo-1.0-{python}-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
        archive.writestr("demo-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {python}-none-any\n")
    return path


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    clock = HandClock()
    with issuing() as issuer, trusted_index(tmp_path, Desk(issuer=issuer, clock=clock)) as index:
        yield World(index=index, issuer=issuer, monkeypatch=monkeypatch, clock=clock)


def test_a_job_of_github_uploads_and_burns_its_token(world: World) -> None:
    world.run_as(**world.issuer.github())
    source = world.open()
    assert source.description == "trusted publishing from GitHub Actions"
    assert [world.upload(source, name) for name in ("cp311", "cp312")] == [200, 200]
    token = source.credentials().password
    source.close()
    assert world.index.files() == ["demo-1.0-cp311-none-any.whl", "demo-1.0-cp312-none-any.whl"]
    assert world.desk.asked == ["audience", "mint-token", "upload", "upload", "burn-token"]
    assert world.desk.revoked == [token]
    assert not world.desk.accepts("__token__", token)
    assert world.masked == [*world.issuer.issued, token]
    assert world.warnings == []


def test_by_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with issuing() as issuer, trusted_index(tmp_path, Desk(issuer=issuer), tls=True) as index:
        world = World(index=index, issuer=issuer, monkeypatch=monkeypatch, clock=HandClock())
        world.run_as(**issuer.github())
        source = world.open(TrustedPublishing.ALWAYS)
        assert world.upload(source, "cp311") == 200
        source.close()
        assert world.desk.revoked


def test_a_token_that_ends_in_a_long_upload_is_renewed(world: World) -> None:
    world.run_as(**world.issuer.github())
    world.desk.life = 3.0
    source = world.open()
    first = source.credentials().password
    assert world.upload(source, "cp311") == 200
    world.clock.now += 4
    assert not world.desk.accepts("__token__", first)
    assert world.upload(source, "cp312") == 200
    source.close()
    assert len(set(world.issuer.issued)) == len(world.issuer.issued) >= 2
    assert first not in world.desk.revoked


def test_a_wrong_repository_is_told_with_its_claims(world: World) -> None:
    world.issuer.claims = {**GITHUB, "repository": "fork/hello"}
    world.run_as(**world.issuer.github())
    with pytest.raises(CredentialsError, match="not match a trusted publisher") as caught:
        world.open()
    text = f"{caught.value.message}\n{caught.value.hint}"
    assert "* repository: fork/hello" in text
    assert "owner fork, repository hello, workflow release.yml, environment index" in text
    for secret in (*world.issuer.issued, BEARER):
        assert secret not in text


def test_a_missing_permission_is_told(world: World) -> None:
    world.run_as(GITHUB_ACTIONS="true", GITHUB_REF="refs/tags/v1.0", GITHUB_EVENT_NAME="push")
    with pytest.raises(CredentialsError, match="No credentials found for the index") as caught:
        world.open()
    assert "id-token: write" in caught.value.hint
    with pytest.raises(CredentialsError, match="not allowed to request an identity from GitHub"):
        world.open(TrustedPublishing.ALWAYS)


def test_a_pull_request_of_a_fork_is_told(world: World) -> None:
    world.run_as(GITHUB_ACTIONS="true", GITHUB_REF="refs/pull/1/merge", GITHUB_EVENT_NAME="pull_request")
    with pytest.raises(CredentialsError, match="pull request"):
        world.open(TrustedPublishing.ALWAYS)


@pytest.mark.parametrize(("status", "words"), [(403, "disabled"), (404, "does not support trusted publishing")])
def test_an_index_without_it(world: World, status: int, words: str) -> None:
    world.desk.status = status
    world.run_as(**world.issuer.github())
    with pytest.raises(CredentialsError, match=words):
        world.open(TrustedPublishing.ALWAYS)
    world.run_as(**world.issuer.github(), CIBW_PUBLISH_TOKEN="pypi-planted")
    assert world.open().description == "the variable CIBW_PUBLISH_TOKEN"


def test_a_reusable_workflow_is_told(world: World) -> None:
    called = "octo/shared/.github/workflows/publish.yml"
    world.desk.publisher = {"job_workflow_ref": GITHUB["workflow_ref"]}
    world.issuer.claims = {**GITHUB, "job_workflow_ref": f"{called}@refs/heads/main"}
    world.run_as(**world.issuer.github())
    with pytest.raises(CredentialsError) as caught:
        world.open()
    assert f"reusable workflow {called}" in caught.value.hint


def test_an_issuer_that_fails(world: World) -> None:
    world.issuer.refuses = True
    world.run_as(**world.issuer.github())
    with pytest.raises(CredentialsError, match="GitHub Actions does not provide an identity"):
        world.open()


def test_a_busy_index_is_asked_again_with_another_identity(world: World) -> None:
    world.desk.busy = 1
    world.run_as(**world.issuer.github())
    assert world.upload(world.open(), "cp311") == 200
    assert len(world.issuer.issued) == 2


def test_gitlab_by_its_variable_which_is_good_for_one_token(world: World) -> None:
    world.desk.publisher = {"project_path": "octo/hello"}
    world.desk.life = 3.0
    world.issuer.claims = {"project_path": "octo/hello", "ci_config_ref_uri": "gl.example/octo/hello//.gitlab-ci.yml@x"}
    name = f"{AUDIENCE.upper()}_ID_TOKEN"
    world.run_as(GITLAB_CI="true", CI_COMMIT_TAG="v1.0", **{name: world.issuer.issue(AUDIENCE)})
    source = world.open()
    assert world.upload(source, "cp311") == 200
    world.clock.now += 4
    with pytest.raises(CredentialsError, match="only one identity"):
        world.upload(source, "cp312")
    with pytest.raises(CredentialsError, match="already exchanged for a token"):
        world.open()


def test_gitlab_without_its_variable(world: World) -> None:
    world.run_as(GITLAB_CI="true", CI_COMMIT_TAG="v1.0")
    with pytest.raises(CredentialsError, match="GitLab CI does not provide an identity") as caught:
        world.open(TrustedPublishing.ALWAYS)
    assert "id_tokens: {COMPANY_ID_TOKEN: {aud: company}}" in caught.value.hint


def test_an_identity_for_another_index(world: World) -> None:
    world.run_as(GITLAB_CI="true", **{f"{AUDIENCE.upper()}_ID_TOKEN": world.issuer.issue("other")})
    with pytest.raises(CredentialsError, match="audience claim mismatch"):
        world.open(TrustedPublishing.ALWAYS)


@pytest.mark.parametrize(("variable", "program"), [("CIRCLECI", "circleci"), ("BUILDKITE", "buildkite-agent")])
def test_the_program_of_a_ci_gives_identities(world: World, variable: str, program: str, tmp_path: Path) -> None:
    world.desk.publisher = {"project": "hello"}
    world.issuer.claims = {"project": "hello"}
    fake_program(tmp_path / "bin", program, world.issuer)
    world.run_as(PATH=f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", **{variable: "true"})
    source = world.open()
    assert world.upload(source, "cp311") == 200
    source.close()
    assert world.desk.revoked


def test_an_index_that_burns_nothing_is_no_fault(world: World) -> None:
    world.desk.revocations = False
    world.run_as(**world.issuer.github())
    source = world.open()
    assert world.upload(source, "cp311") == 200
    source.close()
    assert world.desk.asked[-1] == "burn-token"
    assert world.warnings == []


def test_uv_publishes_in_the_same_way(tmp_path: Path) -> None:
    """The index and the issuer are as the real ones: uv gets in by them, too, asking for the same."""
    with issuing() as issuer, trusted_index(tmp_path, Desk(issuer=issuer), tls=True) as index:
        wheels = [str(small_wheel(tmp_path / "dist", name)) for name in ("cp311", "cp312")]
        command = ["publish", "--trusted-publishing", "always", "--publish-url", index.upload, *wheels]
        environment = {**without_ci(os.environ), **issuer.github(), "SSL_CERT_FILE": str(index.authority)}
        result = subprocess.run(
            [find_uv_bin(), *command], capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
        )
        assert result.returncode == 0, result.stderr
        assert len(index.files()) == 2
        assert [what for what in index.desk.asked if what != "upload"] == ["audience", "mint-token", "burn-token"]
