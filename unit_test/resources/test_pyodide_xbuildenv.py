from __future__ import annotations

import hashlib
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from cibw.resources.pyodide_xbuildenv import Order, Tools, XbuildRelease, choose, judge, lay

ROWS = [
    {"version": "314.0.7", "python": "3.14.2", "emscripten": "5.0.3", "compatible": False},
    {"version": "0.29.5", "python": "3.13.2", "emscripten": "4.0.9", "compatible": True},
    {"version": "0.29.4", "python": "3.13.2", "emscripten": "4.0.9", "compatible": False},
    {"version": "0.27.8", "python": "3.12.7", "emscripten": "3.1.58", "compatible": False},
]
RELEASES = [
    XbuildRelease(str(row["version"]), str(row["python"]), str(row["emscripten"]), bool(row["compatible"]))
    for row in ROWS
]


def archive_in(directory: Path) -> Path:
    path = directory / "xbuildenv.tar.bz2"
    with tarfile.open(path, mode="w:bz2") as opened:
        opened.addfile(tarfile.TarInfo("xbuildenv/pyodide-root/Makefile.envs"))
    return path


class Fake:
    """Programs that answer for a release, and note what was asked."""

    def __init__(self, *, digest: str = "", lays: str = "emsdk/upstream/emscripten") -> None:
        self.done: list[list[str]] = []
        self.asked: list[list[str]] = []
        self._digest = digest
        self._lays = lays

    @property
    def tools(self) -> Tools:
        return Tools(ask=self.ask, do=self.do)

    def ask(self, command: list[str]) -> str:
        self.asked.append(command)
        if command[0] == "python":
            return f"{self._digest}\n"
        return json.dumps({"environments": ROWS})

    def do(self, command: list[str]) -> None:
        self.done.append(command)
        if "install-emscripten" in command:
            Path(command[-1], "0.29.5", self._lays).mkdir(parents=True)


def order(place: Path) -> Order:
    return Order(place, "0.29.5", "3.13")


def have(place: Path, fake: Fake, sha256: str = "") -> None:
    judge(order(place), fake.tools)
    lay(order(place), archive_in(place.parent), sha256, fake.tools)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "0.29.5-a"


def test_all_is_laid_once(place: Path) -> None:
    fake = Fake()
    have(place, fake)
    assert fake.done == [
        ["pyodide", "xbuildenv", "install", "--path", str(place), "0.29.5"],
        ["pyodide", "xbuildenv", "install-emscripten", "--force", "--version", "4.0.9", "--path", str(place)],
    ]
    assert (place / "0.29.5" / "xbuildenv" / "pyodide-root" / "Makefile.envs").is_file()
    again = Fake()
    have(place, again)
    assert not again.done
    assert not again.asked


def test_without_the_network_only_what_is_there_serves(place: Path) -> None:
    fake = Fake()
    offline = replace(fake.tools, is_offline=True)
    with pytest.raises(SystemExit, match=r"Pyodide 0\.29\.5 is not in .*Run once with network access"):
        judge(order(place), offline)
    assert not fake.asked
    have(place, Fake())
    judge(order(place), offline)


def test_what_was_left_half_done_is_made_anew(place: Path) -> None:
    stale = place / "0.29.5" / "stale"
    stale.mkdir(parents=True)
    have(place, Fake())
    assert not stale.exists()


@pytest.mark.parametrize(("listed", "pinned"), [("0" * 64, ""), ("", "0" * 64)])
def test_an_archive_that_is_not_what_it_was_is_refused(place: Path, listed: str, pinned: str) -> None:
    with pytest.raises(SystemExit, match=f"SHA-256 is [0-9a-f]*, not {'0' * 64}"):
        have(place, Fake(digest=listed), pinned)
    assert not (place / "0.29.5").exists()


def test_a_pin_decides_before_the_list_does(place: Path) -> None:
    place.mkdir(parents=True)
    digest = hashlib.sha256(archive_in(place.parent).read_bytes()).hexdigest()
    have(place, Fake(digest="0" * 64), digest)
    assert (place / ".complete").read_text() == "3.13"


def test_what_another_pyodide_build_would_lay_elsewhere_is_no_success(place: Path) -> None:
    with pytest.raises(SystemExit, match=r"did not create .*emscripten"):
        have(place, Fake(lays="elsewhere"))
    assert not (place / ".complete").exists()


def test_the_release_that_fits_is_chosen() -> None:
    assert choose(order(Path()), RELEASES).emscripten == "4.0.9"


@pytest.mark.parametrize(
    ("version", "python", "message"),
    [
        ("0.99.0", "3.13", r"does not support Pyodide 0\.99\.0.*a compatible version \(0\.29\.5\)"),
        ("0.29.5", "3.14", r"is for Python 3\.13, not for 3\.14.*this pyodide-build supports none"),
        ("0.29.4", "3.13", "needs another version of pyodide-build"),
    ],
)
def test_a_release_that_does_not_fit_is_told(version: str, python: str, message: str) -> None:
    with pytest.raises(SystemExit, match=message):
        choose(Order(Path(), version, python), RELEASES)


def test_an_answer_without_releases_knows_none(tmp_path: Path) -> None:
    tools = Tools(ask=lambda _command: "[]", do=print)
    with pytest.raises(SystemExit, match="does not support Pyodide"):
        judge(order(tmp_path), tools)
