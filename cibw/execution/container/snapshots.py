"""Images of running containers, prepared images, and leftovers of killed runs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cibw.errors import CibwError, InterruptedRunError
from cibw.execution.container.client import EngineClient, RefusedError, remove_surely
from cibw.execution.container.connection import ContainerSettings, Engine, open_container
from cibw.execution.container.create import LABEL, OWNER_LABEL
from cibw.execution.container.machine import ContainerMachine
from cibw.execution.container.states import (
    PREPARED,
    ContainerStates,
    StateImage,
    base_labels,
    labels_of,
    name_of,
    prune_images,
)
from cibw.execution.files import lock_place, private_root, remove_dead, temporary_directory
from cibw.execution.host.session import RESOURCES_DIR
from cibw.execution.machine import ended_by
from cibw.model.machines import ContainerEngine, ContainerSpec, CreateOptions
from cibw.model.templates import CommandRequest

# Creates an image of a container, for the other containers of the run and for later runs.

SNAPSHOT_NAME = "cibw-snapshot"


class Snapshot:
    """The image of a container after before-all.

    Its name for this run is removed when the `stack` closes; without a stack it stays. With `states` it may get
    another name that later runs look for. `own` are the labels of the run.
    """

    def __init__(
        self,
        engine: Engine,
        container: ContainerMachine,
        states: ContainerStates | None,
        stack: ExitStack | None,
        own: Mapping[str, str],
    ) -> None:
        self._own = own
        self._engine = engine
        self._container = container
        self._states = states
        self._stack = stack
        self._reference = f"{SNAPSHOT_NAME}:{container.name}"
        self.image = ""
        """The id of the image, or an empty string before it is created."""

    def take(self) -> None:
        """Create the image. Raise InterruptedRunError if the container is closed meanwhile."""
        if self._stack is not None:
            # After a request, the engine may create the image even if its response is lost.
            self._stack.callback(self._engine.remove_image, self._reference)
        labels = {**self._own, **(self._states.labels() if self._states else {})}
        with self._container.explained():
            self.image = self._engine.snapshot(self._container.name, self._reference, labels)

    def keep(self) -> None:
        """Keep the image for later runs, creating it if necessary. Raises the same errors as `take`."""
        if self._states is None:
            return
        if not self.image:
            self.take()
        with self._container.explained():
            self._states.keep(self._reference)
        if self._stack is not None:
            self._stack.callback(self._states.prune)


# Prepared images: the original image plus the bytecode of its Pythons.
#
# Images come without bytecode, so each new container compiles the modules that its Pythons import. A prepared image
# is created from a container without project, volumes or network, so it contains nothing but files of the image.

_SCRIPT = RESOURCES_DIR / "prepare_image.sh"
_FORMAT = 1
_FAILED = "failed"
_LONGEST_SECONDS = 30 * 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedImageSpec:
    """A prepared image. `image` is the id of the original image, and `pythons` are paths in it."""

    engine: Engine
    spec: ContainerSpec
    opening: ContainerSettings
    image: str
    pythons: frozenset[str]

    @property
    def key(self) -> str:
        """Return the key of the prepared image. Additional Pythons do not change it."""
        parts = (_FORMAT, self.image, _SCRIPT.read_text("utf-8"))
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def owner(self) -> str:
        """Return the image name: a prepared image is no longer needed when the name refers to another image."""
        image = self.spec.image
        return hashlib.sha256(json.dumps((image.reference, image.oci_platform)).encode()).hexdigest()[:32]


class PreparedImages:
    """Finds and creates prepared images. May be shared between threads.

    The first run with an image and a Python only records them in `directory`, so that it is not slowed down. A
    later run creates the prepared image. With `at_once` the first run creates it. An image that cannot be prepared
    is used unchanged.
    """

    def __init__(self, directory: Path, *, at_once: bool = False, clock: Callable[[], float] = time.time) -> None:
        self._directory = directory
        self._at_once = at_once
        self._clock = clock
        self._lock = threading.Lock()
        self._found_here: dict[tuple[str, str, frozenset[str]], str] = {}

    def find(self, wanted: PreparedImageSpec) -> str:
        """Return the id of a prepared image, or an empty string if there is none.

        Raises InterruptedRunError if the run is interrupted while the image is created.
        """
        place = (wanted.engine.url, wanted.key, wanted.pythons)
        with self._lock:
            if place not in self._found_here:
                self._found_here[place] = self._found_or_made(wanted)
            return self._found_here[place]

    def _found_or_made(self, wanted: PreparedImageSpec) -> str:
        found = self._found(wanted)
        covered = frozenset(found.contents) if found else frozenset[str]()
        identity = found.identity if found else ""
        if wanted.pythons <= covered or not self._is_worth_it(wanted):
            return identity
        try:
            return self._make(wanted, identity or wanted.image, covered | wanted.pythons)
        except InterruptedRunError:
            raise
        except CibwError as error:
            self._note(wanted, {_FAILED})
            wanted.opening.progress(f"could not prepare the image for later runs: {error.message}")
            return identity

    def _found(self, wanted: PreparedImageSpec) -> StateImage | None:
        # An engine that refuses this reports the error again when a container is created.
        with suppress(RefusedError):
            found = wanted.engine.client.image(name_of(wanted.key, PREPARED))
            image = StateImage.of(found, PREPARED) if found else None
            return image if image and image.serves(wanted.key, self._clock()) else None
        return None

    def _make(self, wanted: PreparedImageSpec, start: str, pythons: frozenset[str]) -> str:
        engine, opening = wanted.engine, wanted.opening
        opening.progress("preparing the image for this and later runs: compiling its Python modules")
        clean = replace(opening, volumes=(), keep=False, progress=lambda _text: None)
        labels = {
            **labels_of(wanted.key, wanted.owner, self._clock(), PREPARED, sorted(pythons)),
            **base_labels(engine.client, start, PREPARED),
        }
        with (
            open_container(engine, _bare(wanted.spec), clean, start) as container,
            ended_by(opening.check_cancelled, container.close),
        ):
            argv = ("sh", "-c", _SCRIPT.read_text("utf-8"), "sh", *sorted(wanted.pythons))
            outcome = container.run(
                CommandRequest(argv=argv, cwd="/", environment=container.environment()), lambda _text, _is_error: None
            )
            if outcome.exit_code != 0:
                raise CibwError(f"compiling its Python modules failed with exit code {outcome.exit_code}")
            with container.explained():
                identity = engine.snapshot(container.name, name_of(wanted.key, PREPARED), labels)
        prune_images(engine, PREPARED, wanted.owner, self._clock())
        return identity

    def _is_worth_it(self, wanted: PreparedImageSpec) -> bool:
        """Return whether an earlier run used all these Pythons, so that preparing pays off. Record the current ones."""
        met = self._met(wanted)
        if not wanted.pythons <= met:
            self._note(wanted, wanted.pythons)
        return (self._at_once or wanted.pythons <= met) and _FAILED not in met

    def _met(self, wanted: PreparedImageSpec) -> frozenset[str]:
        note = self._directory / wanted.key
        with suppress(OSError, ValueError):
            if self._clock() - note.stat().st_mtime < _LONGEST_SECONDS:
                return frozenset(note.read_text("utf-8").splitlines())
        return frozenset()

    def _note(self, wanted: PreparedImageSpec, more: frozenset[str] | set[str]) -> None:
        # Without the record the image is not prepared, which does no other harm.
        with suppress(OSError):
            self._directory.mkdir(parents=True, exist_ok=True)
            lines = sorted(self._met(wanted) | more)
            note, now = self._directory / wanted.key, self._clock()
            note.write_text("".join(f"{line}\n" for line in lines), "utf-8")
            os.utime(note, (now, now))
            self._remove_old_notes()

    def _remove_old_notes(self) -> None:
        for note in self._directory.iterdir():
            if self._clock() - note.stat().st_mtime >= _LONGEST_SECONDS:
                note.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """The prepared images of a run, and the Pythons that a job needs."""

    images: PreparedImages
    pythons: frozenset[str]

    def image_for(self, engine: Engine, spec: ContainerSpec, opening: ContainerSettings, image: str) -> str:
        """Return the id of the prepared version of an image, or an empty string if there is none."""
        if not image.startswith("sha256:"):
            return ""
        return self.images.find(
            PreparedImageSpec(engine=engine, spec=spec, opening=opening, image=image, pythons=self.pythons)
        )


def _bare(spec: ContainerSpec) -> ContainerSpec:
    """Return the specification without settings that do not affect the image, such as volumes and variables."""
    chosen = spec.engine.create
    create = CreateOptions(
        network="none",
        memory=chosen.memory,
        cpus=chosen.cpus,
        cpuset=chosen.cpuset,
        security_opt=chosen.security_opt,
        ulimits=chosen.ulimits,
    )
    engine = ContainerEngine(name=spec.engine.name, create=create, disable_host_mount=True)
    return replace(spec, engine=engine)


# Tracks which runs of this user are alive, so that others can remove their leftovers from a container engine.

_RUN_ID = re.compile("[0-9a-f]{8}")
_IDENTITY = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRuns:
    """A directory with a lock for each live run.

    `identity` distinguishes it from those of other users, computers and containers that may use the same engine.
    Objects with another identity are left alone.
    """

    root: Path
    identity: str

    @classmethod
    def open(cls, parent: Path | None = None) -> LiveRuns | None:
        """Return this user's runs on this computer, or None if no directory is writable by this user only."""
        with suppress(OSError):
            root = private_root(parent or _parent())
            if root is not None:
                remove_dead(root)
                return cls(root=root, identity=_identity(root / "identity"))
        return None

    @contextmanager
    def entered(self, run_id: str) -> Iterator[None]:
        """Mark a run as alive until the context ends or this process ends."""
        lock = lock_place(self._place(run_id))
        try:
            yield
        finally:
            if lock is not None:
                lock.release(removes=True)

    def lives(self, run_id: str) -> bool:
        """Return whether a run is alive. An invalid run id counts as alive, because its state is unknown."""
        if not _RUN_ID.fullmatch(run_id):
            return True
        try:
            lock = lock_place(self._place(run_id))
        except OSError:
            return True
        if lock is None:
            return True
        lock.release(removes=True)
        return False

    def _place(self, run_id: str) -> Path:
        return self.root / f"run-{run_id}"


def _parent() -> Path:
    # TMPDIR may differ between runs.
    return temporary_directory() if os.name == "nt" else Path("/tmp")  # noqa: S108  # what is made there is ours alone


def _identity(path: Path) -> str:
    if not path.exists():
        fresh = path.with_name(f"{path.name}-{secrets.token_hex(4)}")
        fresh.write_text(secrets.token_hex(16), "ascii")
        # If two runs are the first at the same time, one of them wins.
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    text = path.read_text("ascii")
    if not _IDENTITY.fullmatch(text):
        path.unlink()
        return _identity(path)
    return text


# Removes leftovers of killed runs from a container engine.

_SNAPSHOT = re.compile(rf"(?:.*/)?{SNAPSHOT_NAME}:cibw-([0-9a-f]{{8}})-[0-9a-f]{{8}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedLeftovers:
    """How many containers and images of dead runs were removed."""

    containers: int = 0
    images: int = 0


def remove_dead_runs(client: EngineClient, runs: LiveRuns) -> RemovedLeftovers:
    """Remove the containers and temporary images of runs that are no longer alive, without raising errors.

    Objects of other users, computers and containers are kept, and so is everything that was created to be kept.
    """
    mine = f"{OWNER_LABEL}={runs.identity}"
    containers = images = 0
    with suppress(CibwError, RefusedError):
        for container in client.containers(mine):
            if not runs.lives(container.labels.get(LABEL, "")):
                remove_surely(client, container.identity)
                containers += 1
        for name in _snapshots(client, mine):
            found = _SNAPSHOT.fullmatch(name)
            if found and not runs.lives(found[1]):
                client.remove_image(name)
                images += 1
    return RemovedLeftovers(containers=containers, images=images)


def _snapshots(client: EngineClient, label: str) -> Iterator[str]:
    for image in client.labelled(label):
        yield from image.names
