from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import stat
import tarfile
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cibw.errors import CibwError, DownloadError, InterruptedRunError
from cibw.execution.fetch.download import DownloadSettings, fetch, place_of, unpack
from cibw.model.machines import Download, Mirrors
from tests.doubles.fetch import RecordingTransport, Scripted

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
        self.fetching = DownloadSettings(
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

    def check_cancelled(self) -> None:
        if self.pulled:
            raise InterruptedRunError("interrupted")


def test_an_interrupt_breaks_a_transfer_off(tmp_path: Path) -> None:
    trial, interrupt = Trial(tmp_path, GOOD), Interrupt()
    trial.transport.between = interrupt.pull
    with pytest.raises(InterruptedRunError):
        fetch(WANTED, replace(trial.fetching, check_cancelled=interrupt.check_cancelled))
    assert trial.left() == []


def test_a_connection_that_an_interrupt_ended_is_not_taken_for_a_broken_one(tmp_path: Path) -> None:
    interrupt = Interrupt()
    trial = Trial(tmp_path, Scripted(pieces=(), breaks=True))
    fetching = replace(trial.fetching, check_cancelled=interrupt.check_cancelled, progress=lambda _: interrupt.pull())
    with pytest.raises(InterruptedRunError):
        fetch(WANTED, fetching)
    assert len(trial.transport.asked) == 1


def test_an_interrupt_ends_the_waiting(tmp_path: Path) -> None:
    trial, interrupt = Trial(tmp_path, Scripted(fault="no route")), Interrupt()
    fetching = replace(trial.fetching, check_cancelled=interrupt.check_cancelled, sleep=lambda _: interrupt.pull())
    with pytest.raises(InterruptedRunError):
        fetch(WANTED, fetching)
    assert len(trial.transport.asked) == 1


def test_the_error_is_one_of_cibw() -> None:
    assert issubclass(DownloadError, CibwError)


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".tar": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
FORMS = ("tar.gz", "tar.bz2", "tar.xz", "tar", "zip")


def tar_of(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with io.BytesIO() as plain:
        with tarfile.open(fileobj=plain, mode="w") as tar:
            for info, content in members:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        path.write_bytes(COMPRESS[path.suffix](plain.getvalue()))
    return path


def member(name: str, content: bytes = b"", **fields: int | str | bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.mode = 0o644
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def zip_of(path: Path, members: list[tuple[str, int, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, mode, content in members:
            info = zipfile.ZipInfo(name)
            info.filename = info.orig_filename = name
            info.create_system = 3
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return path


def honest(path: Path) -> Path:
    if path.suffix == ".zip":
        return zip_of(
            path,
            [
                ("python/", stat.S_IFDIR | 0o755, b""),
                ("python/bin/python3.13", stat.S_IFREG | 0o4755, b"program"),
                ("python/bin/python3", stat.S_IFLNK | 0o777, b"python3.13"),
                ("python/read.me", 0, b"text"),
            ],
        )
    return tar_of(
        path,
        [
            member("python", type=tarfile.DIRTYPE, mode=0o755),
            member("python/bin/python3.13", b"program", mode=0o6777),
            member("python/bin/python3", type=tarfile.SYMTYPE, linkname="python3.13"),
            member("python/read.me", b"text"),
        ],
    )


@pytest.mark.parametrize("form", FORMS)
def test_an_archive_appears_as_a_whole(tmp_path: Path, form: str) -> None:
    target = tmp_path / "cache" / "python-3.13"
    assert unpack(honest(tmp_path / f"a.{form}"), target) == target
    program = target / "python" / "bin" / "python3.13"
    assert (target / "python" / "bin" / "python3").readlink() == Path("python3.13")
    assert program.read_bytes() == b"program"
    assert (target / "python" / "read.me").read_bytes() == b"text"
    mode = program.stat().st_mode
    assert mode & stat.S_IXUSR
    assert not mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IWOTH)
    assert not (target / "python" / "read.me").stat().st_mode & stat.S_IXUSR
    assert not [path for path in target.parent.iterdir() if path.name.endswith(".part")]


def test_what_is_there_is_taken_as_it_is(tmp_path: Path) -> None:
    target = tmp_path / "python"
    archive = honest(tmp_path / "a.zip")
    unpack(archive, target)
    archive.unlink()
    assert unpack(archive, target) == target


def test_what_a_killed_run_has_left_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / ".python.part").mkdir()
    (tmp_path / ".python.part" / "old").touch()
    unpack(honest(tmp_path / "a.tar.gz"), tmp_path / "python")
    assert not (tmp_path / "python" / "old").exists()


def evil_tars(place: Path = Path("/nowhere")) -> dict[str, list[tuple[tarfile.TarInfo, bytes]]]:
    """Members by what is wrong with them; an absolute one would be written below `place`."""
    return {
        "above": [member("../outside", b"x")],
        "absolute": [member(f"{place}/outside", b"x")],
        "through a link": [member("l", type=tarfile.SYMTYPE, linkname=".."), member("l/outside", b"x")],
        "over a link": [member("l", type=tarfile.SYMTYPE, linkname="../outside"), member("l", b"x")],
        "absolute link": [member("l", type=tarfile.SYMTYPE, linkname="/etc/passwd")],
        "link of links": [
            member("out", type=tarfile.SYMTYPE, linkname="sub/up/.."),
            member("sub", type=tarfile.DIRTYPE, mode=0o755),
            member("sub/up", type=tarfile.SYMTYPE, linkname=".."),
        ],
        "hard link out": [member("h", type=tarfile.LNKTYPE, linkname="../secret")],
        "hard link to a link": [
            member("l", type=tarfile.SYMTYPE, linkname="x"),
            member("h", type=tarfile.LNKTYPE, linkname="l"),
        ],
        "device": [member("d", type=tarfile.CHRTYPE, devmajor=1, devminor=3)],
        "pipe": [member("p", type=tarfile.FIFOTYPE)],
    }


def evil_zips() -> dict[str, list[tuple[str, int, bytes]]]:
    return {
        "above": [("../outside", 0, b"x")],
        "absolute": [("/outside", 0, b"x")],
        "backslash": [("..\\outside", 0, b"x")],
        "through a link": [("l", stat.S_IFLNK | 0o777, b".."), ("l/outside", 0, b"x")],
        "absolute link": [("l", stat.S_IFLNK | 0o777, b"/etc/passwd")],
        "device": [("d", stat.S_IFCHR | 0o644, b"")],
        "under a file": [("a", 0, b"1"), ("a/b", 0, b"2")],
    }


def listed(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.suffix != ".lock")


def refused(archive: Path, target: Path, message: str) -> None:
    before = listed(target.parent)
    with pytest.raises(DownloadError, match=message):
        unpack(archive, target)
    after = listed(target.parent)
    assert after == before


@pytest.mark.parametrize("trick", evil_tars())
def test_an_evil_tar_leaves_nothing_anywhere(tmp_path: Path, trick: str) -> None:
    (tmp_path / "secret").write_text("secret")
    refused(tar_of(tmp_path / "a.tar.gz", evil_tars(tmp_path)[trick]), tmp_path / "python", "an unsafe entry")
    assert not list(tmp_path.rglob("outside"))


@pytest.mark.parametrize("trick", evil_zips())
def test_an_evil_zip_leaves_nothing_anywhere(tmp_path: Path, trick: str) -> None:
    refused(zip_of(tmp_path / "a.zip", evil_zips()[trick]), tmp_path / "python", "an unsafe entry")


@pytest.mark.parametrize("form", FORMS)
def test_a_truncated_archive_is_refused(tmp_path: Path, form: str) -> None:
    archive = honest(tmp_path / f"a.{form}")
    archive.write_bytes(archive.read_bytes()[: 700 if form == "tar" else -40])
    refused(archive, tmp_path / "python", "Cannot unpack")


def test_a_tar_that_ends_between_two_entries_is_refused(tmp_path: Path) -> None:
    archive = honest(tmp_path / "a.tar")
    archive.write_bytes(archive.read_bytes()[:512])
    refused(archive, tmp_path / "python", "it ends too early")
    archive.write_bytes(honest(tmp_path / "b.tar").read_bytes() + b"more")
    (tmp_path / "b.tar").unlink()
    refused(archive, tmp_path / "python", "it has data after its end")


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "a.tar.gz"
    archive.write_text("<html>please log in</html>")
    refused(archive, tmp_path / "python", "Cannot unpack")


def test_a_missing_archive_is_told_by_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        unpack(tmp_path / "a.zip", tmp_path / "python")


@pytest.mark.parametrize("form", ["tar.gz", "zip"])
def test_an_interrupt_leaves_nothing(tmp_path: Path, form: str) -> None:
    with pytest.raises(InterruptedRunError):
        unpack(honest(tmp_path / f"a.{form}"), tmp_path / "python", interrupted_after(3))
    assert {path.name for path in tmp_path.iterdir()} <= {f"a.{form}", "python.lock"}


def interrupted_after(looks: int) -> Callable[[], None]:
    left = [looks]

    def check_cancelled() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise InterruptedRunError("interrupted")

    return check_cancelled


def test_runs_at_the_same_time_get_the_same_directory(tmp_path: Path) -> None:
    archive = honest(tmp_path / "a.tar.gz")
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(unpack(archive, tmp_path / "python"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [tmp_path / "python"] * 4
    assert (tmp_path / "python" / "python" / "read.me").read_bytes() == b"text"
