"""Running a program to its end with its output in a file, and how long that took."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_LAST_LINES = 30


class MeasureError(Exception):
    """Something can't be measured; the message says what failed."""


class ProgramFailedError(MeasureError):
    """A program has ended with another exit code than 0."""


def timed(argv: Sequence[str], log: Path, environment: Mapping[str, str], cwd: Path) -> float:
    """The seconds that a program in a directory takes to its end; ProgramFailedError where it fails."""
    with log.open("wb") as output:
        started = time.monotonic()
        done = subprocess.run(
            argv,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
        seconds = time.monotonic() - started
    if done.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:])
        raise ProgramFailedError(f"exit code {done.returncode} from: {' '.join(argv)}\n{tail}")
    return seconds


def answer(*argv: str) -> str:
    """What a program prints on standard output, without the ends; empty where it fails or is missing."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
