"""`cibw publish` against indexes whose answers are odd, and against servers that answer in place of the index."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.index_servers import devpi, devpi_index, page_of, program, pypiserver
from tests.publishing import Publisher
from tests.releases import make_wheel
from tests.scripted_index import PAGE, Index, Said, scripted_index


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    make_wheel(tmp_path / "dist", "demo", "1.0", tag="py3-none-any")
    return Publisher(directory=tmp_path)


@pytest.mark.parametrize("status", [200, 201, 203])
def test_a_sign_in_page_takes_no_file(publisher: Publisher, status: int) -> None:
    index = Index(uploads=[Said(status=status, text=PAGE.text, kind=PAGE.kind)])
    with scripted_index(index, publisher.directory) as server:
        done = publisher(server)
        assert done.returncode == 19, done.stdout
        assert "Please sign in" in done.stderr
        assert publisher.statuses() == ["failed"]
        again = publisher(server)
        assert again.returncode == 19, again.stdout
        index.uploads = []
        assert publisher(server).returncode == 0
    assert publisher.statuses() == ["uploaded"]


def test_a_page_for_people_as_the_answer_of_an_index_that_has_the_file(publisher: Publisher) -> None:
    index = Index(uploads=[Said(text="<html><body>Thank you!</body></html>", kind="text/html", kept=True)])
    with scripted_index(index, publisher.directory) as server:
        assert publisher(server).returncode == 0
    assert publisher.statuses() == ["uploaded"]


def test_what_an_index_has_lost_is_sent_again(publisher: Publisher) -> None:
    index = Index()
    with scripted_index(index, publisher.directory) as server:
        assert publisher(server).returncode == 0
        index.files.clear()
        again = publisher(server)
        assert again.returncode == 0
        assert "an earlier run uploaded it" in again.stdout
        assert index.files
        # An index that is slow to list what it has says so when it gets the file again.
        index.files.clear()
        index.uploads = [Said(status=409, text="exists")]
        assert publisher(server).returncode == 0
    assert publisher.statuses() == ["already there"]


@pytest.mark.parametrize(
    "said",
    [
        Said(status=409),
        Said(status=400, text="File already exists ('demo-1.0-py3-none-any.whl', with blake2_256 hash 'ab')."),
        Said(status=400, text='{"message": "name has already been taken"}', kind="application/json"),
        Said(status=400, text="Repository does not allow updating assets: pypi-hosted"),
        Said(status=400, text="Asset demo-1.0-py3-none-any.whl cannot be updated"),
        Said(status=403, text='{"errors": [{"message": "Not enough permissions to overwrite artifact"}]}'),
        Said(status=409, text='{"message": "The feed already contains file", "typeKey": "PackageAlreadyExists"}'),
        Said(
            status=500,
            text="<html><title>500: already exists</title><p>Oops.</p></html>",
            kind="text/html",
        ),
        Said(status=422, text="This package duplicates the attributes of another package"),
    ],
)
def test_a_file_that_the_index_has_and_does_not_list(publisher: Publisher, said: Said) -> None:
    index = Index(uploads=[said], pages=[Said(status=404)])
    with scripted_index(index, publisher.directory) as server:
        refused = publisher(server)
        assert refused.returncode in (19, 21), refused.stdout
        assert "--skip-existing" in refused.stderr
        assert publisher(server, "--skip-existing").returncode == 0
    assert publisher.statuses() == ["already there"]
    assert len(index.forms) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_that_an_index_asks_for(publisher: Publisher, status: int) -> None:
    index = Index(uploads=[Said(status=status, headers={"Retry-After": "4"}), Said(kept=True)])
    with scripted_index(index, publisher.directory) as server:
        done = publisher(server)
        assert done.returncode == 0, done.stderr
        assert "retrying in 4 s" in done.stdout
        index.uploads, index.files = [Said(status=status, headers={"Retry-After": "3600"})], {}
        late = publisher(server)
        assert late.returncode == 19
        assert "requests a wait of 3600 seconds" in late.stderr
    assert len(index.forms) == 3


def test_another_server_says_nothing_about_an_index(publisher: Publisher, tmp_path: Path) -> None:
    """A private index that redirects unknown projects to a public one, which has this very file."""
    public, index = Index(), Index()
    with (
        scripted_index(public, tmp_path) as other,
        scripted_index(index, publisher.directory) as server,
    ):
        assert publisher(other).returncode == 0
        (publisher.directory / "dist" / "report.json").unlink()
        public.asked.clear()
        index.pages = [Said(status=302, headers={"Location": f"{other.simple}demo/"})]
        verified = publisher.run([program("cibw"), "verify", "--to", server.upload, "--timeout", "0"])
        assert verified.returncode == 23, verified.stdout
        assert "which is another server" in verified.stderr
        done = publisher(server)
        assert done.returncode == 0, done.stderr
        assert "which is another server" in done.stdout
        assert list(index.files) == ["demo-1.0-py3-none-any.whl"]
    assert public.asked == []


def test_a_redirection_within_the_server_is_followed(publisher: Publisher) -> None:
    index = Index()
    with scripted_index(index, publisher.directory) as server:
        assert publisher(server).returncode == 0
        index.others["/simple/demo/"] = Said(status=301, headers={"Location": "/simple/demo/index.json"})
        assert "Nothing to do" in publisher(server).stdout


def test_a_page_that_fails_does_not_stop_the_upload(publisher: Publisher) -> None:
    index = Index(pages=[Said(status=500, headers={"Retry-After": "1"}), Said(status=500)])
    with scripted_index(index, publisher.directory) as server:
        done = publisher(server)
        assert done.returncode == 0, done.stderr
    assert "responded with 500; retrying in" in done.stdout
    assert "unknown before the upload" in done.stdout


def test_pypiserver_with_its_fallback(publisher: Publisher, tmp_path: Path) -> None:
    public = Index(files={"demo-1.0-py3-none-any.whl": "0" * 64})
    with scripted_index(public, tmp_path) as other, pypiserver(tmp_path / "index", fallback=other.simple) as server:
        done = publisher(server)
        assert done.returncode == 0, done.stderr
        assert "Nothing to do" in publisher(server).stdout
    assert public.asked == []


def test_devpi_lists_the_files_of_its_bases_which_do_not_count(publisher: Publisher, tmp_path: Path) -> None:
    with devpi(tmp_path / "devpi") as server:
        assert publisher(server).returncode == 0
        (publisher.directory / "dist" / "report.json").unlink()
        staged = devpi_index(server.base, "staged", server.directory, bases=("alice/dev",))
        assert "demo-1.0-py3-none-any.whl" in page_of(staged, "demo")
        empty = publisher.run([program("cibw"), "verify", "--to", staged.upload, "--timeout", "0"])
        assert (empty.returncode, "does not list" in empty.stderr) == (23, True)
        done = publisher(staged)
        assert done.returncode == 0
        assert publisher.statuses() == ["uploaded"]
        assert "Nothing to do" in publisher(staged).stdout
        # Other bytes below the same name in the base are no conflict.
        changed = devpi_index(server.base, "changed", server.directory, bases=("alice/dev",))
        make_wheel(publisher.directory / "dist", "demo", "1.0", tag="py3-none-any", content="answer = 43\n")
        assert publisher(changed).returncode == 0


def test_a_yanked_release_is_told(publisher: Publisher) -> None:
    index = Index()
    with scripted_index(index, publisher.directory) as server:
        assert publisher(server).returncode == 0
        index.yanked = {"demo-1.0-py3-none-any.whl": "It eats files"}
        for more in ((), ("--release", "demo==1.0")):
            done = publisher.run([program("cibw"), "verify", "--to", server.upload, "--timeout", "0", *more])
            assert done.returncode == 0, done.stdout + done.stderr
            assert "demo 1.0 was yanked. Reason: It eats files." in " ".join(done.stdout.split())
        told = publisher.run([program("cibw"), "verify", "--to", server.upload, "--timeout", "0", "--json"])
        assert [finding["rule"] for finding in json.loads(told.stdout)["findings"]] == ["yanked"]
        assert "it was yanked" in publisher(server).stdout


def test_a_redirection_is_told_with_its_server(publisher: Publisher) -> None:
    index = Index(uploads=[Said(status=308, headers={"Location": "/upload/legacy/"})])
    with scripted_index(index, publisher.directory) as server:
        done = publisher(server)
        assert done.returncode == 19
        assert f"to {server.base}/upload/legacy/. If this" in done.stderr
        index.uploads = [Said(status=302, headers={"Location": "https://sso.example/sign-in"})]
        assert "looks like a sign-in page" in publisher(server).stderr


def test_a_limit_of_new_projects_is_told_at_once(publisher: Publisher) -> None:
    index = Index(uploads=[Said(status=429, text="Too many new projects created")])
    with scripted_index(index, publisher.directory) as server:
        done = publisher(server)
    assert done.returncode == 19
    assert "limits how many new projects" in done.stderr
    assert len(index.forms) == 1


def test_a_variable_that_azure_does_not_know_is_no_password(publisher: Publisher) -> None:
    index = Index()
    with scripted_index(index, publisher.directory) as server:
        nobody = {"TWINE_USERNAME": "", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        done = publisher(server, **nobody, TWINE_PASSWORD="$(PYPI_TOKEN)")
    assert done.returncode == 21
    assert "TWINE_PASSWORD contains the name PYPI_TOKEN instead of a value" in done.stderr
    assert not index.forms


def test_a_project_that_nothing_named_is_told(publisher: Publisher) -> None:
    index = Index()
    (publisher.directory / "dist" / "demo-1.0-py3-none-any.whl").unlink()
    make_wheel(publisher.directory / "dist", "UNKNOWN", "0.0.0", tag="py3-none-any")
    with scripted_index(index, publisher.directory) as server:
        done = publisher(server)
    assert done.returncode == 18
    assert "did not find the project's name" in done.stderr
    assert not index.forms
