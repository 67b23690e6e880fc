"""Repositories whose settings name programs: cibw asks git about them, and none of the programs runs."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from cibw.errors import GateError
from cibw.execution.host.machine import HostMachine
from cibw.execution.source.project import project_files
from cibw.execution.source.state import read_source_state
from cibw.model.manifest import SourceState
from tests.builds import copy_project, run_cibw
from tests.git_world import World
from tests.image_settings import image_settings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs are scripts for a POSIX shell")
ANOTHER_USER = 12345


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


SETTINGS = [
    *("core.fsmonitor", "core.pager", "core.sshCommand", "core.gitProxy", "core.askPass", "core.editor"),
    *("diff.external", "diff.d.command", "diff.d.textconv", "filter.f.clean", "filter.f.smudge", "filter.f.process"),
    *("credential.helper", "gpg.program", "merge.m.driver", "core.alternateRefsCommand", "alias.ls-files", "alias.tag"),
    *("submodule.sub.update", "pager.tag", "interactive.diffFilter", "sequence.editor", "uploadpack.packObjectsHook"),
]


@pytest.mark.parametrize("place", ["", "sub"], ids=["project", "submodule"])
@pytest.mark.parametrize("name", SETTINGS)
def test_no_setting_names_a_program_that_runs(world: World, name: str, place: str) -> None:
    shell = "!" if name.startswith(("alias", "submodule")) else ""
    if place:
        (world.root / "sub/.gitattributes").write_text("* filter=f diff=d merge=m\n")
    world.set(name, f"{shell}{world.program}", place)
    world.set("filter.f.required", "true", place)
    assert world.ask_all().changed, "git answers"
    world.check()


def test_included_settings_and_those_of_a_work_tree(world: World) -> None:
    included = world.home / "included"
    included.write_text(f'[core]\nfsmonitor = {world.program}\n[filter "f"]\nclean = {world.program}\n')
    world.set("include.path", str(included))
    world.set(f"includeIf.gitdir:{world.root}/.path", str(included))
    world.set("extensions.worktreeConfig", "true")
    shutil.copy(included, world.root / ".git/config.worktree")
    assert world.ask_all().changed
    world.check()


def test_no_hook_runs(world: World) -> None:
    elsewhere = world.home / "hooks"
    for directory in (elsewhere, world.root / ".git/hooks"):
        directory.mkdir(exist_ok=True)
        for name in ("post-index-change", "fsmonitor-watchman", "reference-transaction", "post-checkout"):
            shutil.copy(world.program, directory / name)
    world.ask_all()
    world.set("core.hooksPath", str(elsewhere))
    (world.root / "b.py").touch()
    assert world.ask_all().changed
    world.check()


@pytest.mark.parametrize("address", ["ext::{program}", "ssh://example.invalid/x", "file://{root}", "odd::x"])
def test_missing_objects_are_not_fetched(world: World, address: str) -> None:
    place = address.format(program=world.program, root=world.root)
    for name, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "evil",
        "remote.evil.promisor": "true",
        "remote.evil.url": place,
        "remote.evil.uploadpack": str(world.program),
        "core.sshCommand": str(world.program),
        "protocol.allow": "always",
        "protocol.ext.allow": "always",
        "protocol.file.allow": "always",
    }.items():
        world.set(name, value)
    (world.home / "git-remote-odd").symlink_to(world.program)
    for words in (("HEAD^{tree}",), ("HEAD",)):
        digest = world.git(world.root, "rev-parse", *words).strip()
        (world.root / ".git/objects" / digest[:2] / digest[2:]).unlink()
        world.ask_all(PATH=f"{world.home}{os.pathsep}{os.environ['PATH']}")
    world.check()


def test_variables_of_git_name_no_program_and_no_file(world: World, tmp_path: Path) -> None:
    programs = ("GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_ASKPASS", "GIT_PAGER", "GIT_EDITOR", "PAGER")
    files = {name: str(tmp_path / name) for name in ("GIT_TRACE", "GIT_TRACE2_EVENT", "GIT_TRACE_SETUP")}
    place = {"GIT_CONFIG_PARAMETERS": f"'core.fsmonitor={world.program}'", "GIT_DIR": str(tmp_path / "library/.git")}
    assert world.ask_all(**dict.fromkeys(programs, str(world.program)), **files, **place).changed
    world.check()
    assert not any(Path(path).exists() for path in files.values())


def test_a_program_called_git_in_the_project_is_not_git(world: World) -> None:
    shutil.copy(world.program, world.root / "git")
    assert world.ask_all(PATH=f".{os.pathsep}{os.pathsep}{os.environ['PATH']}").changed
    world.check()


def test_a_directory_that_looks_like_a_repository_is_none(world: World) -> None:
    bare = world.home / "checkout" / "package"
    shutil.copytree(world.root / ".git", bare)
    config = bare / "config"
    config.write_text(
        config.read_text().replace("bare = false", f"bare = true\n\tworktree = /\n\tfsmonitor = {world.program}")
    )
    (bare / "setup.py").touch()
    host = HostMachine(world.environment)
    assert "config" in project_files(host, bare).files
    assert read_source_state(host, bare, ()) == SourceState()
    world.check()


def test_a_crafted_index_names_no_file_elsewhere(world: World, tmp_path: Path) -> None:
    secret = tmp_path / "secrets" / "key"
    secret.parent.mkdir()
    secret.write_text("secret")
    (world.root / "zz_zzzzzzz_zz").write_text("x")
    (world.root / "link").mkdir()
    (world.root / "link/key").write_text("x")
    world.git(world.root, "add", "zz_zzzzzzz_zz", "link/key")
    shutil.rmtree(world.root / "link")
    (world.root / "link").symlink_to(secret.parent)
    index = world.root / ".git/index"
    world.git(world.root, "update-index", "--index-version", "2")
    raw = index.read_bytes()
    assert b"zz_zzzzzzz_zz" in raw
    body = raw[:-20].replace(b"zz_zzzzzzz_zz", b"../secrets/ke")
    # The name in the index has the length of the one that it replaces.
    (secret.parent / "ke").write_text("secret")
    index.write_bytes(body + hashlib.sha1(body).digest())
    files = project_files(HostMachine(world.environment), world.root).files
    assert "b.py" in files
    assert not [name for name in files if "secrets" in name or name.startswith("link/")]


def test_changes_are_still_told(world: World) -> None:
    assert world.ask_all().changed == ("a.x", "sub")
    world.set("filter.f.clean", "tr a-z A-Z")
    (world.root / "new.py").touch()
    (world.root / "b.py").write_text("b\r\n")
    # Nobody but the filter knows whether a.x has changed.
    assert world.ask_all().changed == ("sub", "new.py")
    (world.root / "b.py").chmod(0o755)
    assert world.ask_all().changed == ("b.py", "sub", "new.py")
    (world.root / "b.py").unlink()
    shutil.rmtree(world.root / "sub")
    state = world.ask_all()
    assert state.changed == ("b.py", "new.py")
    assert state.missing_submodules == ("sub",)


needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files to another user"
)


def given_away(root: Path) -> None:
    for path in (root, root / ".git"):
        os.chown(path, ANOTHER_USER, ANOTHER_USER)


@needs_root
def test_a_repository_of_another_user_is_not_read(world: World) -> None:
    given_away(world.root)
    host, notes = HostMachine(world.environment), list[str]()
    (world.root / ".git/info/exclude").write_text("ignored\n")
    (world.root / "ignored").touch()
    assert "ignored" in project_files(host, world.root, tell=notes.append).files
    [note] = notes
    assert f"git config --global --add safe.directory {world.root}" in note
    assert "all files are copied" in note
    refused = read_source_state(host, world.root, ()).refused
    assert refused == f"git config --global --add safe.directory {world.root}"
    with pytest.raises(GateError, match="belongs to another user"):
        world.ask_all()
    subprocess.run(refused.split(), env=world.environment, check=True)
    assert "ignored" not in project_files(host, world.root, tell=notes.append).files
    assert world.ask_all().changed
    assert len(notes) == 1


@pytest.mark.host
@needs_root
def test_a_checkout_of_another_user_is_built(world: World, tmp_path: Path) -> None:
    project = copy_project("c", tmp_path)
    world.commit(project)
    given_away(project)
    settings = {**world.environment, "CIBW_BUILD": "cp311-manylinux_x86_64"}
    ran = run_cibw(project, "--engine", "host", settings=settings)
    assert ran.exit_code == 0, ran.output
    assert f"git config --global --add safe.directory {project}" in ran.words


def attacked(root: Path, program: Path) -> None:
    """Give an unpacked sdist a repository, as no tool packs one."""
    subprocess.run(("git", "init", "-q", str(root)), check=True)
    with (root / ".git/config").open("a") as config:
        config.write(f"[core]\nfsmonitor = {program}\n")


@pytest.mark.docker
@pytest.mark.parametrize("kind", ["sdist", "checkout"])
def test_a_build_in_a_container_runs_nothing_on_the_host(world: World, tmp_path: Path, kind: str) -> None:
    project = copy_project("c", tmp_path)
    attacked(project, world.program)
    package = "."
    if kind == "sdist":
        with tarfile.open(tmp_path / "c-1.0.tar.gz", "w:gz") as archive:
            archive.add(project, "c-1.0")
        project, package = tmp_path, "c-1.0.tar.gz"
    settings = {
        **image_settings("manylinux_x86_64"),
        "CIBW_BUILD": "cp311-manylinux_x86_64",
        "CIBW_CONTAINER_ENGINE": "docker; disable-host-mount: true",
        "CIBW_CACHE_PATH": str(tmp_path / "cache"),
        "CIBW_CACHE": "true",
        "HOME": str(world.home),
    }
    ran = run_cibw(project, package, settings=settings)
    assert ran.exit_code == 0, ran.output
    world.check()
