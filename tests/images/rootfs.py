"""What every image has in common: certificates, pip's settings, and the packing of a root."""

from __future__ import annotations

import os
import shutil
import ssl
from pathlib import Path

from tests.images.commands import ImageError, run

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
EXCLUDED = ("./proc", "./sys", "./dev", "./var/cache/apt", "./var/lib/apt/lists", "./var/log")


def add_certificates(root: Path) -> None:
    """Copy the host's certificates into root, and tell pip there to use them."""
    found = ssl.get_default_verify_paths().cafile
    places = [os.environ.get("SSL_CERT_FILE"), found, BUNDLE]
    source = next((place for place in places if place and Path(place).is_file()), None)
    if source is None:
        raise ImageError("no certificates on this machine; run: apt-get install ca-certificates")
    target = root / BUNDLE.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    (root / "etc/pip.conf").write_text(f"[global]\ncert = {BUNDLE}\n")


def environment(plat: str, arch: str, policy: str) -> dict[str, str]:
    """Return the environment that a container of the image starts with."""
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "SSL_CERT_FILE": BUNDLE,
        "AUDITWHEEL_PLAT": plat,
        "AUDITWHEEL_ARCH": arch,
        "AUDITWHEEL_POLICY": policy,
    }


def link(root: Path, path: str, target: str) -> None:
    """Make path below root a symbolic link to target, a path as the container sees it."""
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(target)


def pack(root: Path, tar: Path) -> None:
    """Write root as a tar file that appears under its name only when it is whole."""
    for folder in ("proc", "sys", "dev", "tmp", "var/cache/apt", "var/lib/apt/lists", "var/log"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    unfinished = tar.with_suffix(".part")
    excluded = [f"--exclude={folder}/*" for folder in EXCLUDED]
    options = ["--numeric-owner", "--anchored", "--one-file-system"]
    run(["tar", "-C", root, *options, *excluded, "-cf", unfinished, "."])
    unfinished.replace(tar)
