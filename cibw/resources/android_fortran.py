"""A Fortran compiler for Android, which is fetched when it is first asked for.

android_fortran.py DIRECTORY ARGUMENT...

DIRECTORY keeps the compiler: the flang of Termux, which is made for the NDK r27 and lacks the NDK's own files, so that
these are copied from the NDK that CC belongs to. Its programs are for Linux on x86_64; on a Mac Docker runs them.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RELEASE = "https://github.com/termux/ndk-toolchain-clang-with-flang/releases/download/r27c"
"""The Pythons for Android all use the NDK r27."""
_ARCHIVES = ("flang-aarch64", "flang-x86_64", "flang-host", "install")
_TRIPLETS = ("aarch64-linux-android", "x86_64-linux-android")
_IMAGE = "debian:trixie-slim"


def bring(directory: Path, ndk: Path, release: str) -> None:
    """Make the compiler's directory, once, whichever builds wait for it."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with _alone(directory.with_name(f"{directory.name}.lock")):
        if directory.exists():
            return
        partial = directory.with_name(f"{directory.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        for name in _ARCHIVES:
            _unpack(f"{release}/package-{name}.tar.bz2", partial)
        assemble(partial, ndk).rename(directory)
        shutil.rmtree(partial)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _unpack(address: str, directory: Path) -> None:
    print(f"fetch {address}", file=sys.stderr, flush=True)
    with urllib.request.build_opener().open(address) as answer, tarfile.open(fileobj=answer, mode="r|bz2") as archive:
        archive.extractall(directory, filter="tar")


def assemble(unpacked: Path, ndk: Path) -> Path:
    """Join the archives and what they lack of the NDK; gives the directory of the whole."""
    whole = unpacked / "out" / "install" / "linux-x86" / "clang-dev"
    version, of_ndk = clang_version(whole), clang_version(ndk)
    if version != of_ndk:
        sys.exit(f"The Fortran compiler is made for clang {version}, and the NDK has clang {of_ndk}.")
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
    """The version of clang, by the name of its directory."""
    names = sorted(path.name for path in toolchain.glob("lib/clang/*"))
    if len(names) != 1:
        sys.exit(f"{toolchain} holds {len(names)} versions of clang, and should hold one.")
    return names[0]


def command(directory: Path, compiler: str, arguments: tuple[str, ...], system: str) -> list[str]:
    """What compiles for the target of the C compiler, whose name begins with it."""
    target = re.fullmatch(r".*/(.+)-clang", compiler)
    if target is None:
        sys.exit(f"CC is {compiler}, and no compiler of an NDK; Fortran can't tell which target it is for.")
    flang = [f"{directory}/bin/flang-new", f"--target={target[1]}", *arguments]
    if system != "darwin":
        return flang
    # Docker on a Mac sees these directories, in which compiler, project and temporary files lie.
    places = dict.fromkeys([str(Path.home()), tempfile.gettempdir(), str(Path(tempfile.gettempdir()).resolve())])
    mounts = [word for place in places for word in ("-v", f"{place}:{place}")]
    start = ["docker", "run", "--rm", "--platform", "linux/amd64", *mounts, "--workdir", os.getcwd()]
    return [*start, "--entrypoint", flang[0], _IMAGE, *flang[1:]]


def main(directory: str, *arguments: str) -> None:
    """Run the compiler, and end as it does."""
    compiler = os.environ.get("CC", "")
    words = command(Path(directory), compiler, arguments, sys.platform)
    if not Path(directory).exists():
        bring(Path(directory), Path(compiler).parent.parent, RELEASE)
    sys.exit(subprocess.run(words, check=False).returncode)


if __name__ == "__main__":
    main(*sys.argv[1:])
