"""A manylinux image for aarch64: Debian's own packages, unpacked without running any of them."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.images import debian
from tests.images.commands import run, timed
from tests.images.crosspip import CrossInterpreter, install_tools
from tests.images.rootfs import add_certificates, link

PYTHON = "python3.11"
PREFIX = "/opt/python/cp311-cp311"
PACKAGES = (
    "base-files,base-passwd,bash,dash,coreutils,findutils,grep,sed,tar,gzip,xz-utils,diffutils,"
    "mawk,util-linux,ca-certificates,libc-bin,gcc,g++,libc6-dev,make,git,pkg-config,zlib1g-dev,"
    f"{PYTHON}-dev,{PYTHON}-venv"
).split(",")

# What the packages' own scripts would have linked.
LINKS = {
    "/usr/bin/cc": "gcc",
    "/usr/bin/c++": "g++",
    "/usr/bin/awk": "mawk",
    "/usr/bin/which": "which.debianutils",
    "/usr/bin/python3": PYTHON,
    f"{PREFIX}/bin/python": f"/usr/bin/{PYTHON}",
    f"{PREFIX}/bin/python3": f"/usr/bin/{PYTHON}",
    f"{PREFIX}/bin/{PYTHON}": f"/usr/bin/{PYTHON}",
    f"{PREFIX}/bin/pip": "/usr/local/bin/pip3.11",
}


def make_root(root: Path, work: Path) -> None:
    """Fill root with a system that builds and repairs wheels for aarch64."""
    with timed("Debian packages"):
        debian.bootstrap(root, PACKAGES, arch="arm64", variant="extract")
    for path, target in LINKS.items():
        link(root, path, target)
    for name in ("passwd", "group"):
        shutil.copyfile(root / f"usr/share/base-passwd/{name}.master", root / f"etc/{name}")
    # A container is nobody's system: pip may write to it.
    (root / f"usr/lib/{PYTHON}/EXTERNALLY-MANAGED").unlink(missing_ok=True)
    add_certificates(root)
    with timed("Python packages"):
        install_tools(root, _interpreter(), work)
    run(["chroot", root, "/sbin/ldconfig"])


def _interpreter() -> CrossInterpreter:
    _, minor = debian.glibc()
    return CrossInterpreter(
        python=f"{PREFIX}/bin/python",
        packages=f"/usr/local/lib/{PYTHON}/dist-packages",
        scripts="/usr/local/bin",
        platforms=[
            *(f"manylinux_2_{number}_aarch64" for number in range(minor, 16, -1)),
            "manylinux2014_aarch64",
        ],
    )
