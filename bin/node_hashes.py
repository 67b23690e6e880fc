"""The hashes of the Node.js that tests wheels for Pyodide; cibuildwheel names none."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cibw.catalog import NODE_SYSTEMS, node_archive  # noqa: E402 - found through the line above
from cibw.errors import DownloadError  # noqa: E402
from cibw.execution.fetch.download import DownloadSettings, fetch  # noqa: E402
from cibw.model.machines import Download  # noqa: E402

SUMS = "SHASUMS256.txt"
"""What each release lists its files in, each with its SHA-256."""
_LINE = re.compile(r"([0-9a-f]{64})\s+(\S+)")


@dataclass(slots=True)
class NodeHasher:
    """Tells the hashes of archives by their addresses: those that are known, else those that the release lists.

    `known` has them by the names of the archives; `faults` are what it could not get.
    """

    known: Mapping[str, str]
    fetching: DownloadSettings | None = None
    faults: list[str] = field(default_factory=list)

    def lines(self, beginnings: Iterable[str]) -> Iterator[str]:
        """A table of hashes, as lines of TOML, for releases by the beginning of their archives' addresses."""
        for beginning in beginnings:
            directory = beginning.rpartition("/")[0]
            names = [node_archive(beginning, system).rpartition("/")[2] for system in NODE_SYSTEMS]
            hashes = self.known
            if self.fetching is not None and not all(name in hashes for name in names):
                hashes = {**self._listed(f"{directory}/{SUMS}", names, self.fetching), **hashes}
            yield from (f"{json.dumps(name)} = {json.dumps(hashes[name])}" for name in names if name in hashes)

    def _listed(self, address: str, names: Iterable[str], fetching: DownloadSettings) -> Mapping[str, str]:
        try:
            text = fetch(Download(address=address), fetching).read_text(encoding="utf-8")
        except DownloadError as error:
            self.faults.append(f"{address}: {error.message}")
            return {}
        found = {name: digest for digest, name in _LINE.findall(text)}
        self.faults += [f"{name}, which {address} does not list" for name in names if name not in found]
        return found
