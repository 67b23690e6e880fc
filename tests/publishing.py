"""Runs publishing commands, and reads what they leave."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.index_servers import PASSWORD, USER, IndexServer, program

Json = Mapping[str, object]
_QUIET = re.compile(r"^(CIBW_|CI$|GITHUB_|PIP_|UV_|TWINE_)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Runs programs in a project's directory, with a login in their variables.

    `words` go along with each `cibw publish`: where a test is about the upload, the check and its linters are left out.
    """

    directory: Path
    words: tuple[str, ...] = ("--no-check",)

    def __call__(self, server: IndexServer, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `cibw publish` to its end."""
        return self.run(self.call(server, *arguments), **variables)

    def call(self, server: IndexServer, *arguments: str) -> list[str]:
        """The command line for an index."""
        return [program("cibw"), "publish", "--to", server.upload, *self.words, *arguments]

    def run(self, call: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
        """Run any program to its end; what it writes to standard error is given in one line, as it folds it."""
        done = subprocess.run(
            call, cwd=self.directory, env=self.environment(**variables), capture_output=True, text=True, check=False
        )
        return subprocess.CompletedProcess(call, done.returncode, done.stdout, " ".join(done.stderr.split()))

    def environment(self, **variables: str) -> dict[str, str]:
        """The variables: a login and nothing that speaks to the programs otherwise."""
        kept = {name: value for name, value in os.environ.items() if not _QUIET.match(name)}
        own = {"HOME": str(self.directory), "TWINE_USERNAME": USER, "TWINE_PASSWORD": PASSWORD}
        return {**kept, **own, **variables}

    def statuses(self) -> list[object]:
        """What the report says of each file."""
        report: Json = json.loads((self.directory / "dist" / "report.json").read_text())
        publish = report["publish"]
        assert isinstance(publish, dict)
        return [upload["status"] for upload in publish["uploads"]]
