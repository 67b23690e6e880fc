"""Running commands, and the places where finished and half-finished things are kept."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class ImageError(Exception):
    """An image can't be made; the message says what is needed."""


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a command without a terminal, and return what it printed on standard output."""
    done = subprocess.run(
        [str(word) for word in argv],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
        words = " ".join(str(word) for word in argv)
        raise ImageError(f"exit code {done.returncode} from: {words}\n{tail}")
    return done.stdout


def succeeds(argv: Sequence[str]) -> bool:
    """Tell whether a command that is run for nothing else ends well."""
    quiet = subprocess.DEVNULL
    return not subprocess.run(argv, stdin=quiet, stdout=quiet, stderr=quiet, check=False).returncode


def need(tools: Mapping[str, str]) -> None:
    """Fail with the Debian packages to install when one of the tools (tool: package) is missing."""
    missing = sorted({package for tool, package in tools.items() if not shutil.which(tool)})
    if missing:
        raise ImageError(
            f"missing on this machine; run: apt-get install -y --no-install-recommends {' '.join(missing)}"
        )


def cache_dir() -> Path:
    """Return the folder that keeps finished root file systems, made when it isn't there."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = base / "cibw-test-images"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a new folder beside the cache, and remove it at the end."""
    path = Path(tempfile.mkdtemp(prefix="work-", dir=cache_dir()))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold a lock that other processes making the same image wait for."""
    with (cache_dir() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print what was done and how many seconds it took."""
    start = time.monotonic()
    yield
    print(f"  {what}: {time.monotonic() - start:.1f} s", flush=True)
