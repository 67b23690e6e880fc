"""The hashes that prove the archives of Node.js."""

from __future__ import annotations

from pathlib import Path

from node_hashes import NodeHasher

from cibw.catalog import NODE_SYSTEMS, Catalog
from cibw.execution.fetch.download import DownloadSettings
from tests.doubles.fetch import RecordingTransport, Scripted

BEGINNING = "https://node.example/dist/v22.1.0/node-v22.1.0"
NAMES = [f"node-v22.1.0-{system}.tar.xz" for system in NODE_SYSTEMS]
HASHES = dict(zip(NAMES, ("ab" * 32, "cd" * 32, "ef" * 32, "01" * 32), strict=True))
SUMS = "".join(f"{digest}  {name}\n" for name, digest in HASHES.items()) + f"{'9' * 64}  node-v22.1.0.pkg\n"
LINES = [f'"{name}" = "{digest}"' for name, digest in HASHES.items()]


def fetching_in(cache: Path, answer: Scripted) -> tuple[DownloadSettings, RecordingTransport]:
    transport = RecordingTransport((answer,))
    return DownloadSettings(transport=transport, cache=cache, attempts=1), transport


def test_the_list_of_a_release_is_asked_once(tmp_path: Path) -> None:
    fetching, transport = fetching_in(tmp_path, Scripted(pieces=(SUMS.encode(),)))
    hasher = NodeHasher(known={NAMES[0]: "77" * 32}, fetching=fetching)
    assert list(hasher.lines([BEGINNING])) == [f'"{NAMES[0]}" = "{"77" * 32}"', *LINES[1:]]
    assert transport.asked == ["https://node.example/dist/v22.1.0/SHASUMS256.txt"]
    assert not hasher.faults


def test_what_is_known_is_not_asked_for(tmp_path: Path) -> None:
    fetching, transport = fetching_in(tmp_path, Scripted(status=404))
    assert list(NodeHasher(known=HASHES, fetching=fetching).lines([BEGINNING])) == LINES
    assert list(NodeHasher(known=HASHES).lines([BEGINNING])) == LINES
    assert list(NodeHasher(known={}).lines([BEGINNING])) == []
    assert not transport.asked


def test_what_can_not_be_had_is_told(tmp_path: Path) -> None:
    fetching, _ = fetching_in(tmp_path, Scripted(status=404))
    hasher = NodeHasher(known={NAMES[1]: HASHES[NAMES[1]]}, fetching=fetching)
    assert list(hasher.lines([BEGINNING])) == [LINES[1]]
    assert len(hasher.faults) == 1
    assert "the server returned status 404" in hasher.faults[0]


def test_a_list_without_an_archive_is_told(tmp_path: Path) -> None:
    fetching, _ = fetching_in(tmp_path, Scripted(pieces=(SUMS.partition("\n")[0].encode(),)))
    hasher = NodeHasher(known={}, fetching=fetching)
    assert list(hasher.lines([BEGINNING])) == LINES[:1]
    assert [fault.partition(",")[0] for fault in hasher.faults] == NAMES[1:]


def test_the_catalog_tells_a_hash_where_one_is_noted() -> None:
    files = {"node.toml": f'v22 = "{BEGINNING}"', "node-hashes.toml": LINES[0]}
    catalog = Catalog(files.__getitem__)
    noted, other = (catalog.node("v22", system) for system in NODE_SYSTEMS[:2])
    assert (noted.address, noted.sha256) == (f"{BEGINNING}-linux-x64.tar.xz", HASHES[NAMES[0]])
    assert (other.address, other.sha256) == (f"{BEGINNING}-linux-arm64.tar.xz", "")
