"""All of a release, against real index servers: by one command each, and by one command."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builds import ROOT
from tests.index_servers import PASSWORD, USER, IndexServer, devpi, page_of, program, pypiserver
from tests.releases import make_release

_QUIET = re.compile(r"^(CIBW_|CI$|GITHUB_|PIP_|UV_|TWINE_|PYTEST|COV)")
_TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"
_FOR_A_TAG = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_REF": "refs/tags/v1.0.0",
    "GITHUB_REF_NAME": "v1.0.0",
    "GITHUB_REF_TYPE": "tag",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Developer:
    """Calls cibw in a project, with a login in the variables; the wheels are for the Python of the tests."""

    directory: Path
    server: IndexServer

    def __call__(self, *arguments: str, code: int = 0, given: Mapping[str, str] | None = None) -> str:
        """Call cibw, expect an exit code, and give what it printed, without the breaks of a narrow terminal."""
        done = subprocess.run(
            [program("cibw"), *arguments],
            cwd=self.directory,
            env={**self._environment(), **(given or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=900,
        )
        assert done.returncode == code, done.stdout
        return " ".join(done.stdout.split())

    @property
    def to(self) -> tuple[str, str]:
        """The arguments that name the index."""
        return "--to", self.server.upload

    def statuses(self) -> set[str]:
        """What the report says of the files."""
        report = json.loads((self.directory / "dist" / "report.json").read_text())
        return {upload["status"] for upload in report["publish"]["uploads"]}

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not _QUIET.match(name)}
        return kept | {
            "HOME": str(self.directory.parent),
            "CIBW_CACHE_PATH": str(self.directory.parent / "cache"),
            "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv")),
            "CIBW_BUILD": f"{_TAG}-*",
            "CIBW_ARCHS": "native",
            "CIBW_CONTAINER_ENGINE": "host",
            "TWINE_USERNAME": USER,
            "TWINE_PASSWORD": PASSWORD,
            "COLUMNS": "300",
        }


@pytest.fixture(params=[pypiserver, devpi], ids=["pypiserver", "devpi"])
def hello(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Developer]:
    """The example, and an empty index."""
    project = Path(shutil.copytree(ROOT / "examples" / "hello", tmp_path / "hello"))
    with request.param(tmp_path / "index") as server:
        yield Developer(directory=project, server=server)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Developer]:
    """A release that two other jobs have built, in folders of artifacts."""
    make_release(tmp_path / "project" / "cibw-wheels-linux")
    (tmp_path / "project" / "cibw-sdist").mkdir()
    sdist = tmp_path / "project" / "cibw-wheels-linux" / "demo-1.0.tar.gz"
    sdist.rename(tmp_path / "project" / "cibw-sdist" / sdist.name)
    (tmp_path / "project" / "pyproject.toml").write_text('[project]\nname = "demo"\nversion = "1.0"\n')
    with pypiserver(tmp_path / "index") as server:
        yield Developer(directory=tmp_path / "project", server=server)


@pytest.mark.host
def test_one_command_each(hello: Developer) -> None:
    hello("sdist")
    hello("build")
    assert "a wheel for each expected identifier" in hello("collect")
    assert "fit to be published" in hello("check", *hello.to)
    assert "2 uploaded" in hello("publish", *hello.to)
    assert "test-command passed" in hello("verify", *hello.to)
    assert hello.statuses() == {"uploaded"}
    assert "hello-1.0.0.tar.gz" in page_of(hello.server, "hello")
    assert "Nothing to do" in hello("publish", *hello.to)


@pytest.mark.host
def test_one_command_for_all(hello: Developer) -> None:
    dry = hello("release", "--dry-run", *hello.to)
    assert "2 to send" in dry
    assert "cibw verify" not in dry
    assert not page_of(hello.server, "hello")

    # What the dry run has built is what is sent.
    first = hello("release", *hello.to)
    assert "1 wheel from the store" in first
    assert first.count("fit to be published") == 1
    assert "2 uploaded" in first
    assert "test-command passed" in first
    assert hello.statuses() == {"uploaded"}

    again = hello("release", *hello.to)
    for said in ("already built from the same source", "1 wheel from the store", "Nothing to do", "2 skipped"):
        assert said in again
    assert "test-command passed" in again
    assert hello.statuses() == {"already there"}

    # The variables of a CI may decide what is built, so the wheels come from where they are.
    built = ("release", *hello.to, "--collect", "wheelhouse", "--trusted-publishing", "never")
    assert "already has all files of hello 1.0.0" in hello(*built, code=25, given=_FOR_A_TAG)
    assert "test-command passed" in hello(*built, "--skip-existing", given=_FOR_A_TAG)


def test_what_other_jobs_have_built(demo: Developer) -> None:
    folders = ("--collect", "cibw-wheels-linux", "cibw-sdist")
    wrong = demo("release", *demo.to, *folders, code=21, given={"TWINE_PASSWORD": "wrong-horse-77"})
    assert f"`cibw publish dist --to {demo.server.upload}` retries this step" in wrong
    assert "wrong-horse-77" not in wrong

    done = demo("release", *demo.to, *folders)
    assert "1/4 cibw collect cibw-wheels-linux cibw-sdist" in done
    assert "3 uploaded" in done
    assert "4/4 cibw verify dist" in done


def test_a_release_with_faults_ends_at_the_check(demo: Developer) -> None:
    ended = demo("release", *demo.to, "--collect", "cibw-wheels-linux", code=18)
    assert "missing-sdist" in ended
    assert "The release stops here." in ended
    assert "cibw publish" not in ended
    assert not page_of(demo.server, "demo")


def test_an_index_that_is_none_is_told_before_anything_is_built(demo: Developer) -> None:
    assert "1/6" not in demo("release", "--to", "https://me:sesame-88@packages.example/", code=2)


PURE = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "spam"
version = "1.0"

[tool.cibw]
test-command = "python -c 'import spam'"
"""


@pytest.fixture
def spam(tmp_path: Path) -> Iterator[Developer]:
    """A pure Python project, and an empty index."""
    project = tmp_path / "spam"
    (project / "src/spam").mkdir(parents=True)
    (project / "src/spam/__init__.py").touch()
    (project / "pyproject.toml").write_text(PURE)
    with pypiserver(tmp_path / "index") as server:
        yield Developer(directory=project, server=server)


def test_a_pure_project_is_released_with_one_wheel(spam: Developer) -> None:
    done = spam("release", *spam.to)
    assert "1/4 cibw sdist --wheel" in done
    assert "2 uploaded" in done
    assert "test-command passed" in done
    names = sorted(path.name for path in (spam.directory / "dist").glob("spam-*"))
    assert names == ["spam-1.0-py2.py3-none-any.whl", "spam-1.0.tar.gz"]
    again = spam("release", *spam.to)
    assert again.count("already built from the same source") == 2
    assert "Nothing to do" in again


@pytest.mark.host
def test_a_build_that_gives_a_pure_wheel_is_released_with_it(spam: Developer) -> None:
    # What such a script does, only a build can tell.
    (spam.directory / "pyproject.toml").write_text(PURE[PURE.index("[project]") :])
    (spam.directory / "setup.py").write_text("from setuptools import setup\n\nsetup(**{'package_dir': {'': 'src'}})\n")
    done = spam("release", *spam.to)
    assert "1/6 cibw sdist" in done
    assert "The project is pure Python, so one wheel serves all platforms." in done
    assert "1/4 cibw sdist --wheel" in done
    assert "2 uploaded" in done


def test_a_project_with_extensions_has_no_single_wheel(hello: Developer) -> None:
    assert "is not a pure Python wheel" in hello("sdist", "--wheel", code=18)
    assert not list((hello.directory / "dist").glob("*.whl"))
