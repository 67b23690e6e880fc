"""Builds an sdist, or the wheel of a pure Python project, on the host."""

from __future__ import annotations

import shlex
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from cibw.errors import CommandFailedError, ErrorContext, ReleaseFaultError
from cibw.model.command import Request
from cibw.running.git import Runner
from cibw.running.machine import OutputSink

_LAST_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    name: str
    article: str
    ending: str


_SDIST = _Kind(name="sdist", article="An", ending=".tar.gz")
_WHEEL = _Kind(name="wheel", article="A", ending=".whl")


def build_sdist(runner: Runner, package: Path, place: Path, output: OutputSink) -> Path:
    """Build a package's sdist into an empty directory with the build library, and return its path.

    Raises CommandFailedError if the build fails, ReleaseFaultError if it produces no sdist or several.
    """
    return _build(_SDIST, runner, package, (place, output))


def build_wheel(runner: Runner, package: Path, place: Path, output: OutputSink) -> Path:
    """Build a wheel in the same way with cibw's own Python. A pure Python wheel works with every other."""
    return _build(_WHEEL, runner, package, (place, output))


def _build(kind: _Kind, runner: Runner, package: Path, into: tuple[Path, OutputSink]) -> Path:
    place, output = into
    last: deque[str] = deque(maxlen=_LAST_LINES)

    def hear(line: str, is_error: bool) -> None:
        last.append(line)
        output(line, is_error)

    argv = (sys.executable, "-m", "build", f"--{kind.name}", "--installer", "uv", "--outdir", str(place), str(package))
    # The current directory comes first on sys.path, and a project may have a module named build.
    outcome = runner.run(Request(argv=argv, cwd=str(place), environment=runner.environment()), hear)
    if outcome.exit_code:
        raise CommandFailedError(
            f"Building the {kind.name} failed.",
            hint="Check the output of the build backend; `cibw sdist --verbose` shows all of it.",
            context=ErrorContext(command=shlex.join(argv), exit_code=outcome.exit_code, last_lines=tuple(last)),
        )
    found = sorted(place.glob(f"*{kind.ending}"))
    if len(found) != 1:
        names = ", ".join(path.name for path in found)
        raise ReleaseFaultError(
            f"The build produced {len(found)} {kind.name}s instead of one: {names or 'none'}.",
            hint=f"{kind.article} {kind.name} ends in {kind.ending}. Check the output of the build backend.",
        )
    return found[0]
