"""Makes an image of a container, for the other containers of a run and for later runs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from cibw.running.container import ContainerMachine
from cibw.running.container_connect import Engine
from cibw.running.container_states import ContainerStates

SNAPSHOT_NAME = "cibw-snapshot"


class Snapshot:
    """The image of a container as before-all left it.

    Its name for this run is taken away when the `stack` closes; without a stack it stays. With `states` it may get
    another name, by which later runs find it. It has the labels of the run, which are its `own`.
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
        """The identity of the image; empty before it is made."""

    def take(self) -> None:
        """Make the image; InterruptedRunError where the container is closed meanwhile."""
        if self._stack is not None:
            # An engine that is asked may make the image though nobody hears of it.
            self._stack.callback(self._engine.remove_image, self._reference)
        labels = {**self._own, **(self._states.labels if self._states else {})}
        with self._container.explained():
            self.image = self._engine.snapshot(self._container.name, self._reference, labels)

    def keep(self) -> None:
        """Keep the image, which is made where that was not done, for later runs; errors as for `take`."""
        if self._states is None:
            return
        if not self.image:
            self.take()
        with self._container.explained():
            self._states.keep(self._reference)
        if self._stack is not None:
            self._stack.callback(self._states.prune)
