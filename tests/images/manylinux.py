"""A manylinux image: the host's Debian release, its gcc, and the host's interpreters."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.images import debian
from tests.images.commands import run, timed
from tests.images.interpreters import add_interpreters, find_interpreters
from tests.images.rootfs import add_certificates

PACKAGES = (
    "ca-certificates,gcc,g++,libc6-dev,make,git,pkg-config,xz-utils,libffi8,libssl3,zlib1g,"
    "zlib1g-dev,libbz2-1.0,liblzma5,libsqlite3-0,libreadline8,libncursesw6,libexpat1,libuuid1,"
    "libgdbm6"
).split(",")


def make_root(root: Path, work: Path) -> None:
    """Fill root with a system that builds and repairs wheels for the glibc of the host."""
    find_interpreters()
    added = work / "added"
    added.mkdir()
    with ThreadPoolExecutor() as pool:
        system = pool.submit(_bootstrap, root)
        with timed("interpreters"):
            add_interpreters(added)
        system.result()
    run(["cp", "-a", "--link", *added.iterdir(), root])
    add_certificates(root)


def _bootstrap(root: Path) -> None:
    with timed("Debian packages"):
        debian.bootstrap(root, PACKAGES, arch="amd64", variant="minbase")
