"""What the host's Debian gives: its suite, its mirror, and root file systems made from it."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.images.commands import ImageError, need, run

APT = Path("/etc/apt")
MERGED_USR = "/usr/share/mmdebstrap/hooks/merged-usr"


def suite() -> str:
    """Return the code name of the host's release, like bookworm."""
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "")


def glibc() -> tuple[int, int]:
    """Return the version of the host's glibc, which its interpreters need in the image too."""
    major, minor = platform.libc_ver()[1].split(".")[:2]
    return int(major), int(minor)


def mirror() -> str:
    """Return the URL of the Debian mirror that the host's own apt uses for its release."""
    wanted = suite()
    for uri, suites in _sources():
        if wanted in suites:
            return uri
    raise ImageError(f"no apt source for {wanted!r} in {APT}: a Debian host is needed")


def _sources() -> Iterator[tuple[str, list[str]]]:
    for file in sorted([APT / "sources.list", *(APT / "sources.list.d").glob("*.list")]):
        lines = file.read_text().splitlines() if file.exists() else []
        for line in lines:
            if found := re.match(r"deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)", line):
                yield found[1], [found[2]]
    for file in sorted((APT / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", file.read_text()):
            fields = dict(re.findall(r"^(\w+):[ \t]*(.*)$", stanza, re.MULTILINE))
            if "deb" in fields.get("Types", "").split():
                yield fields.get("URIs", "").split()[0], fields.get("Suites", "").split()


def bootstrap(root: Path, packages: Sequence[str], *, arch: str, variant: str) -> None:
    """Fill root with Debian packages; the variant `extract` runs nothing of the target."""
    need({"mmdebstrap": "mmdebstrap"})
    run(
        [
            "mmdebstrap",
            "--mode=root",
            "--quiet",
            f"--architectures={arch}",
            f"--variant={variant}",
            f"--include={','.join(packages)}",
            # Only the packages' own scripts would merge /bin and /lib with /usr.
            *([f"--hook-dir={MERGED_USR}"] if variant == "extract" else []),
            '--dpkgopt=path-exclude="/usr/share/man/*"',
            '--dpkgopt=path-exclude="/usr/share/doc/*"',
            '--dpkgopt=path-exclude="/usr/share/locale/*"',
            suite(),
            root,
            mirror(),
        ]
    )
