"""Prepared images: the original image plus the bytecode of its Pythons.

Images come without bytecode, so each new container compiles the modules that its Pythons import. A prepared image
is created from a container without project, volumes or network, so it contains nothing but files of the image.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cibw.errors import CibwError, InterruptedRunError
from cibw.model.command import Request
from cibw.model.images import ContainerEngine, ContainerSpec, CreateOptions
from cibw.running.container_api import RefusedError
from cibw.running.container_connect import Engine
from cibw.running.container_open import Opening, open_container
from cibw.running.container_states import prune_images
from cibw.running.host_session import RESOURCES_DIR
from cibw.running.state_images import PREPARED, StateImage, base_labels, labels_of, name_of
from cibw.running.watch import ended_by

_SCRIPT = RESOURCES_DIR / "prepare_image.sh"
_FORMAT = 1
_FAILED = "failed"
_LONGEST_SECONDS = 30 * 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A prepared image. `image` is the id of the original image, and `pythons` are paths in it."""

    engine: Engine
    spec: ContainerSpec
    opening: Opening
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

    def find(self, wanted: Wanted) -> str:
        """Return the id of a prepared image, or an empty string if there is none.

        Raises InterruptedRunError if the run is interrupted while the image is created.
        """
        place = (wanted.engine.url, wanted.key, wanted.pythons)
        with self._lock:
            if place not in self._found_here:
                self._found_here[place] = self._found_or_made(wanted)
            return self._found_here[place]

    def _found_or_made(self, wanted: Wanted) -> str:
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

    def _found(self, wanted: Wanted) -> StateImage | None:
        # An engine that refuses this reports the error again when a container is created.
        with suppress(RefusedError):
            found = wanted.engine.client.image(name_of(wanted.key, PREPARED))
            image = StateImage.of(found, PREPARED) if found else None
            return image if image and image.serves(wanted.key, self._clock()) else None
        return None

    def _make(self, wanted: Wanted, start: str, pythons: frozenset[str]) -> str:
        engine, opening = wanted.engine, wanted.opening
        opening.progress("preparing the image for this and later runs: compiling its Python modules")
        clean = replace(opening, volumes=(), keep=False, progress=lambda _text: None)
        labels = {
            **labels_of(wanted.key, wanted.owner, self._clock(), PREPARED, sorted(pythons)),
            **base_labels(engine.client.image(start), PREPARED),
        }
        with (
            open_container(engine, _bare(wanted.spec), clean, start) as container,
            ended_by(opening.go_on, container.close),
        ):
            argv = ("sh", "-c", _SCRIPT.read_text("utf-8"), "sh", *sorted(wanted.pythons))
            outcome = container.run(
                Request(argv=argv, cwd="/", environment=container.environment()), lambda _text, _is_error: None
            )
            if outcome.exit_code != 0:
                raise CibwError(f"compiling its Python modules failed with exit code {outcome.exit_code}")
            with container.explained():
                identity = engine.snapshot(container.name, name_of(wanted.key, PREPARED), labels)
        prune_images(engine, PREPARED, wanted.owner, self._clock())
        return identity

    def _is_worth_it(self, wanted: Wanted) -> bool:
        """Return whether an earlier run used all these Pythons, so that preparing pays off. Record the current ones."""
        met = self._met(wanted)
        if not wanted.pythons <= met:
            self._note(wanted, wanted.pythons)
        return (self._at_once or wanted.pythons <= met) and _FAILED not in met

    def _met(self, wanted: Wanted) -> frozenset[str]:
        note = self._directory / wanted.key
        with suppress(OSError, ValueError):
            if self._clock() - note.stat().st_mtime < _LONGEST_SECONDS:
                return frozenset(note.read_text("utf-8").splitlines())
        return frozenset()

    def _note(self, wanted: Wanted, more: frozenset[str] | set[str]) -> None:
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

    def image_for(self, engine: Engine, spec: ContainerSpec, opening: Opening, image: str) -> str:
        """Return the id of the prepared version of an image, or an empty string if there is none."""
        if not image.startswith("sha256:"):
            return ""
        return self.images.find(Wanted(engine=engine, spec=spec, opening=opening, image=image, pythons=self.pythons))


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
