"""Runs a program that must not run twice at a time on this computer, in any build or run.

alone.py FILE PROGRAM ARGUMENT...

FILE is the lock file that waiting processes share. It is kept, and released when the program ends.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path


def main(lock: str, *words: str) -> int:
    """Wait for the lock, run the program, and return its exit code."""
    path = Path(lock)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another build, which holds {lock}", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        return subprocess.run(words, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
