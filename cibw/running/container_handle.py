"""Holds a container and makes sure that it is released."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from cibw.errors import CibwError, EngineUnavailableError, InterruptedRunError
from cibw.model.command import MemoryShortage
from cibw.running.container_api import EngineClient, RefusedError


class Handle:
    """A container by name. `prefix` is prepended to each argv, and `release` removes the container.

    `memory` is its limit in bytes, or 0 for no limit.
    """

    def __init__(
        self, client: EngineClient, name: str, *, prefix: tuple[str, ...] = (), keep: bool = False, memory: int = 0
    ) -> None:
        self._memory = memory
        self.client = client
        self.name = name
        self.prefix = prefix
        self._keep = keep
        self._released = False
        self._lock = threading.Lock()
        self._uses = 0

    def release(self) -> None:
        """Remove the container. A container that is to be kept is only killed, if it is in use."""
        with self._lock:
            self._released = True
            is_used = self._uses > 0
        if not self._keep:
            remove_surely(self.client, self.name)
        elif is_used:
            surely(lambda: self.client.kill(self.name))

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Raise the right error if the container was closed on purpose or went away."""
        with self._lock:
            self._check_released()
            self._uses += 1
        try:
            with self._told_apart():
                yield
        finally:
            with self._lock:
                self._uses -= 1

    @contextmanager
    def _told_apart(self) -> Iterator[None]:
        try:
            yield
        except (RefusedError, EngineUnavailableError) as error:
            self._check_released()
            if isinstance(error, EngineUnavailableError):
                raise
            raise EngineUnavailableError(
                f"The container {self.name} does not respond: {error}",
                hint=self._hint,
            ) from error
        self._check_released()

    @property
    def _hint(self) -> str:
        if not self._memory:
            return "Check whether it was removed or ran out of memory, then run cibw again."
        return f"It may have run out of memory. {MemoryShortage(limit=self._memory, container=True).hint}"

    def _check_released(self) -> None:
        if self._released:
            raise InterruptedRunError("Interrupted.")


def remove_surely(client: EngineClient, name: str) -> None:
    """Remove a container without raising errors. Signals that arrive meanwhile take effect afterwards."""
    surely(lambda: client.remove(name))


def surely(action: Callable[[], None]) -> None:
    """Run an engine request without raising errors. Signals that arrive meanwhile take effect afterwards.

    Signals only reach the main thread, so another thread makes the request. The main thread waits for an event,
    because a join that is interrupted by a signal may consider the thread finished.
    """
    done = threading.Event()
    threading.Thread(target=_act, args=(action, done), name="ask the engine").start()
    _wait(done)


def _act(action: Callable[[], None], done: threading.Event) -> None:
    try:
        with suppress(CibwError, RefusedError):
            action()
    finally:
        done.set()


def _wait(done: threading.Event) -> None:
    try:
        done.wait()
    finally:
        if not done.is_set():
            _wait(done)
