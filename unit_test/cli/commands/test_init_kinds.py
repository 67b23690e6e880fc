"""What `cibw init github` writes and says for projects of many kinds, which golden files show whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from unit_test.cli.calling import Caller
from unit_test.conftest import Golden
from unit_test.workflows.reading import at, entries, read_yaml, table

LONGEST = 90
_MATURIN = '[build-system]\nrequires = ["maturin>=1.9"]\nbuild-backend = "maturin"\n'
_SETUPTOOLS = '[build-system]\nrequires = ["setuptools>=77"{}]\nbuild-backend = "setuptools.build_meta"\n'
_HATCH = '[build-system]\nrequires = ["hatchling"{}]\nbuild-backend = "hatchling.build"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The files of a repository, its tags, and the arguments of `cibw init github`."""

    files: Mapping[str, str]
    tags: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    is_pure: bool = False
    said: tuple[str, ...] = ()


def project(name: str, version: str = 'version = "1.4.2"') -> str:
    return f'[project]\nname = "{name}"\n{version}\n\n'


MONOREPO = {
    "packages/foo/pyproject.toml": project("foo") + _MATURIN,
    "packages/bar/pyproject.toml": project("acme-bar") + _HATCH.format(""),
}
KINDS = {
    "c-extension": Kind(
        files={
            "pyproject.toml": project("spam") + _SETUPTOOLS.format(""),
            "setup.py": "from setuptools import Extension, setup\nsetup(ext_modules=[Extension('spam', ['spam.c'])])\n",
        },
        tags=("v1.4.1",),
    ),
    "rust-maturin": Kind(files={"pyproject.toml": project("spam", 'dynamic = ["version"]') + _MATURIN}),
    "cython-setuptools-scm": Kind(
        files={
            "pyproject.toml": project("spam", 'dynamic = ["version"]')
            + _SETUPTOOLS.format(', "cython", "setuptools-scm>=8"')
            + "\n[tool.setuptools_scm]\n"
        },
        said=("have a local part",),
    ),
    "meson": Kind(
        files={
            "pyproject.toml": project("spam")
            + '[build-system]\nrequires = ["meson-python"]\nbuild-backend = "mesonpy"\n\n'
            + '[tool.cibw]\nrelease-targets = "linux:x86_64,aarch64,s390x macos windows:AMD64"\n'
        },
        arguments=("--from-sdist",),
    ),
    "pure-python": Kind(
        files={
            "pyproject.toml": project("spam", 'dynamic = ["version"]')
            + _HATCH.format(', "hatch-vcs"')
            + '\n[tool.hatch.version]\nsource = "vcs"\nraw-options = { local_scheme = "no-local-version" }\n'
        },
        is_pure=True,
        said=("pure Python",),
    ),
    "pure-python-fixed-version": Kind(
        files={"pyproject.toml": project("spam") + _SETUPTOOLS.format("")},
        is_pure=True,
        said=("the test index already has that version",),
    ),
    "monorepo-package": Kind(
        files=MONOREPO,
        arguments=("--package", "packages/foo"),
        said=("Releases get tags such as foo-v1.0",),
    ),
    "monorepo-pure-package": Kind(
        files=MONOREPO,
        tags=("v0.9", "acme_bar/1.0", "foo-v3.0"),
        arguments=("--package", "packages/bar"),
        is_pure=True,
        said=("Releases get tags such as acme_bar/1.0",),
    ),
    "tags-without-v": Kind(
        files={
            "pyproject.toml": project("spam")
            + '[build-system]\nrequires = ["scikit-build-core"]\nbuild-backend = "scikit_build_core.build"\n'
        },
        tags=("1.4", "1.4.1", "nightly-2026-01-01"),
        said=("Releases get tags such as 1.0, like the existing tag 1.4.1",),
    ),
    "monorepo-shared-tags": Kind(
        files=MONOREPO,
        tags=("v0.9",),
        arguments=("--package", "packages/foo"),
        said=("Tags such as v1.0 apply to every package of the repository", 'set tag-format = "foo-v{version}"'),
    ),
    "no-test-index": Kind(
        files={"pyproject.toml": project("spam") + _MATURIN},
        arguments=("--no-test-index",),
    ),
}
every_kind = pytest.mark.parametrize("name", KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A workflow, its path and text, and what was printed."""

    path: str
    text: str
    printed: str


def make(cibw: Caller, kind: Kind) -> Made:
    (cibw.directory / "pyproject.toml").unlink()
    (cibw.directory / ".git").mkdir()
    packed = "".join(f"{'0' * 40} refs/tags/{tag}\n" for tag in kind.tags)
    (cibw.directory / ".git/packed-refs").write_text(f"# pack-refs with: peeled fully-peeled sorted\n{packed}")
    for name, text in kind.files.items():
        (cibw.directory / name).parent.mkdir(parents=True, exist_ok=True)
        (cibw.directory / name).write_text(text)
    called = cibw("init", "github", *kind.arguments)
    assert called.exit_code == 0, called.stderr
    (path,) = (cibw.directory / ".github/workflows").iterdir()
    return Made(path=path.name, text=path.read_text("utf-8"), printed=called.stdout)


@every_kind
def test_the_workflow_and_what_is_said(cibw: Caller, golden: Golden, name: str) -> None:
    made = make(cibw, KINDS[name])
    golden.check(f"workflows/{name}.yml", made.text)
    golden.check(f"workflows/{name}.txt", made.printed)
    for said in KINDS[name].said:
        assert said in made.printed


@every_kind
def test_the_workflow_is_short(cibw: Caller, name: str) -> None:
    lines = make(cibw, KINDS[name]).text.splitlines()
    assert len(lines) <= (LONGEST if not KINDS[name].is_pure else 60)
    assert max(map(len, lines)) <= 120


@every_kind
def test_the_workflow_installs_a_known_cibw_in_each_job(cibw: Caller, name: str) -> None:
    jobs = table(read_yaml(make(cibw, KINDS[name]).text), "jobs")
    for job in jobs.values():
        installs = [text for text in _commands(job) if "install" in text]
        assert len(installs) == 1
        assert re.search(r"cibw(\[[a-z,]+\])?==\d", installs[0])


@every_kind
def test_only_projects_with_compiled_code_build_for_each_platform(cibw: Caller, name: str) -> None:
    jobs = table(read_yaml(make(cibw, KINDS[name]).text), "jobs")
    assert set(jobs) == ({"build", "publish"} if KINDS[name].is_pure else {"sdist", "wheels", "check", "publish"})


def test_packages_of_a_repository_wait_for_each_other_nowhere(cibw: Caller) -> None:
    make(cibw, KINDS["monorepo-package"])
    assert cibw("init", "github", "--package", "packages/bar").exit_code == 0
    directory = cibw.directory / ".github/workflows"
    parsed = {path.name: read_yaml(path.read_text("utf-8")) for path in directory.iterdir()}
    assert {name: at(one, "name") for name, one in parsed.items()} == {
        "wheels-foo.yml": "wheels-foo",
        "wheels-acme-bar.yml": "wheels-acme-bar",
    }
    assert {at(one, "concurrency", "group") for one in parsed.values()} == {"${{ github.workflow }}-${{ github.ref }}"}
    assert {str(entries(one, "on", "push", "tags")) for one in parsed.values()} == {"['foo-v*']", "['acme-bar-v*']"}


def _commands(job: object) -> list[str]:
    return [str(table(step)["run"]) for step in entries(job, "steps") if "run" in table(step)]
