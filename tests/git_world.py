"""A repository whose settings can name programs, and all that cibw asks git about it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from cibw.cli.arguments import CommandLine
from cibw.cli.commands.publish import release_facts
from cibw.cli.project import Project
from cibw.cli.session import Session
from cibw.config.options import PublishOptions
from cibw.execution.host.machine import HostMachine
from cibw.execution.source.project import git_index, project_files
from cibw.execution.source.state import commit_of, read_source_state, source_hashes
from cibw.model.manifest import SourceState
from cibw.reporting.terminal import TerminalStyle


class World:
    """A repository with a submodule, and a program whose runs leave a mark."""

    def __init__(self, directory: Path) -> None:
        self.mark = directory / "mark"
        self.program = directory / "program"
        self.program.write_text(f"#!/bin/sh\necho ran >> {self.mark}\nexit 1\n")
        self.program.chmod(0o755)
        self.home = directory / "home"
        self.home.mkdir()
        library = directory / "library"
        library.mkdir()
        self.commit(library)
        self.root = directory / "project"
        self.root.mkdir()
        (self.root / ".gitattributes").write_text("*.x filter=f diff=d merge=m\n")
        (self.root / "a.x").write_text("a\n")
        (self.root / "b.py").write_text("b\n")
        self.git(self.root, "init", "-b", "main")
        self.git(self.root, "-c", "protocol.file.allow=always", "submodule", "add", str(library), "sub")
        self.commit(self.root)
        self.git(self.root, "tag", "v1")
        (self.root / "a.x").write_text("changed\n")
        (self.root / "sub/a.h").write_text("changed\n")

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "CIBW_"))}
        return {**kept, "HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "xdg")}

    def git(self, directory: Path, *words: str) -> str:
        command = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words)
        done = subprocess.run(command, cwd=directory, env=self.environment, check=True, capture_output=True, text=True)
        return done.stdout

    def commit(self, directory: Path) -> None:
        self.git(directory, "init", "-b", "main")
        (directory / "a.h").touch()
        self.git(directory, "add", ".")
        self.git(directory, "commit", "-m", "one")

    def set(self, name: str, value: str, directory: str = "") -> None:
        self.git(self.root / directory, "config", name, value)

    def ask_all(self, **variables: str) -> SourceState:
        """All that cibw asks git about a project."""
        host = HostMachine({**self.environment, **variables})
        project_files(host, self.root)
        git_index(host, self.root)
        commit_of(host, self.root)
        source_hashes(host, self.root, (), self.home / "memo.json")
        state = read_source_state(host, self.root, ())
        line = CommandLine()
        session = Session(line=line, environment=host.environment(), working_dir=self.root, style=TerminalStyle())
        release_facts(session, Project(root=self.root, package_dir="."), PublishOptions(require_tag=True))
        return state

    def check(self) -> None:
        assert not self.mark.exists()
