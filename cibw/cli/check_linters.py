"""Find and run linters."""

from __future__ import annotations

import shutil
import sys
from functools import partial
from pathlib import Path

from cibw.cli.secrets import without_credentials
from cibw.cli.sessions import Session
from cibw.model.command import Outcome, Request
from cibw.publishing.linters import Programs
from cibw.running.host import HostMachine


def programs_of(session: Session) -> Programs:
    """Programs next to cibw's Python, else on PATH. They run in the working directory and read its settings."""
    return Programs(find=partial(_find, session), run=partial(_run, session))


def _find(session: Session, name: str) -> str:
    beside = str(Path(sys.executable).parent)
    found = shutil.which(name, path=beside) or shutil.which(name, path=session.environment.get("PATH", ""))
    return found or ""


def _run(session: Session, argv: tuple[str, ...]) -> Outcome:
    environment = {**without_credentials(session.environment), "NO_COLOR": "1", "PYTHONUTF8": "1", "COLUMNS": "10000"}
    request = Request(argv=argv, cwd=str(session.working_dir), environment=environment)
    return HostMachine(environment).run(request, lambda _text, _is_error: None)
