from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from cibw.errors import CibwError, DownloadError, InterruptedRunError
from cibw.model.downloads import Download, Mirrors
from cibw.running.fetch import Fetching, fetch
from cibw.running.fetch_recording import RecordingTransport, Scripted
from cibw.running.fetch_rules import place_of, waits

CONTENT = b"interpreter" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ADDRESS = "https://user:word@files.example/a/python-3.13.pkg?token=word"
WANTED = Download(address=ADDRESS, sha256=SHA256)
GOOD = Scripted(pieces=(CONTENT[:500], CONTENT[500:]), size=len(CONTENT))


class Trial:
    """A fetch with scripted answers; no second passes."""

    def __init__(self, cache: Path, *answers: Scripted) -> None:
        self.transport = RecordingTransport(answers)
        self.lines: list[str] = []
        self.slept = 0.0
        self.fetching = Fetching(
            transport=self.transport, cache=cache, progress=self.lines.append, sleep=self._sleep, clock=self._clock
        )
        self._ticks = 0

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds

    def _clock(self) -> float:
        self._ticks += 1
        return self._ticks * 1.5

    def left(self) -> list[str]:
        cache = self.fetching.cache
        return [path.name for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_a_file_is_fetched_once_and_then_taken_from_the_cache(tmp_path: Path) -> None:
    trial = Trial(tmp_path, GOOD)
    path = fetch(WANTED, trial.fetching)
    assert path.read_bytes() == CONTENT
    assert path == tmp_path / "downloads" / SHA256 / "python-3.13.pkg"
    assert fetch(WANTED, trial.fetching) == path
    assert trial.transport.asked == [ADDRESS]
    assert trial.left() == ["python-3.13.pkg"]


def test_progress_tells_how_much_is_there_and_nothing_secret(tmp_path: Path) -> None:
    trial = Trial(tmp_path, Scripted(fault="no route"), GOOD)
    fetch(WANTED, trial.fetching)
    shown = "https://files.example/a/python-3.13.pkg"
    assert trial.lines == [
        f"{shown}: no route; retrying in 3 s",
        f"downloading {shown}",
        f"downloading {shown}: 0.0 of 0.0 MB",
    ]


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_passing_refusals_are_tried_six_times_with_growing_waits(tmp_path: Path, status: int) -> None:
    trial = Trial(tmp_path, Scripted(status=status))
    with pytest.raises(DownloadError, match=f"6 attempts; the last error was: the server returned status {status}"):
        fetch(WANTED, trial.fetching)
    assert len(trial.transport.asked) == 6
    assert trial.slept == pytest.approx(3 + 6 + 12 + 24 + 48)
    assert trial.left() == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_final_refusals_are_not_tried_again(tmp_path: Path, status: int) -> None:
    trial = Trial(tmp_path, Scripted(status=status), GOOD)
    with pytest.raises(DownloadError, match=f"the server returned status {status}") as caught:
        fetch(WANTED, trial.fetching)
    assert len(trial.transport.asked) == 1
    assert "word" not in caught.value.message
    assert caught.value.exit_code == 17


@pytest.mark.parametrize(
    "broken",
    [
        Scripted(pieces=(CONTENT[:500],), size=len(CONTENT)),
        Scripted(pieces=(CONTENT[:500],), breaks=True),
        Scripted(fault="connection refused"),
        Scripted(status=502),
    ],
)
def test_a_broken_answer_is_forgotten_and_asked_for_again(tmp_path: Path, broken: Scripted) -> None:
    trial = Trial(tmp_path, broken, broken, GOOD)
    assert fetch(WANTED, trial.fetching).read_bytes() == CONTENT
    assert len(trial.transport.asked) == 3
    assert trial.slept == pytest.approx(9)


def test_a_wrong_hash_ends_it_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    trial = Trial(tmp_path, Scripted(pieces=(b"something else",)), GOOD)
    with pytest.raises(DownloadError, match=f"not {SHA256}"):
        fetch(WANTED, trial.fetching)
    assert len(trial.transport.asked) == 1
    assert trial.left() == []


def test_a_spoilt_file_in_the_cache_is_fetched_anew(tmp_path: Path) -> None:
    trial = Trial(tmp_path, GOOD)
    path = fetch(WANTED, trial.fetching)
    path.write_bytes(CONTENT[:-1])
    assert fetch(WANTED, trial.fetching).read_bytes() == CONTENT
    assert len(trial.transport.asked) == 2


def test_without_a_hash_the_address_names_the_place(tmp_path: Path) -> None:
    trial = Trial(tmp_path, GOOD)
    one = fetch(Download(address="https://files.example/1/x.zip"), trial.fetching)
    two = fetch(Download(address="https://files.example/2/x.zip"), trial.fetching)
    assert one != two
    assert (one.name, two.name) == ("x.zip", "x.zip")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://x.example/", "file"),
        ("https://x.example/..", "file"),
        ("https://x.example/a%2Fb c.zip", "a_2Fb_c.zip"),
        ("https://x.example/.hidden", "hidden"),
        ("maven:com/python/x.tar.gz", "x.tar.gz"),
    ],
)
def test_the_name_in_the_cache_is_harmless(address: str, name: str) -> None:
    assert place_of(Download(address=address, sha256="0" * 64)).parts == ("downloads", "0" * 64, name)


def test_a_mirror_is_asked_and_shares_the_file_with_the_original(tmp_path: Path) -> None:
    trial = Trial(tmp_path, GOOD)
    mirrors = Mirrors(chosen=(("https://files.example/", "https://near.example/m"),))
    wanted = replace(WANTED, address="https://files.example/a/python-3.13.pkg")
    path = fetch(wanted, replace(trial.fetching, mirrors=mirrors))
    assert trial.transport.asked == ["https://near.example/m/a/python-3.13.pkg"]
    assert fetch(wanted, trial.fetching) == path
    assert len(trial.transport.asked) == 1


class Interrupt:
    """Raises once it is pulled."""

    def __init__(self) -> None:
        self.pulled = False

    def pull(self) -> None:
        self.pulled = True

    def go_on(self) -> None:
        if self.pulled:
            raise InterruptedRunError("interrupted")


def test_an_interrupt_breaks_a_transfer_off(tmp_path: Path) -> None:
    trial, interrupt = Trial(tmp_path, GOOD), Interrupt()
    trial.transport.between = interrupt.pull
    with pytest.raises(InterruptedRunError):
        fetch(WANTED, replace(trial.fetching, go_on=interrupt.go_on))
    assert trial.left() == []


def test_a_connection_that_an_interrupt_ended_is_not_taken_for_a_broken_one(tmp_path: Path) -> None:
    interrupt = Interrupt()
    trial = Trial(tmp_path, Scripted(pieces=(), breaks=True))
    fetching = replace(trial.fetching, go_on=interrupt.go_on, progress=lambda _: interrupt.pull())
    with pytest.raises(InterruptedRunError):
        fetch(WANTED, fetching)
    assert len(trial.transport.asked) == 1


def test_an_interrupt_ends_the_waiting(tmp_path: Path) -> None:
    trial, interrupt = Trial(tmp_path, Scripted(fault="no route")), Interrupt()
    fetching = replace(trial.fetching, go_on=interrupt.go_on, sleep=lambda _: interrupt.pull())
    with pytest.raises(InterruptedRunError):
        fetch(WANTED, fetching)
    assert len(trial.transport.asked) == 1


def test_waits_double() -> None:
    assert waits(3, 6) == (3, 6, 12, 24, 48)
    assert waits(3, 1) == ()


def test_the_error_is_one_of_cibw() -> None:
    assert issubclass(DownloadError, CibwError)
