"""Downloads files, verifies them, keeps them in the cache and unpacks them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import IO, Protocol
from urllib.parse import urlsplit, urlunsplit

from cibw.errors import DownloadError, ImageUnavailableError
from cibw.execution.files import put_in_place, remove_tree
from cibw.execution.machine import Fetcher, ended_by, pause
from cibw.execution.store.cache import is_intact, seal_tree
from cibw.model.http import NoResponseError, is_worth_another_try, retry, waits
from cibw.model.machines import ContainerSpec, Download, Image, Mirrors
from cibw.model.plan import Action, Fetch, Job, Plan
from cibw.model.templates import Placeholder, Template
from cibw.untrusted.limits import ArchiveError, UnsafeEntryError
from cibw.untrusted.unpacking import unpack_into

# Locks between runs.

_LOOK_SECONDS = 0.2


@contextmanager
def alone(path: Path, check_cancelled: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a file or directory, a file beside it. `check_cancelled` raises an error to stop waiting."""
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    place = path.with_name(f"{path.name}.lock")
    if place.is_dir() or place.is_symlink():
        remove_tree(place)
    lock = FileLock(place)
    while not lock.is_locked:
        check_cancelled()
        try:
            lock.acquire(timeout=_LOOK_SECONDS)
        except Timeout:
            continue
    try:
        yield
    finally:
        lock.release()


# The network interface that downloads use, and its errors.


class UnreachableError(NoResponseError):
    """The connection failed or broke. Another attempt may succeed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedResponse:
    """A response: its status, its size in bytes if known, and its content in chunks.

    `pieces` raises UnreachableError if the connection breaks. `stop` may be called from another thread and ends the
    transfer immediately.
    """

    status: int
    pieces: Iterator[bytes]
    size: int | None = None
    stop: Callable[[], None]


class Transport(Protocol):
    """Requests the content of an address."""

    def get(self, address: str, /) -> AbstractContextManager[StreamedResponse]:
        """Return the response after all redirects. Raise UnreachableError if there is none."""


# Rules of downloads: when to try again, and where to store a file; pure.

_ODD = re.compile(r"[^\w.+-]", re.ASCII)


def is_final(status: int) -> bool:
    """Return whether repeating the request would fail again."""
    return 400 <= status < 500 and not is_worth_another_try(status)


def place_of(download: Download) -> PurePosixPath:
    """Return the cache path of a file: by its hash, so that mirrors share it, else by its address."""
    key = download.sha256 or f"address-{hashlib.sha256(download.address.encode()).hexdigest()[:32]}"
    name = _ODD.sub("_", urlsplit(download.address).path.rpartition("/")[2]).lstrip(".")
    return PurePosixPath("downloads", key, name or "file")


def shown(address: str) -> str:
    """Return an address for display: without credentials, and without a query, which may contain a token."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingDownload:
    """A file missing from the cache, with its cache path and its address."""

    download: Download
    place: str
    address: str


def missing_text(files: Sequence[MissingDownload], images: Sequence[Image]) -> str:
    """List everything that is missing: for each file its address, its target path and its hash."""
    lines = [f"  {shown(one.address)}\n    {one.place}{_proof(one.download)}" for one in files]
    lines += [f"  {image.reference}\n    an image for {image.oci_platform}" for image in images]
    amounts = [_amount(len(files), "file"), _amount(len(images), "image")]
    what = " and ".join(filter(None, amounts))
    verb = "is" if len(lines) == 1 else "are"
    return "\n".join((f"{what} {verb} missing, and network access is disabled:", *lines))


def _amount(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}" if number else ""


def _proof(download: Download) -> str:
    return f"\n    SHA-256 {download.sha256}" if download.sha256 else ""


# Downloads files once, verifies them, and keeps them in the cache.

_NEWS_SECONDS = 2.0
_PIECE = 1 << 20


def ignore(_: str) -> None:
    """Ignore a progress line."""


def always() -> None:
    """Never interrupt a download."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadSettings:
    """Download settings. `cache` is the cache directory, and `first_wait` is in seconds.

    Each wait between attempts is twice as long as the one before. `progress` receives lines of text, and
    `check_cancelled` raises an error to cancel the download.
    """

    transport: Transport
    cache: Path
    mirrors: Mirrors = field(default_factory=Mirrors)
    attempts: int = 6
    first_wait: float = 3.0
    progress: Callable[[str], None] = ignore
    check_cancelled: Callable[[], None] = always
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def fetch(download: Download, fetching: DownloadSettings) -> Path:
    """Return the path of a file in the cache. Download it if it is missing or damaged.

    Runs that need the same file wait for each other. Raises DownloadError if it cannot be downloaded or has the
    wrong hash. No partial file is left behind.
    """
    path = fetching.cache / place_of(download)
    with alone(path, fetching.check_cancelled):
        if not _is_there(path, download):
            if os.path.lexists(path):
                fetching.progress(f"{path} is damaged; downloading it again.")
            _fetch_patiently(download, path, fetching)
    return path


def lacking(downloads: Iterable[Download], fetching: DownloadSettings) -> tuple[MissingDownload, ...]:
    """Return the files that are missing from the cache, without duplicates and in order."""
    places = {download: fetching.cache / place_of(download) for download in downloads}
    return tuple(
        MissingDownload(download=download, place=str(place), address=fetching.mirrors.resolve(download.address))
        for download, place in places.items()
        if not _is_there(place, download)
    )


def is_file_of(path: Path, sha256: str) -> bool:
    """Return whether a path is a readable file that has the given SHA-256, if one is given."""
    try:
        return path.is_file() and (_hash(path) == sha256 if sha256 else os.access(path, os.R_OK))
    except OSError:
        return False


def _is_there(path: Path, download: Download) -> bool:
    return is_file_of(path, download.sha256)


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _fetch_patiently(download: Download, path: Path, fetching: DownloadSettings) -> None:
    address = fetching.mirrors.resolve(download.address)

    def attempt() -> None:
        try:
            _fetch(address, download.sha256, path, fetching)
        except UnreachableError:
            # An interrupt closes the connection, which then looks broken.
            fetching.check_cancelled()
            raise

    def wait(fault: UnreachableError, seconds: float) -> None:
        fetching.progress(f"{shown(address)}: {fault}; retrying in {seconds:.0f} s")
        pause(seconds, fetching.check_cancelled, fetching.sleep)

    try:
        retry(attempt, UnreachableError, waits(fetching.first_wait, fetching.attempts), wait)
    except UnreachableError as fault:
        raise DownloadError(
            f"Could not download {shown(address)} after {fetching.attempts} attempts; the last error was: {fault}",
            hint="Check the network connection and the proxy, or set a mirror in [tool.cibw.mirrors].",
        ) from fault


def _fetch(address: str, sha256: str, path: Path, fetching: DownloadSettings) -> None:
    partial = path.with_name(f".{path.name}.part")
    fetching.check_cancelled()
    try:
        with fetching.transport.get(address) as reply:
            _demand_success(reply, address)
            with partial.open("wb") as file, ended_by(fetching.check_cancelled, reply.stop):
                found = _transfer(reply, file, address, fetching)
        if sha256 and found != sha256:
            raise DownloadError(
                f"{shown(address)} does not have the expected hash: its SHA-256 is {found}, not {sha256}.",
                hint="Check the mirror or the proxy that it comes from; the file may have been modified.",
            )
        put_in_place(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _demand_success(reply: StreamedResponse, address: str) -> None:
    if reply.status == 200:
        return
    if is_final(reply.status):
        raise DownloadError(
            f"Could not download {shown(address)}: the server returned status {reply.status}.",
            hint="Check the address, and [tool.cibw.mirrors] if it points to a mirror.",
        )
    raise UnreachableError(f"the server returned status {reply.status}")


def _transfer(reply: StreamedResponse, file: IO[bytes], address: str, fetching: DownloadSettings) -> str:
    """Write the response to a file and return its SHA-256."""
    digest, received, told = hashlib.sha256(), 0, fetching.clock()
    fetching.progress(f"downloading {shown(address)}")
    for piece in reply.pieces:
        fetching.check_cancelled()
        digest.update(piece)
        file.write(piece)
        received += len(piece)
        if fetching.clock() - told >= _NEWS_SECONDS:
            told = fetching.clock()
            fetching.progress(f"downloading {shown(address)}: {_received(received, reply.size)}")
    if reply.size not in (None, received):
        raise UnreachableError(f"the connection ended after {received} of {reply.size} bytes")
    return digest.hexdigest()


def _received(received: int, size: int | None) -> str:
    whole = f" of {size / 1e6:.1f}" if size is not None else ""
    return f"{received / 1e6:.1f}{whole} MB"


# Offline mode: the variables for build tools, and the list of missing files.

OFFLINE_VARIABLES: Mapping[str, str] = {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1", "CARGO_NET_OFFLINE": "true"}
"""Variables that disable network access: uv and Cargo use only their caches, pip only what it is given."""


class NoTransport:
    """The network of an offline run."""

    def get(self, address: str, /) -> AbstractContextManager[StreamedResponse]:
        """Raise DownloadError for any address."""
        raise DownloadError(
            f"{shown(address)} is not in the cache, and network access is disabled.",
            hint="Run once with network access.",
        )


def without_network(spec: ContainerSpec) -> ContainerSpec:
    """Return a container specification without network, unless its create-args set a network."""
    create = spec.engine.create
    return replace(spec, engine=replace(spec.engine, create=replace(create, network=create.network or "none")))


def downloads_of(plan: Plan, bindings: Mapping[Placeholder, str]) -> tuple[Download, ...]:
    """Return the downloads of a plan without duplicates, except those that are already present on this computer.

    A target path with a placeholder that is missing from `bindings` is new in each run.
    """
    wanted = (action for job in plan.jobs for action in _actions(job) if isinstance(action, Fetch))
    missing = (one for one in wanted if not (_stands(one.path, bindings) or _stands(one.unless, bindings)))
    return tuple(dict.fromkeys(Download(address=one.url, sha256=one.sha256) for one in missing))


def images_of(plan: Plan) -> tuple[ContainerSpec, ...]:
    """Return the containers that a plan starts, without duplicates."""
    return tuple(dict.fromkeys(job.machine for job in plan.jobs if isinstance(job.machine, ContainerSpec)))


def demand_here(downloads: tuple[Download, ...], fetching: DownloadSettings, missing_images: tuple[Image, ...]) -> None:
    """Raise an error that lists all missing files and images.

    The error is DownloadError, or ImageUnavailableError if only images are missing.
    """
    files = lacking(downloads, fetching)
    if not files and not missing_images:
        return
    text = missing_text(files, missing_images)
    if not files:
        raise ImageUnavailableError(
            text, hint="Load the missing images into the engine, or run once with network access."
        )
    raise DownloadError(text, hint="Put each file at the path listed below it, or run once with network access.")


def _actions(job: Job) -> Iterator[Action]:
    steps = [job.before_all] if job.before_all else []
    for build in job.builds:
        steps += [build.prepare, *build.make, *build.test]
    for step in steps:
        yield from step.actions


def _stands(path: Template | None, bindings: Mapping[Placeholder, str]) -> bool:
    if path is None or not all(isinstance(part, str) or part in bindings for part in path.parts):
        return False
    return Path(path.render(bindings)).exists()


# Unpacks archives into directories that several runs may share.


def unpack(archive: Path, target: Path, check_cancelled: Callable[[], None] = always) -> Path:
    """Unpack an archive into the directory `target`, and return that directory.

    An existing directory is used as it is. Otherwise it is created completely or not at all; runs that need the
    same directory wait for each other. Raises DownloadError for an archive that is broken, too large, or has an
    unsafe entry.
    """
    with alone(target, check_cancelled):
        if target.is_dir():
            return target
        partial = target.with_name(f".{target.name}.part")
        _remove(partial)
        try:
            partial.mkdir()
            _unpack(archive, partial, check_cancelled)
            put_in_place(partial, target)
        finally:
            _remove(partial)
    return target


def _remove(directory: Path) -> None:
    if directory.exists():
        remove_tree(directory)


def _unpack(archive: Path, directory: Path, check_cancelled: Callable[[], None]) -> None:
    try:
        unpack_into(directory, archive, check_cancelled=check_cancelled)
    except UnsafeEntryError as error:
        raise DownloadError(
            f"{archive} was not unpacked because it contains an unsafe entry: {error}.",
            hint="Check where the archive comes from.",
        ) from error
    except ArchiveError as error:
        raise DownloadError(f"Cannot unpack {archive}: {error}.", hint="Remove it to download it again.") from error


# Downloads the files of a plan to the host.


def fetcher_of(make_fetching: Callable[[], DownloadSettings]) -> Fetcher:
    """Return a fetcher that uses the network only for missing files. It calls `make_fetching` only then."""

    def have(wanted: Fetch, path: str) -> None:
        target = Path(path)
        if not _is_in_place(wanted, target):
            _bring(wanted, target, make_fetching())

    return have


def _bring(wanted: Fetch, target: Path, fetching: DownloadSettings) -> None:
    file = fetch(Download(address=wanted.url, sha256=wanted.sha256), fetching)
    with alone(target, fetching.check_cancelled):
        if _is_in_place(wanted, target):
            return
        if os.path.lexists(target):
            fetching.progress(f"{target} is damaged; removing and recreating it.")
            remove_tree(target)
        partial = target.with_name(f".{target.name}.whole")
        if not wanted.unpack:
            shutil.copyfile(file, partial)
            put_in_place(partial, target)
            return
        remove_tree(partial)
        heart = _heart(unpack(file, partial, fetching.check_cancelled))
        seal_tree(heart)
        put_in_place(heart, target)
        remove_tree(partial)


def _is_in_place(wanted: Fetch, target: Path) -> bool:
    if wanted.unpack:
        return target.is_dir() and is_intact(target)
    return is_file_of(target, wanted.sha256)


def _heart(directory: Path) -> Path:
    """Return the contents of an archive, without the single top-level directory that most archives have."""
    entries = list(directory.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else directory
