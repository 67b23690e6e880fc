"""What a build for Pyodide fetches from places other than package indexes: laid out of the runtime that npm has.

The runtime, pyodide-build, Node.js and the Python that builds are real. Emscripten is a stand-in, and the rest of the
cross-build environment has just what pyodide-build reads of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cibw.catalog import load_catalog
from tests.builds import CACHE
from tests.installing import pythons
from tests.served import served

PYODIDE, PYTHON, EMSCRIPTEN, TAG = "0.29.4", "3.13", "4.0.9", "cp313"
MICROPIP = "0.7.2"
_PARTS = Path(__file__).parent / "pyodide"
_RUNTIME = ("pyodide.asm.js", "pyodide.asm.wasm", "pyodide.mjs", "python_stdlib.zip", "package.json")
_VARIABLES = (
    "import importlib, sysconfig\n"
    "print('build_time_vars =', importlib.import_module(sysconfig._get_sysconfigdata_name()).build_time_vars)"
)


def fault() -> str:
    """What lacks here for such builds; empty where all is there."""
    missing = [name for name in ("node", "npm", "git", "make") if not shutil.which(name)]
    if missing:
        return f"there is no {', '.join(missing)}"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.sub(r"\D.*", "", version.strip()[1:])) < 18:
        return f"Node.js {version.strip()} is too old"
    return "" if TAG in pythons() else f"there is no Python {PYTHON}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossBuild:
    """The settings for cibw that lead pyodide-build to the stand-ins, and the list of releases that it reads."""

    settings: Mapping[str, str]
    releases: Path


@contextmanager
def cross_build(directory: Path) -> Iterator[CrossBuild]:
    """Lay a repository of Emscripten and a cache with host programs, and serve the archive of an environment."""
    archive = directory / "mirror" / PYODIDE / f"xbuildenv-{PYODIDE}.tar.bz2"
    _lay_archive(archive, directory)
    releases = directory / "releases.json"
    write_releases(releases, hashlib.sha256(archive.read_bytes()).hexdigest())
    with served(directory / "mirror") as mirror:
        yield CrossBuild(settings=_settings(directory, releases, mirror), releases=releases)


def _lay_archive(archive: Path, directory: Path) -> None:
    root = directory / "xbuildenv" / "pyodide-root"
    _lay_runtime(root / "dist", _npm_runtime())
    shutil.copy(_PARTS / "Makefile.envs", root)
    (directory / "xbuildenv" / "requirements.txt").touch()
    (root / "emsdk" / "patches").mkdir(parents=True)
    settings = root / "cpython" / "installs" / "python-3.13.2" / "sysconfigdata"
    settings.mkdir(parents=True)
    told = _run(str(root / "dist" / "python"), "-c", _VARIABLES)
    (settings / "_sysconfigdata__emscripten_wasm32-emscripten.py").write_text(told)
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:bz2", compresslevel=1) as session:
        session.add(directory / "xbuildenv", "xbuildenv")


def write_releases(releases: Path, digest: str) -> None:
    """Write the list of releases, which holds one; nobody asks for its address."""
    release = {
        "version": PYODIDE,
        "url": "https://archive.invalid/xbuildenv.tar.bz2",
        "sha256": digest,
        "python_version": f"{PYTHON}.2",
        "emscripten_version": EMSCRIPTEN,
        "min_pyodide_build_version": "0.26.0",
    }
    releases.write_text(json.dumps({"releases": {PYODIDE: release}}))


def _settings(directory: Path, releases: Path, mirror: str) -> dict[str, str]:
    emsdk = _emsdk_repository(directory / "emsdk")
    return {
        "CIBW_CACHE_PATH": str(_cache(directory / "cache")),
        "CIBW_MIRRORS": f"https://github.com/pyodide/pyodide/releases/download/={mirror}/",
        "CIBW_PYODIDE_VERSION": PYODIDE,
        "PYODIDE_CROSS_BUILD_ENV_METADATA_URL": str(releases),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{emsdk.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/emscripten-core/emsdk.git",
    }


def _npm_runtime() -> Path:
    """The runtime as npm has it, fetched once."""
    place = CACHE / f"pyodide-{PYODIDE}"
    found = place / "node_modules" / "pyodide"
    if not (found / "pyodide.mjs").exists():
        place.mkdir(parents=True, exist_ok=True)
        _run("npm", "install", "--no-audit", "--no-fund", "--prefix", str(place), f"pyodide@{PYODIDE}")
    return found


def _lay_runtime(dist: Path, runtime: Path) -> None:
    dist.mkdir(parents=True)
    for name in _RUNTIME:
        shutil.copy(runtime / name, dist)
    for name in ("python", "start.mjs"):
        shutil.copy(_PARTS / name, dist)
    # A test environment loads micropip, whose address the list of packages tells; there it is beside the list.
    micropip = CACHE / f"micropip-{MICROPIP}-py3-none-any.whl"
    if not micropip.exists():
        pip = (sys.executable, "-m", "uv", "tool", "run", "pip")
        _run(*pip, "download", "--no-deps", f"--dest={CACHE}", f"micropip=={MICROPIP}")
    shutil.copy(micropip, dist)
    lock = json.loads((runtime / "pyodide-lock.json").read_text())
    row = {**lock["packages"]["micropip"], "version": MICROPIP, "file_name": micropip.name, "depends": []}
    row["sha256"] = hashlib.sha256(micropip.read_bytes()).hexdigest()
    (dist / "pyodide-lock.json").write_text(json.dumps({**lock, "packages": {"micropip": row}}))


def _emsdk_repository(place: Path) -> Path:
    place.mkdir()
    for name in ("emsdk", "emcc"):
        shutil.copy(_PARTS / name, place)
    _run("git", "-C", str(place), "init", "--quiet")
    _run("git", "-C", str(place), "add", "--all")
    author = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.org")
    _run("git", "-C", str(place), *author, "commit", "--quiet", "--message=stand-in")
    return place


def _cache(place: Path) -> Path:
    """A cache that has the Python and the Node.js of this computer where a plan fetches them to."""
    catalog = load_catalog()
    processor = os.uname().machine
    python = catalog.standalone(PYTHON, f"{processor}-unknown-linux-gnu")
    assert python is not None
    name = python.address.rpartition("/")[2].removesuffix(".tar.gz").replace("%2B", "+")
    interpreters = place / "interpreters"
    (interpreters / name / "bin").mkdir(parents=True)
    (interpreters / name / "bin" / "python3").symlink_to(pythons()[TAG])
    archive = catalog.node("v22", f"linux-{'arm64' if processor == 'aarch64' else 'x64'}")
    node = archive.address.rpartition("/")[2].removesuffix(".tar.xz")
    (interpreters / node / "bin").mkdir(parents=True)
    (interpreters / node / "bin" / "node").symlink_to(str(shutil.which("node")))
    return place


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout
