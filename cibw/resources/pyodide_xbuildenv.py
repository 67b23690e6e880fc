"""Has a cross-build environment of Pyodide, with its Emscripten, in a directory that is kept between runs.

Called as `pyodide_xbuildenv.py PLACE VERSION PYTHON [SHA256]`, by a Python from 3.12 on that has pyodide-build.
PYTHON is the one that wheels are for, such as `3.13`; without SHA256 the archive must be what the list of
releases says. The directory counts as complete when all is in it, and is made anew before. No network is asked then.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_ARCHIVE = """
import json, sys
from pyodide_build.xbuildenv_releases import cross_build_env_metadata_url, load_cross_build_env_metadata
release = load_cross_build_env_metadata(cross_build_env_metadata_url()).get_release(sys.argv[1])
print(json.dumps({"url": release.url, "sha256": release.sha256 or ""}))
"""
"""The command line of pyodide-build tells all of a release but where its archive is and what proves it."""


@dataclass(frozen=True)
class Order:
    """What is wanted, and where."""

    place: Path
    version: str
    python: str
    sha256: str = ""


@dataclass(frozen=True)
class Release:
    """A release of Pyodide, as pyodide-build lists it."""

    version: str
    python: str
    emscripten: str
    compatible: bool


@dataclass(frozen=True)
class Tools:
    """How to ask a program for its output, how to run one, and how to get a file from an address.

    With `is_offline` none of them may be used.
    """

    ask: Callable[[list[str]], str]
    do: Callable[[list[str]], object]
    download: Callable[[str], bytes]
    is_offline: bool = False


def have(order: Order, tools: Tools) -> None:
    """Lay the environment, unless it is there; SystemExit says what does not fit."""
    complete = order.place / ".complete"
    order.place.mkdir(parents=True, exist_ok=True)
    with open(order.place / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if complete.exists() and complete.read_text() == order.python:
            return
        if tools.is_offline:
            raise SystemExit(
                f"The cross-build environment of Pyodide {order.version} is not in {order.place}, and the network is "
                "not to be used. Run once with it."
            )
        release = choose(order, list(_releases(tools)))
        shutil.rmtree(order.place / order.version, ignore_errors=True)
        _unpack(order, tools)
        tools.do(["pyodide", "xbuildenv", "install", "--path", str(order.place), order.version])
        install = ["pyodide", "xbuildenv", "install-emscripten", "--force", "--version", release.emscripten]
        tools.do([*install, "--path", str(order.place)])
        _require_files(order)
        complete.write_text(order.python)


def choose(order: Order, releases: list[Release]) -> Release:
    """The release of the wanted version; SystemExit where it is unknown, or for another Python or pyodide-build."""
    fitting = ", ".join(one.version for one in releases if one.compatible and _minor(one.python) == order.python)
    found = next((one for one in releases if one.version == order.version), None)
    advice = f"Set pyodide-version to one that fits ({fitting or 'this pyodide-build knows none'})"
    if found is None:
        raise SystemExit(f"pyodide-build knows no Pyodide {order.version}. {advice}, or dependency-versions.")
    if _minor(found.python) != order.python:
        raise SystemExit(
            f"Pyodide {order.version} is for Python {_minor(found.python)}, not for {order.python}. {advice}."
        )
    if not found.compatible:
        raise SystemExit(
            f"Pyodide {order.version} needs another pyodide-build than the one that is installed. {advice}, "
            "or pin another pyodide-build by dependency-versions."
        )
    return found


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _releases(tools: Tools) -> Iterator[Release]:
    answer: object = json.loads(tools.ask(["pyodide", "xbuildenv", "search", "--json", "--all"]))
    rows = answer.get("environments") if isinstance(answer, dict) else None
    for row in rows if isinstance(rows, list) else ():
        yield Release(
            version=str(row["version"]),
            python=str(row["python"]),
            emscripten=str(row["emscripten"]),
            compatible=bool(row["compatible"]),
        )


def _unpack(order: Order, tools: Tools) -> None:
    """Lay the archive where pyodide-build would, which takes it as it finds it; it would not prove it."""
    row: object = json.loads(tools.ask(["python", "-c", _ARCHIVE, order.version]))
    archive = row if isinstance(row, dict) else {}
    content = tools.download(str(archive["url"]))
    wanted, found = order.sha256 or str(archive["sha256"]), hashlib.sha256(content).hexdigest()
    if wanted and found != wanted:
        raise SystemExit(f"{archive['url']} is not what it was: its SHA-256 is {found}, not {wanted}.")
    with tarfile.open(fileobj=io.BytesIO(content)) as opened:
        opened.extractall(order.place / order.version, filter="tar")


def _require_files(order: Order) -> None:
    base = order.place / order.version
    for wanted in (base / "xbuildenv" / "pyodide-root", base / "emsdk" / "upstream" / "emscripten"):
        if not wanted.is_dir():
            raise SystemExit(f"pyodide-build has made no {wanted}. Use a newer one: see dependency-versions.")


def _argv(command: list[str]) -> list[str]:
    """The program beside this Python, whatever PATH says."""
    return [str(Path(sys.executable).parent / command[0]), *command[1:]]


def _environment() -> dict[str, str]:
    # It would be taken for an environment that is there already.
    return {name: value for name, value in os.environ.items() if name != "PYODIDE_ROOT"}


def _ask(command: list[str]) -> str:
    done = subprocess.run(_argv(command), env=_environment(), stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def _do(command: list[str]) -> None:
    sys.stdout.flush()
    subprocess.run(_argv(command), env=_environment(), check=True)


def _download(address: str) -> bytes:
    print(f"Fetching {address}")
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310  # of the list of releases, and proved
        content: bytes = answer.read()
    return content


def main(place: str, version: str, python: str, sha256: str = "") -> None:
    """Do it, and end with one line where a program or the network fails."""
    tools = Tools(ask=_ask, do=_do, download=_download, is_offline=bool(os.environ.get("UV_OFFLINE")))
    try:
        have(Order(Path(place), version, python, sha256), tools)
    except subprocess.CalledProcessError as error:
        sys.exit(f"{Path(error.cmd[0]).name} {' '.join(error.cmd[1:3])} failed with exit code {error.returncode}.")
    except (OSError, tarfile.TarError) as error:
        sys.exit(f"The cross-build environment of Pyodide {version} can't be had: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
