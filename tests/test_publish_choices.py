"""What a user of `cibw publish` may choose: files, index, login, hooks, gates and form of output."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.index_servers import PASSWORD, USER, IndexServer, page_of, program, pypiserver
from tests.publishing import Publisher
from tests.releases import PLATFORM, make_release, make_sdist, make_wheel


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    make_release(tmp_path / "dist")
    return Publisher(directory=tmp_path)


@pytest.fixture
def simple_server(tmp_path: Path) -> Iterator[IndexServer]:
    with pypiserver(tmp_path / "index") as running:
        yield running


def test_hooks_run_where_something_is_sent(simple_server: IndexServer, publisher: Publisher) -> None:
    hooks = {"CIBW_BEFORE_PUBLISH": "env > before.txt; echo here we go", "CIBW_AFTER_PUBLISH": "echo sent; exit 3"}
    assert publisher(simple_server, "--dry-run", **hooks).returncode == 0
    assert not (publisher.directory / "before.txt").exists()
    failed = publisher(simple_server, CIBW_BEFORE_PUBLISH="exit 4")
    assert failed.returncode == 1
    assert not page_of(simple_server, "demo")
    done = publisher(simple_server, **hooks)
    assert done.returncode == 0
    assert "here we go" in done.stdout
    assert "The hook after-publish failed. The release is on" in done.stdout
    assert PASSWORD not in (publisher.directory / "before.txt").read_text()
    assert "here we go" not in publisher(simple_server, **hooks).stdout


def test_a_hook_that_changes_a_file(simple_server: IndexServer, publisher: Publisher) -> None:
    changed = publisher(simple_server, CIBW_BEFORE_PUBLISH="echo x >> dist/demo-1.0.tar.gz")
    assert changed.returncode == 18
    assert "before-publish has changed demo-1.0.tar.gz" in changed.stderr
    assert not page_of(simple_server, "demo")


def test_json_goes_to_standard_output_alone(simple_server: IndexServer, publisher: Publisher) -> None:
    done = publisher(simple_server, "--json")
    assert [upload["status"] for upload in json.loads(done.stdout)["publish"]["uploads"]] == ["uploaded"] * 3
    assert "3 uploaded" in done.stderr


def test_a_job_of_github_shows_what_became_of_each_file(simple_server: IndexServer, publisher: Publisher) -> None:
    summary = publisher.directory / "summary.md"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_REF": "refs/heads/main"}
    never = ("--trusted-publishing", "never")
    refused = publisher(simple_server, *never, **github, TWINE_PASSWORD="wrong-horse-77")
    assert refused.returncode == 21
    assert "\n::error title=Failed (credentials)::" in refused.stdout
    assert "❌ demo 1.0: 1 failed, 2 not tried" in summary.read_text("utf-8")
    assert publisher(simple_server, *never, **github).returncode == 0
    text = summary.read_text("utf-8")
    assert "✅ demo 1.0: 3 uploaded" in text
    assert text.count("| ✅ | `demo-1.0") == 3
    assert "wrong-horse-77" not in text + refused.stdout
    assert PASSWORD not in text


def test_single_files(simple_server: IndexServer, publisher: Publisher) -> None:
    wheel = f"dist/demo-1.0-cp310-cp310-{PLATFORM}.whl"
    assert publisher(simple_server, wheel).returncode == 0
    assert publisher.statuses() == ["uploaded"]
    missing = publisher(simple_server, wheel, "dist/demo-1.1.tar.gz", "dist/notes.txt")
    assert missing.returncode == 2
    assert "demo-1.1.tar.gz" in missing.stderr
    assert "notes.txt" in missing.stderr


def test_a_name_of_pypirc(simple_server: IndexServer, publisher: Publisher) -> None:
    text = f"[distutils]\nindex-servers = ours\n[ours]\nrepository = {simple_server.upload}\n"
    (publisher.directory / ".pypirc").write_text(text)
    done = publisher.run([program("cibw"), "publish", "--to", "ours"])
    assert done.returncode == 0, done.stderr
    unknown = publisher.run([program("cibw"), "publish", "--to", "theirs"])
    assert unknown.returncode == 2
    assert "ours, pypi, testpypi" in unknown.stderr


def test_a_tagged_release_that_is_there_already(simple_server: IndexServer, publisher: Publisher) -> None:
    tagged = {"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/tags/v1.0"}
    never = ("--trusted-publishing", "never")
    assert publisher(simple_server, *never, "--require-tag", **tagged).returncode == 0
    again = publisher(simple_server, **tagged)
    assert again.returncode == 25
    assert "raise it and tag again" in again.stderr
    assert publisher(simple_server, "--skip-existing", **tagged).returncode == 0


def test_closed_gates(simple_server: IndexServer, publisher: Publisher) -> None:
    asked = {"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/pull/3/merge", "GITHUB_EVENT_NAME": "pull_request"}
    refused = publisher(simple_server, "--branch", "main", **asked)
    assert refused.returncode == 24
    assert "is for a pull request" in refused.stderr
    dry = publisher(simple_server, "--branch", "main", "--dry-run", **asked)
    assert dry.returncode == 0
    assert dry.stdout.count("Publishing would be refused.") == 2
    assert not page_of(simple_server, "demo")


def test_where_the_login_comes_from(simple_server: IndexServer, publisher: Publisher) -> None:
    nobody = {"TWINE_USERNAME": "", "TWINE_PASSWORD": "", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    marks = publisher(simple_server, CIBW_BEFORE_PUBLISH="touch ran.txt", **nobody)
    assert marks.returncode == 21
    assert "Tried:" in marks.stderr
    assert not (publisher.directory / "ran.txt").exists()
    own = {**nobody, "CIBW_PUBLISH_USERNAME": USER, "CIBW_PUBLISH_PASSWORD": PASSWORD}
    done = publisher(simple_server, **own)
    assert done.returncode == 0
    assert "the variables CIBW_PUBLISH_USERNAME and CIBW_PUBLISH_PASSWORD" in done.stdout


def test_a_dry_run_without_credentials_ends_as_the_real_run(simple_server: IndexServer, publisher: Publisher) -> None:
    nobody = {"TWINE_USERNAME": "", "TWINE_PASSWORD": "", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    dry = publisher(simple_server, "--dry-run", **nobody)
    assert dry.returncode == publisher(simple_server, **nobody).returncode == 21
    assert "3 to send" in dry.stdout
    assert "Tried:" in dry.stderr
    assert publisher(simple_server).returncode == 0
    # Where nothing is to be sent, nothing has to let the run in.
    assert publisher(simple_server, "--dry-run", **nobody).returncode == 0
    tagged = {**nobody, "GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/tags/v1.0"}
    codes = [publisher(simple_server, *dry, **tagged).returncode for dry in ((), ("--dry-run",))]
    assert codes == [25, 25]


def test_a_version_that_the_test_index_has_is_not_sent_again(simple_server: IndexServer, publisher: Publisher) -> None:
    assert publisher(simple_server, "--skip-released").returncode == 0
    before = page_of(simple_server, "demo")
    for path in (publisher.directory / "dist").iterdir():
        path.unlink()
    # The next push builds the same version anew, with other bytes.
    make_sdist(publisher.directory / "dist", "demo", "1.0")
    make_wheel(publisher.directory / "dist", "demo", "1.0", tag=f"cp310-cp310-{PLATFORM}", content="answer = 43\n")
    assert publisher(simple_server).returncode == 18
    for more in ((), ("--dry-run",)):
        skipped = publisher(simple_server, "--skip-released", *more)
        assert skipped.returncode == 0
        assert "already has other files of demo 1.0" in " ".join(skipped.stdout.split())
    assert page_of(simple_server, "demo") == before
    make_release(publisher.directory / "dist2", version="1.1")
    assert publisher(simple_server, "--skip-released", "dist2").returncode == 0
    assert "demo-1.1.tar.gz" in page_of(simple_server, "demo")


def test_what_is_missing_of_a_version_is_sent(simple_server: IndexServer, publisher: Publisher) -> None:
    (wheel, *_others) = sorted((publisher.directory / "dist").glob("*.whl"))
    assert publisher(simple_server, str(wheel)).returncode == 0
    assert publisher(simple_server, "--skip-released").returncode == 0
    assert "demo-1.0.tar.gz" in page_of(simple_server, "demo")
