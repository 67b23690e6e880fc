"""Runs cibw with secrets planted all around it, and looks for them in whatever it leaves."""

from __future__ import annotations

import base64
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.builds import ROOT
from tests.index_servers import PASSWORD, program
from tests.secret_watch import Watch, leaks_in_files, leaks_in_text

_NOTHING: Mapping[str, str] = {}
_QUIET = re.compile(r"^(CIBW_|CI$|GITHUB_|PIP_|UV_|TWINE_|PYTEST|COV)")
# The true password is one of them in turn: what twine sends, and what the server says, are about it.
PLANTED = {
    "the password": PASSWORD,
    "a wrong password": "planted-wrong-91",
    "the token of another service": "planted-service-92",
    "the identity of the run": "planted-identity-93",
    "the variable of the tests": "planted-tests-94",
    "the login in an address": "planted-address-95",
    "the variable of the build": "planted-build-96",
    "a value computed for the build": "planted-computed-97",
    "the same in base64": base64.b64encode(b"user:planted-computed-97").decode()[8:-4],
    "a value computed for the tests": "planted-tested-98",
    "a variable that is passed on": "planted-passed-99",
    "a password of a database": "planted-database-01",
    "a token in an address": "planted-login-token-02",
    "a variable that the option secrets names": "planted-company-03",
    "the address of a webhook": "planted-webhook-04",
    "a line of a private key": "plantedKey05plantedKey05",
    "a token that nobody has declared": f"ghp_{'planted06' * 4}",
    "a variable of the container": "planted-created-07",
}
_OTHERS = {
    "GITHUB_TOKEN": PLANTED["the token of another service"],
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": PLANTED["the identity of the run"],
}


@dataclass(slots=True, kw_only=True)
class Planter:
    """Runs cibw in a directory, watches what it starts, and keeps all that it printed."""

    directory: Path
    watch: Watch = field(
        default_factory=lambda: Watch(
            secrets=tuple(secret.encode() for secret in PLANTED.values()),
            logins=(
                PASSWORD.encode(),
                PLANTED["a wrong password"].encode(),
                PLANTED["the identity of the run"].encode(),
            ),
        )
    )
    printed: str = ""

    def __call__(
        self, *arguments: str, given: Mapping[str, str] = _NOTHING, between: Callable[[], None] = lambda: None
    ) -> int:
        """Run cibw to its end, with `between` on its way; gives the exit code."""
        kept = {name: value for name, value in os.environ.items() if not _QUIET.match(name)}
        own = {"HOME": str(self.directory), "CIBW_CACHE_PATH": str(self.directory / "cache"), "PYTHONPATH": str(ROOT)}
        with (
            subprocess.Popen(
                [program("cibw"), *arguments],
                cwd=self.directory,
                env={**kept, **own, **_OTHERS, **given},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ) as process,
            self.watch.on(process.pid),
        ):
            between()
            printed, _ = process.communicate(timeout=900)
        self.printed += printed
        return process.returncode

    def leaks(self, *but: Path) -> list[str]:
        """Everything that was found in processes, files and texts; `but` are files that hold secrets rightly."""
        files = leaks_in_files([self.directory], PLANTED, but=but)
        return [*sorted(self.watch.found), *files, *leaks_in_text(self.printed, PLANTED)]
