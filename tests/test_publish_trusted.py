"""`cibw publish` as a trusted publisher, its gates, and that no secret is seen."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.index_servers import program
from tests.releases import make_release
from tests.trusted_index import Desk, TrustedServer, trusted_index
from tests.trusted_issuer import BEARER, GITHUB, Issuer, issuing, without_ci

_TOKEN = re.compile(r"pypi-[0-9a-f]{32}|eyJ[\w-]+\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A release of `demo` 1.0, an index with trusted publishing, and an issuer."""

    directory: Path
    index: TrustedServer
    issuer: Issuer

    def publish(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `cibw publish` to its end."""
        # tests/test_check.py is about the check; here the faults of a release show in its dry run.
        quick = () if "--dry-run" in arguments else ("--no-check",)
        call = [program("cibw"), "publish", "--to", self.index.upload, *quick, *arguments]
        own = {"HOME": str(self.directory), "COLUMNS": "100", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        # tests/test_attested_release.py is about these, and has what signs them.
        own["CIBW_ATTESTATIONS"] = "off"
        environment = {**without_ci(os.environ), **own, **variables}
        if self.index.authority:
            environment["SSL_CERT_FILE"] = str(self.index.authority)
        return subprocess.run(call, cwd=self.directory, env=environment, capture_output=True, text=True, check=False)

    def github(self, **variables: str) -> Mapping[str, str]:
        """The variables of a job of GitHub for the tag v1.0."""
        return {**self.issuer.github(), **variables}


@pytest.fixture(params=[False, True], ids=["http", "https"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    make_release(tmp_path / "dist")
    tls: bool = request.param
    with issuing() as issuer, trusted_index(tmp_path / "index", Desk(issuer=issuer), tls=tls) as index:
        yield World(directory=tmp_path, index=index, issuer=issuer)


def seen(done: subprocess.CompletedProcess[str], directory: Path) -> str:
    """All that a run left behind, but for the lines that let the CI hide its secrets."""
    reports = "".join(path.read_text() for path in directory.glob("dist/*.json"))
    lines = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("::add-mask::")]
    return "\n".join((*lines, reports))


def words(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


def test_a_release_by_trusted_publishing(world: World) -> None:
    done = world.publish("--trusted-publishing", "always", **world.github(CIBW_REQUIRE_TAG="true"))
    assert done.returncode == 0, done.stderr
    assert len(world.index.files()) == 3
    assert "trusted publishing from GitHub Actions" in done.stdout
    assert world.index.desk.asked == ["audience", "mint-token", "upload", "upload", "upload", "burn-token"]
    assert not world.index.desk.tokens
    masked = [line.removeprefix("::add-mask::") for line in done.stdout.splitlines() if line.startswith("::add-mask::")]
    assert masked == [*world.issuer.issued, *world.index.desk.revoked]
    assert not _TOKEN.search(seen(done, world.directory))


def test_a_token_that_ends_in_the_midst_is_renewed(world: World) -> None:
    # Shorter than what cibw thinks an upload may take, so that it asks for a new token each time.
    world.index.desk.life = 100.0
    world.index.desk.uploads_per_token = 1
    done = world.publish(**world.github())
    assert done.returncode == 0, done.stderr
    assert len(world.index.files()) == 3
    assert len(world.issuer.issued) >= 3


def test_a_token_that_ends_while_a_file_is_on_its_way(world: World) -> None:
    world.index.desk.life = 100.0
    world.index.desk.lost = 1
    done = world.publish(**world.github())
    assert done.returncode == 0, done.stderr
    assert len(world.index.files()) == 3
    assert world.index.desk.asked.count("upload") == 4


def test_a_wrong_repository_sends_nothing(world: World) -> None:
    world.issuer.claims = {**GITHUB, "repository": "fork/hello"}
    done = world.publish(**world.github())
    assert done.returncode == 21
    assert not world.index.files()
    assert "owner fork, repository hello, workflow release.yml, environment index" in words(done.stderr)
    assert "invalid-publisher" in done.stderr
    assert not _TOKEN.search(seen(done, world.directory))
    assert BEARER not in seen(done, world.directory)


@pytest.mark.parametrize("audience", ["pypi", "testpypi", "sigstore", "sts.amazonaws.com"])
def test_an_index_that_asks_for_the_identity_of_another_service(world: World, audience: str) -> None:
    world.index.desk.audience = audience
    done = world.publish(**world.github())
    assert done.returncode == 21
    assert f"the audience {audience!r}, which belongs to another service" in words(done.stderr)
    assert not world.issuer.issued
    assert world.index.desk.asked == ["audience"]


def test_a_dry_run_ends_as_the_real_one_would(world: World) -> None:
    """Credentials are got and given back; where there are none, both end with the same exit code."""
    done = world.publish("--dry-run", "--no-check", **world.github())
    assert done.returncode == 0, done.stderr
    assert world.index.desk.asked == ["audience", "mint-token", "burn-token"]
    world.issuer.claims = {**GITHUB, "repository": "fork/hello"}
    codes = [world.publish(*dry, "--no-check", **world.github()).returncode for dry in ((), ("--dry-run",))]
    assert codes == [21, 21]
    assert not world.index.files()


def test_a_missing_permission_sends_nothing(world: World) -> None:
    done = world.publish(GITHUB_ACTIONS="true", GITHUB_REF="refs/heads/main", GITHUB_EVENT_NAME="push")
    assert done.returncode == 21
    assert "id-token: write" in words(done.stderr)
    assert "CIBW_PUBLISH_TOKEN" in done.stderr
    assert "upload" not in world.index.desk.asked


def test_a_token_is_the_way_out_and_stays_hidden(world: World) -> None:
    world.issuer.claims = {**GITHUB, "repository": "fork/hello"}
    world.index.desk.tokens["pypi-" + "a" * 32] = 2.0**40
    done = world.publish(**world.github(CIBW_PUBLISH_TOKEN="pypi-" + "a" * 32))
    assert done.returncode == 0, done.stderr
    assert "Trusted publishing failed, so the variable CIBW_PUBLISH_TOKEN is used" in words(done.stdout)
    assert not _TOKEN.search(seen(done, world.directory))


@pytest.mark.parametrize(
    ("reference", "event", "more", "said"),
    [
        ("refs/tags/v2.0", "push", {"CIBW_REQUIRE_TAG": "1"}, "v2.0 is for version 2.0"),
        ("refs/tags/1.0", "push", {"CIBW_REQUIRE_TAG": "1"}, "Set tag-format = '{version}'"),
        ("refs/heads/main", "push", {"CIBW_REQUIRE_TAG": "1"}, "git push origin v1.0"),
        ("refs/heads/dev", "push", {"CIBW_PUBLISH_BRANCHES": "main release/*"}, "This is dev"),
        ("refs/pull/1/merge", "pull_request", {}, "is for a pull request"),
        ("refs/heads/main", "pull_request_target", {"CIBW_NEVER_FROM_PULL_REQUEST": "false"}, "pull_request_target"),
    ],
)
def test_gates(world: World, reference: str, event: str, more: Mapping[str, str], said: str) -> None:
    run = world.github(GITHUB_REF=reference, GITHUB_EVENT_NAME=event, **more)
    done = world.publish(**run)
    assert done.returncode == 24
    assert said in words(done.stderr)
    assert world.index.desk.asked == []
    dry = world.publish("--dry-run", **run)
    # A tag of another version, or of another form, is also a fault of the release.
    assert dry.returncode == (18 if reference.startswith("refs/tags/") else 0)
    assert "Publishing would be refused" in words(dry.stdout)
    assert world.index.desk.asked == []


def test_the_gates_know_the_git_of_a_computer(world: World) -> None:
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b.example")
    for words_of_git in (("init", "-q", "-b", "main"), ("commit", "-q", "--allow-empty", "-m", "x")):
        subprocess.run([*git, *words_of_git], cwd=world.directory, check=True)
    token = "pypi-" + "b" * 32
    world.index.desk.tokens[token] = 2.0**40
    variables = {"CIBW_REQUIRE_TAG": "1", "CIBW_PUBLISH_BRANCHES": "main", "CIBW_PUBLISH_TOKEN": token}
    refused = world.publish(**variables)
    assert refused.returncode == 24
    assert "The branch main has no tag" in words(refused.stderr)
    subprocess.run([*git, "tag", "v1.0"], cwd=world.directory, check=True)
    done = world.publish(**variables)
    assert done.returncode == 0, done.stderr
    assert "the variable CIBW_PUBLISH_TOKEN" in done.stdout


def test_a_section_of_pypirc(world: World) -> None:
    world.index.desk.tokens["pypi-" + "c" * 32] = 2.0**40
    text = f"[distutils]\nindex-servers = ours\n[ours]\nrepository = {world.index.upload}\npassword = pypi-{'c' * 32}\n"
    (world.directory / ".pypirc").write_text(text)
    done = world.publish()
    assert done.returncode == 0, done.stderr
    assert ".pypirc" in done.stdout
    assert not _TOKEN.search(seen(done, world.directory))


def test_nothing_at_all(world: World) -> None:
    done = world.publish(CIBW_BEFORE_PUBLISH="touch hook-ran")
    assert done.returncode == 21
    assert "Tried:" in done.stderr
    assert not (world.directory / "hook-ran").exists()


def test_gitlab_has_one_token_and_a_second_job_sends_the_rest(world: World) -> None:
    world.index.desk.publisher = {"project_path": "octo/hello"}
    # Long enough for a slow computer to come to the first upload, and over once that one is done.
    world.index.desk.life, world.index.desk.outlasting = 15.0, 1
    world.issuer.claims = {"project_path": "octo/hello"}
    first = world.publish(GITLAB_CI="true", CI_COMMIT_TAG="v1.0", COMPANY_ID_TOKEN=world.issuer.issue("company"))
    assert first.returncode == 20
    assert "provides only one identity" in words(first.stderr)
    assert 0 < len(world.index.files()) < 3
    world.index.desk.life = 900.0
    second = world.publish(GITLAB_CI="true", CI_COMMIT_TAG="v1.0", COMPANY_ID_TOKEN=world.issuer.issue("company"))
    assert second.returncode == 0, second.stderr
    assert len(world.index.files()) == 3
    assert not _TOKEN.search(seen(first, world.directory) + seen(second, world.directory))


def test_a_password_of_the_keyring(world: World) -> None:
    token = "pypi-" + "d" * 32
    world.index.desk.tokens[token] = 2.0**40
    (world.directory / "ring.py").write_text(
        "from keyring.backend import KeyringBackend\n"
        "class Ring(KeyringBackend):\n"
        "    priority = 1\n"
        "    def get_password(self, service, username):\n"
        f"        return {token!r} if (service, username) == ({world.index.upload!r}, '__token__') else None\n"
        "    def set_password(self, service, username, password): pass\n"
        "    def delete_password(self, service, username): pass\n"
    )
    ring = {"PYTHONPATH": str(world.directory), "PYTHON_KEYRING_BACKEND": "ring.Ring"}
    done = world.publish(TWINE_USERNAME="__token__", **ring)
    assert done.returncode == 0, done.stderr
    assert "the keyring" in done.stdout
    assert not _TOKEN.search(seen(done, world.directory))
