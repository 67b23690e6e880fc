"""Submodules, nested clones and worktrees arrive where builds run, with the versions that git tells of them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cibw.execution.host.machine import HostMachine
from cibw.execution.source.project import project_files
from tests.builds import build, native_files, selected
from tests.image_settings import image_settings

IDENTIFIER = "cp311-manylinux_x86_64"
_SETUP = """\
import subprocess
from setuptools import Extension, setup

def version(place):
    return subprocess.check_output(("git", "-C", place, "describe", "--tags"), text=True).strip().lstrip("v")

version(".")
setup(name="demo", version=version({place!r}), py_modules=[], ext_modules=[Extension("demo", ["demo.c"])])
"""
_MODULE = """\
#include <Python.h>
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "demo", 0, -1, 0};
PyMODINIT_FUNC PyInit_demo(void) { return PyModule_Create(&def); }
"""


class Checkout:
    """A project with a submodule, which has one of its own; each has tags."""

    def __init__(self, directory: Path) -> None:
        deep, library = directory / "deep", directory / "library"
        self.home = directory
        self.home.mkdir()
        self.repository(deep, "v7.1", {"deep.h": ""})
        self.repository(library, "v4.5", {"library.h": "", ".gitignore": "*.o\n"}, deep)
        self.root = directory / "project"
        files = {"setup.py": _SETUP.format(place="extern/library"), "demo.c": _MODULE, ".gitignore": "*.o\nprebuilt\n"}
        self.repository(self.root, "v1.2", files, library)
        (self.root / "extern/library/untracked.c").touch()
        (self.root / "extern/library/ignored.o").touch()
        self.git(self.root, "clone", "--quiet", str(deep), "nested")
        (self.root / "nested/untracked.c").touch()
        (self.root / "prebuilt").mkdir()
        (self.root / "prebuilt/part.h").write_text("#define PART 1\n")

    def git(self, directory: Path, *words: str) -> str:
        settings = ("user.name=a", "user.email=a@example.org", "protocol.file.allow=always")
        command = ("git", *(word for setting in settings for word in ("-c", setting)), *words)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(command, cwd=directory, env=kept, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def repository(self, directory: Path, tag: str, files: dict[str, str], submodule: Path | None = None) -> None:
        directory.mkdir()
        self.git(directory, "init", "-b", "main")
        for name, text in files.items():
            (directory / name).write_text(text)
        if submodule:
            self.git(directory, "submodule", "add", str(submodule), f"extern/{submodule.name}")
            self.git(directory, "submodule", "update", "--init", "--recursive")
        self.git(directory, "add", ".")
        self.git(directory, "commit", "-m", tag)
        self.git(directory, "tag", tag)

    def worktree(self, place: str, base: Path | None = None) -> Path:
        base = base or self.root
        self.git(base, "worktree", "add", "--detach", place)
        tree = (base / place).resolve()
        self.git(tree, "submodule", "update", "--init", "--recursive")
        return tree


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "here")


@pytest.fixture
def machine() -> Iterator[HostMachine]:
    with closing(HostMachine(os.environ)) as made:
        yield made


def copied(checkout: Checkout, machine: HostMachine, root: Path) -> Path:
    """A copy of a project, whose origin is gone."""
    notes: list[str] = []
    target = checkout.home.parent / "copy"
    machine.put(project_files(machine, root, tell=notes.append), str(target))
    assert not notes
    checkout.home.rename(checkout.home.parent / "gone")
    return target


def check(checkout: Checkout, copy: Path, expected: dict[str, str]) -> None:
    """Expect versions at places of a copy, and that git reads the right work trees without changes in them."""
    for place, version in expected.items():
        assert checkout.git(copy / place, "describe", "--tags") == version
        assert checkout.git(copy / place, "rev-parse", "--show-toplevel") == str((copy / place).resolve())
        assert not checkout.git(copy / place, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules")


SUBMODULES = {"extern/library": "v4.5", "extern/library/extern/deep": "v7.1"}


def test_submodules_and_nested_clones_keep_their_versions_and_files(checkout: Checkout, machine: HostMachine) -> None:
    copy = copied(checkout, machine, checkout.root)
    check(checkout, copy, {".": "v1.2", "nested": "v7.1", **SUBMODULES})
    assert (copy / "extern/library/untracked.c").is_file()
    assert (copy / "nested/untracked.c").is_file()
    assert (copy / "nested/deep.h").is_file()
    assert not (copy / "extern/library/ignored.o").exists()
    assert not (copy / "prebuilt").exists()


@pytest.mark.parametrize("is_bare", [False, True])
def test_worktrees_keep_their_versions(checkout: Checkout, machine: HostMachine, is_bare: bool) -> None:
    base = checkout.home / "bare.git"
    checkout.git(checkout.home, "clone", "--quiet", "--bare", str(checkout.root), str(base))
    tree = checkout.worktree("../tree", base if is_bare else None)
    check(checkout, copied(checkout, machine, tree), {".": "v1.2", **SUBMODULES})


def test_a_worktree_inside_of_the_project_keeps_its_version(checkout: Checkout, machine: HostMachine) -> None:
    checkout.worktree("inner")
    inner = {f"inner/{name}": tag for name, tag in SUBMODULES.items()}
    check(checkout, copied(checkout, machine, checkout.root), {".": "v1.2", "inner": "v1.2", **inner})


def test_a_submodule_on_its_own_keeps_its_version(checkout: Checkout, machine: HostMachine) -> None:
    copy = copied(checkout, machine, checkout.root / "extern/library")
    check(checkout, copy, {".": "v4.5", "extern/deep": "v7.1"})


def test_a_submodule_with_an_absolute_link_keeps_its_version(checkout: Checkout, machine: HostMachine) -> None:
    link = checkout.root / "extern/library/.git"
    link.write_text(f"gitdir: {checkout.root}/.git/modules/extern/library\n")
    check(checkout, copied(checkout, machine, checkout.root), {".": "v1.2", "extern/library": "v4.5"})


def test_a_submodule_with_a_git_directory_keeps_its_version(checkout: Checkout, machine: HostMachine) -> None:
    library = checkout.root / "extern/library"
    (library / ".git").unlink()
    (checkout.root / ".git/modules/extern/library").rename(library / ".git")
    checkout.git(library, "--work-tree=.", "config", "--unset", "core.worktree")
    check(checkout, copied(checkout, machine, checkout.root), {".": "v1.2", "extern/library": "v4.5"})


def test_a_repository_that_does_not_lead_back_stays_where_it_is(checkout: Checkout, machine: HostMachine) -> None:
    other = checkout.home / "other"
    other.mkdir()
    (other / ".git").write_text(f"gitdir: {checkout.root}/.git\n")
    (other / "a.c").touch()
    notes: list[str] = []
    assert project_files(machine, other, tell=notes.append).files == ("a.c",)
    assert "does not point back" in notes[0]


MACHINES = [pytest.param("docker", marks=pytest.mark.docker), pytest.param("host", marks=pytest.mark.host)]


@pytest.mark.parametrize("engine", MACHINES)
def test_a_build_asks_git_for_the_version_of_a_submodule(checkout: Checkout, engine: str) -> None:
    tree = checkout.worktree("../tree")
    settings = {**image_settings("manylinux_x86_64"), **selected(IDENTIFIER)}
    for root in (checkout.root, tree):
        [wheel] = build(root, "--engine", engine, settings=settings).wheels
        assert wheel.name.startswith("demo-4.5-")


@pytest.mark.parametrize("engine", MACHINES)
def test_files_that_git_ignores_reach_a_build_that_needs_them(checkout: Checkout, engine: str) -> None:
    source = checkout.root / "demo.c"
    source.write_text(f'#include "prebuilt/part.h"\n{source.read_text()}\nint part = PART;\n')
    settings = {**image_settings("manylinux_x86_64"), **selected(IDENTIFIER)}
    [wheel] = build(checkout.root, "--engine", engine, settings={**settings, "CIBW_COPY_IGNORED": "prebuilt"}).wheels
    assert native_files(wheel)


@pytest.mark.docker
def test_a_package_that_is_a_submodule_has_its_own_version(checkout: Checkout) -> None:
    library = checkout.root / "extern/library"
    (library / "setup.py").write_text(_SETUP.format(place="."))
    (library / "demo.c").write_text(_MODULE)
    settings = {**image_settings("manylinux_x86_64"), **selected(IDENTIFIER)}
    [wheel] = build(checkout.root, "extern/library", settings=settings).wheels
    assert wheel.name.startswith("demo-4.5-")
