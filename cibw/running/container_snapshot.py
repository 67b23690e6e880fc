"""Creates an image of a container, for the other containers of the run and for later runs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from cibw.running.container import ContainerMachine
from cibw.running.container_connect import Engine
from cibw.running.container_states import ContainerStates

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
        labels = {**self._own, **(self._states.labels if self._states else {})}
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
