"""What a run tells of itself, and what becomes of listeners that fail."""

from __future__ import annotations

from collections.abc import Callable

from cibw.model.events import Event


class Voice:
    """Hands events on, from any thread; the first `fault` of a listener is kept, as no build is to blame for it."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self.fault: Exception | None = None
        self._emit = emit

    def __call__(self, event: Event) -> None:
        """Tell of an event."""
        try:
            self._emit(event)
        except Exception as fault:  # noqa: BLE001 - the scheduler ends the run and raises it
            self.fault = self.fault or fault
