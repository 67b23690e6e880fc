"""A Fortran compiler for Android, which is downloaded on first use.

android_fortran.py DIRECTORY RELEASE ARGUMENT...

DIRECTORY contains the compiler, RELEASE is the address of its archives: Termux's flang for the NDK r27, which all
Pythons for Android use. It lacks the NDK's own files, so these are copied from the NDK that CC belongs to. Its programs
are for Linux on x86_64; on a Mac they run in Docker.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# This script runs in the Python of the build environment, where cibw may not be installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from cibw.model.http import retry
from cibw.untrusted.limits import ArchiveError
from cibw.untrusted.unpacking import unpack_into

_ARCHIVES = ("flang-aarch64", "flang-x86_64", "flang-host", "install")
_TRIPLETS = ("aarch64-linux-android", "x86_64-linux-android")
_IMAGE = "debian:trixie-slim"
_WAITS = (3.0, 6.0, 12.0)
"""Seconds between attempts, because an archive is large."""
_PATIENCE = 60.0
"""Seconds that a server may be silent."""


def bring(directory: Path, ndk: Path, release: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """Install the compiler into its directory, once for all builds that wait for it."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with _alone(directory.with_name(f"{directory.name}.lock")):
        if directory.exists():
            return
        partial = directory.with_name(f"{directory.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        for name in _ARCHIVES:
            _unpack_patiently(f"{release}/package-{name}.tar.bz2", partial, sleep)
        assemble(partial, ndk).rename(directory)
        shutil.rmtree(partial)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _unpack_patiently(address: str, directory: Path, sleep: Callable[[float], None]) -> None:
    def wait(fault: Exception, seconds: float) -> None:
        if _is_final(fault):
            raise fault
        print(f"{address}: {fault}; retrying in {seconds:.0f} s", file=sys.stderr, flush=True)
        sleep(seconds)

    try:
        retry(lambda: _unpack(address, directory), (OSError, ArchiveError), _WAITS, wait)
    except (OSError, ArchiveError) as fault:
        sys.exit(
            f"Could not download the Fortran compiler for Android from {address}: {fault}. Check the network "
            "connection, or set a mirror in [tool.cibw.mirrors]."
        )


def _is_final(fault: Exception) -> bool:
    return isinstance(fault, urllib.error.HTTPError) and 400 <= fault.code < 500


def _unpack(address: str, directory: Path) -> None:
    print(f"fetch {address}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=directory) as name:
        archive, unpacked = Path(name, "archive"), Path(name, "unpacked")
        with urllib.request.build_opener().open(address, timeout=_PATIENCE) as answer, archive.open("wb") as file:
            shutil.copyfileobj(answer, file)
        unpacked.mkdir()
        unpack_into(unpacked, archive)
        # The archives have no directory in common, so a name that already exists is an error.
        for entry in unpacked.iterdir():
            entry.rename(directory / entry.name)


def assemble(unpacked: Path, ndk: Path) -> Path:
    """Combine the archives with the missing files from the NDK, and return the directory."""
    whole = unpacked / "out" / "install" / "linux-x86" / "clang-dev"
    version, of_ndk = clang_version(whole), clang_version(ndk)
    if version != of_ndk:
        sys.exit(f"The Fortran compiler is built for clang {version}, but the NDK has clang {of_ndk}.")
    libraries = Path("lib", "clang", version, "lib")
    shutil.rmtree(whole / libraries, ignore_errors=True)
    parts = [(unpacked / "build-host-install", Path())]
    for triplet in _TRIPLETS:
        processor = triplet.partition("-")[0]
        parts.append((unpacked / f"build-{processor}-install", Path("sysroot", "usr", "lib", triplet)))
    parts += [(ndk / libraries, libraries), (ndk / "sysroot", Path("sysroot"))]
    for source, place in parts:
        shutil.copytree(source, whole / place, symlinks=True, dirs_exist_ok=True)
    return whole


def clang_version(toolchain: Path) -> str:
    """Return the version of clang from the name of its directory."""
    names = sorted(path.name for path in toolchain.glob("lib/clang/*"))
    if len(names) != 1:
        sys.exit(f"{toolchain} contains {len(names)} versions of clang, but should contain one.")
    return names[0]


def command(directory: Path, compiler: str, arguments: tuple[str, ...], system: str) -> list[str]:
    """Return the command that compiles for the target of the C compiler, whose name begins with it."""
    target = re.fullmatch(r".*/(.+)-clang", compiler)
    if target is None:
        sys.exit(f"CC is {compiler}, which is not an NDK compiler, so the target for Fortran is unknown.")
    flang = [f"{directory}/bin/flang-new", f"--target={target[1]}", *arguments]
    if system != "darwin":
        return flang
    # Docker on a Mac sees these directories, which contain the compiler, project and temporary files.
    places = dict.fromkeys([str(Path.home()), tempfile.gettempdir(), str(Path(tempfile.gettempdir()).resolve())])
    mounts = [word for place in places for word in ("-v", f"{place}:{place}")]
    start = ["docker", "run", "--rm", "--platform", "linux/amd64", *mounts, "--workdir", os.getcwd()]
    return [*start, "--entrypoint", flang[0], _IMAGE, *flang[1:]]


def main(directory: str, release: str, *arguments: str) -> None:
    """Run the compiler and exit with its exit code."""
    compiler = os.environ.get("CC", "")
    words = command(Path(directory), compiler, arguments, sys.platform)
    if not Path(directory).exists():
        if os.environ.get("UV_OFFLINE"):
            sys.exit(
                f"The Fortran compiler for Android is not in {directory}, and network access is disabled. Run "
                "once with network access."
            )
        bring(Path(directory), Path(compiler).parent.parent, release)
    sys.exit(subprocess.run(words, check=False).returncode)


if __name__ == "__main__":
    main(*sys.argv[1:])
