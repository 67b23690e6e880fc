"""Debian packages and sources fetched by the host's apt, without touching its settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.images import debian
from tests.images.commands import need, run

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Archive:
    """A private view of the mirror: binaries of one suite, sources of another."""

    def __init__(self, folder: Path, *, binaries: str, sources: str) -> None:
        """Read the package lists of both suites into folder."""
        need({"apt-get": "apt", "dpkg-deb": "dpkg"})
        self._folder = folder
        listing = folder / "sources.list"
        for place in ("lists/partial", "cache/archives/partial"):
            (folder / place).mkdir(parents=True)
        uri = f"[signed-by={KEYRING}] {debian.mirror()}"
        listing.write_text(f"deb {uri} {binaries} main\ndeb-src {uri} {sources} main\n")
        settings = {
            "Dir::Etc::sourcelist": listing,
            "Dir::Etc::sourceparts": "-",
            "Dir::State::lists": folder / "lists",
            "Dir::Cache": folder / "cache",
            "APT::Sandbox::User": "root",
        }
        self._apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in settings.items())]
        run([*self._apt, "update"])

    def unpack_packages(self, root: Path, names: Sequence[str]) -> None:
        """Unpack the files of binary packages into root; none of their scripts run."""
        run([*self._apt, "download", *names], cwd=self._folder)
        for package in self._folder.glob("*.deb"):
            run(["dpkg-deb", "-x", package, root])
            package.unlink()

    def fetch_sources(self, names: Sequence[str]) -> dict[str, Path]:
        """Unpack the upstream part of source packages, and return the folder of each."""
        run([*self._apt, "source", "--download-only", *names], cwd=self._folder)
        return {name: self._unpack_source(name) for name in names}

    def _unpack_source(self, name: str) -> Path:
        tarball = next(path for path in self._folder.glob(f"{name}_*.orig.tar.*") if path.suffix != ".asc")
        target = self._folder / name
        target.mkdir()
        run(["tar", "-C", target, "-xf", tarball])
        (only,) = target.iterdir()
        return only
