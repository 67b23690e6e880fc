"""Builds an sdist on the host."""

from __future__ import annotations

import shlex
import sys
from collections import deque
from pathlib import Path

from cibw.errors import CommandFailedError, ErrorContext, ReleaseFaultError
from cibw.model.command import Request
from cibw.running.git import Runner
from cibw.running.machine import OutputSink

_LAST_LINES = 20


def build_sdist(runner: Runner, package: Path, place: Path, output: OutputSink) -> Path:
    """Build the sdist of a package into an empty directory by the library build, and give its path.

    CommandFailedError where the build fails, ReleaseFaultError where it gives no sdist, or several.
    """
    last: deque[str] = deque(maxlen=_LAST_LINES)

    def hear(line: str, is_error: bool) -> None:
        last.append(line)
        output(line, is_error)

    argv = (sys.executable, "-m", "build", "--sdist", "--installer", "uv", "--outdir", str(place), str(package))
    # The directory comes first where Python looks for modules, and a project may have one that is called build.
    outcome = runner.run(Request(argv=argv, cwd=str(place), environment=runner.environment()), hear)
    if outcome.exit_code:
        raise CommandFailedError(
            "The sdist could not be built.",
            hint="Look at what the build backend says; `cibw sdist --verbose` shows all of it.",
            context=ErrorContext(command=shlex.join(argv), exit_code=outcome.exit_code, last_lines=tuple(last)),
        )
    found = sorted(place.glob("*.tar.gz"))
    if len(found) != 1:
        raise ReleaseFaultError(
            f"The build gave {len(found)} sdists instead of one: {', '.join(path.name for path in found) or 'none'}.",
            hint="An sdist ends in .tar.gz; look at what the build backend says.",
        )
    return found[0]
