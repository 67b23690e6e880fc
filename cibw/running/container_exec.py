"""Running a command in a container, from its preparation to its exit code."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from cibw.errors import EngineUnavailableError
from cibw.running.container_api import Execution, RefusedError
from cibw.running.container_faults import StartFaults
from cibw.running.container_handle import Handle

_PAUSE = 0.02
_PATIENCE = 10.0


class Executor:
    """Runs commands in one container; several threads may use it."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._client = handle.client

    def execute(self, execution: Execution, take: Callable[[bytes, bool], None], data: Iterable[bytes] = ()) -> int:
        """Run a command to its end and return its exit code; pieces of its output go to `take`.

        A command that can't be started has 126 or 127, and the engine's words as standard error.
        InterruptedRunError where the container is closed meanwhile, EngineUnavailableError where it is lost.
        """
        planned = replace(execution, argv=(*self._handle.prefix, *execution.argv))
        with self._handle.explained():
            return self._stream(planned, take, data)

    def _stream(self, execution: Execution, take: Callable[[bytes, bool], None], data: Iterable[bytes]) -> int:
        faults = StartFaults()
        try:
            identity = self._client.begin(self._handle.name, execution)
            for chunk, is_error in self._client.output(identity, data):
                take(chunk, faults.judge(chunk, is_error))
        except RefusedError as refused:
            code = faults.exit_code_of(refused)
            take(f"{refused.message}\n".encode(), True)
            return code
        return faults.exit_code(self._exit_code(identity))

    def _exit_code(self, identity: str) -> int:
        """The stream may end a moment before the engine knows the exit code."""
        deadline = time.monotonic() + _PATIENCE
        while (code := self._client.exit_code(identity)) is None:
            if time.monotonic() > deadline:
                raise EngineUnavailableError("The container engine lost sight of a command.", hint="Run again.")
            time.sleep(_PAUSE)
        return code
