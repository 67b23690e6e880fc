"""Installs a cross-build environment of Pyodide, with its Emscripten, in a directory that is kept between runs.

It runs in Python 3.12 or newer with pyodide-build, and is called as

* `pyodide_xbuildenv.py choose PLACE VERSION PYTHON`, which checks a version against the list of releases and saves its
  data; PYTHON is the version that wheels are for, such as `3.13`,
* `pyodide_xbuildenv.py lay PLACE VERSION PYTHON ARCHIVE SHA256`, which unpacks the archive and installs Emscripten. If
  SHA256 is empty, the archive must have the hash in the list.

An incomplete directory is created again. A complete one is used without network access.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# This script runs in the Python of the build environment, where cibw may not be installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from cibw.untrusted.limits import ArchiveError
from cibw.untrusted.unpacking import unpack_into

_DIGEST = """
import sys
from pyodide_build.xbuildenv_releases import cross_build_env_metadata_url, load_cross_build_env_metadata
print(load_cross_build_env_metadata(cross_build_env_metadata_url()).get_release(sys.argv[1]).sha256 or "")
"""
"""The command line of pyodide-build reports everything about a release except the hash of its archive."""


@dataclass(frozen=True)
class Order:
    """The requested version and its directory."""

    place: Path
    version: str
    python: str

    @property
    def complete(self) -> Path:
        """Return the file that marks the directory as complete."""
        return self.place / ".complete"

    @property
    def noted(self) -> Path:
        """Return the file with the release list's data for the version."""
        return self.place / ".release.json"


@dataclass(frozen=True)
class XbuildRelease:
    """A release of Pyodide, as listed by pyodide-build."""

    version: str
    python: str
    emscripten: str
    compatible: bool


@dataclass(frozen=True)
class Tools:
    """Runs programs and returns the output of programs. With `is_offline` neither may be used."""

    ask: Callable[[list[str]], str]
    do: Callable[[list[str]], object]
    is_offline: bool = False


def judge(order: Order, tools: Tools) -> None:
    """Save the release list's data, unless the environment exists. Raise SystemExit for an incompatible version."""
    with _alone(order) as is_complete:
        if is_complete:
            return
        if tools.is_offline:
            raise SystemExit(
                f"The cross-build environment of Pyodide {order.version} is not in {order.place}, and network "
                "access is disabled. Run once with network access."
            )
        release = choose(order, list(_releases(tools)))
        digest = tools.ask(["python", "-c", _DIGEST, order.version]).strip()
        order.noted.write_text(json.dumps({"emscripten": release.emscripten, "sha256": digest}))


def lay(order: Order, archive: Path, sha256: str, tools: Tools) -> None:
    """Install the environment, unless it exists. Raise SystemExit if the archive has the wrong hash."""
    with _alone(order) as is_complete:
        if is_complete:
            return
        noted = json.loads(order.noted.read_text())
        shutil.rmtree(order.place / order.version, ignore_errors=True)
        _unpack(order, archive, sha256 or noted["sha256"])
        tools.do(["pyodide", "xbuildenv", "install", "--path", str(order.place), order.version])
        install = ["pyodide", "xbuildenv", "install-emscripten", "--force", "--version", noted["emscripten"]]
        tools.do([*install, "--path", str(order.place)])
        _require_files(order)
        order.complete.write_text(order.python)


@contextmanager
def _alone(order: Order) -> Iterator[bool]:
    """Yield whether the directory is complete, while holding its lock."""
    order.place.mkdir(parents=True, exist_ok=True)
    with open(order.place / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield order.complete.exists() and order.complete.read_text() == order.python


def choose(order: Order, releases: list[XbuildRelease]) -> XbuildRelease:
    """Return the release of the requested version. Raise SystemExit if it is unknown or incompatible."""
    fitting = ", ".join(one.version for one in releases if one.compatible and _minor(one.python) == order.python)
    found = next((one for one in releases if one.version == order.version), None)
    advice = f"Set pyodide-version to a compatible version ({fitting or 'this pyodide-build supports none'})"
    if found is None:
        raise SystemExit(
            f"pyodide-build does not support Pyodide {order.version}. {advice}, or change dependency-versions."
        )
    if _minor(found.python) != order.python:
        raise SystemExit(
            f"Pyodide {order.version} is for Python {_minor(found.python)}, not for {order.python}. {advice}."
        )
    if not found.compatible:
        raise SystemExit(
            f"Pyodide {order.version} needs another version of pyodide-build than the installed one. {advice}, "
            "or pin another pyodide-build with dependency-versions."
        )
    return found


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _releases(tools: Tools) -> Iterator[XbuildRelease]:
    answer: object = json.loads(tools.ask(["pyodide", "xbuildenv", "search", "--json", "--all"]))
    rows = answer.get("environments") if isinstance(answer, dict) else None
    for row in rows if isinstance(rows, list) else ():
        yield XbuildRelease(
            version=str(row["version"]),
            python=str(row["python"]),
            emscripten=str(row["emscripten"]),
            compatible=bool(row["compatible"]),
        )


def _unpack(order: Order, archive: Path, sha256: str) -> None:
    """Unpack the archive where pyodide-build would, which uses existing files."""
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if sha256 and found != sha256:
        raise SystemExit(
            f"{archive} does not have the expected hash: its SHA-256 is {found}, not {sha256}. Check the mirror "
            "that it comes from, then clear the cache with `cibw --clean-cache`."
        )
    target = order.place / order.version
    target.mkdir()
    unpack_into(target, archive)


def _require_files(order: Order) -> None:
    base = order.place / order.version
    for wanted in (base / "xbuildenv" / "pyodide-root", base / "emsdk" / "upstream" / "emscripten"):
        if not wanted.is_dir():
            raise SystemExit(
                f"pyodide-build did not create {wanted}. Use a newer pyodide-build: see dependency-versions."
            )


def _argv(command: list[str]) -> list[str]:
    """Return the program beside this Python, regardless of PATH."""
    return [str(Path(sys.executable).parent / command[0]), *command[1:]]


def _environment() -> dict[str, str]:
    # It would be mistaken for an existing environment.
    return {name: value for name, value in os.environ.items() if name != "PYODIDE_ROOT"}


def _ask(command: list[str]) -> str:
    done = subprocess.run(_argv(command), env=_environment(), stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def _do(command: list[str]) -> None:
    sys.stdout.flush()
    subprocess.run(_argv(command), env=_environment(), check=True)


def main(action: str, place: str, version: str, python: str, *proved: str) -> None:
    """Run the action. Exit with one line if a program or the network fails."""
    tools = Tools(ask=_ask, do=_do, is_offline=bool(os.environ.get("UV_OFFLINE")))
    order = Order(Path(place), version, python)
    try:
        if action == "choose":
            judge(order, tools)
        else:
            archive, sha256 = proved
            lay(order, Path(archive), sha256, tools)
    except subprocess.CalledProcessError as error:
        sys.exit(f"{Path(error.cmd[0]).name} {' '.join(error.cmd[1:3])} failed with exit code {error.returncode}.")
    except (OSError, ArchiveError) as error:
        sys.exit(f"The cross-build environment of Pyodide {version} could not be installed: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
