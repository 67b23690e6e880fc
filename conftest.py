"""What all tests need, on whatever computer and from whatever caller they run."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import settings

_HANDLERS: dict[str, Callable[[int, FrameType | None], object] | signal.Handlers] = {
    "SIGINT": signal.default_int_handler,
    "SIGTERM": signal.SIG_DFL,
    "SIGHUP": signal.SIG_DFL,
}


def pytest_configure(config: pytest.Config) -> None:  # noqa: ARG001 - the name of the hook's argument
    """Make the outcome of tests independent of the caller and of the speed of the computer."""
    # Shells ignore Ctrl-C for what they run in the background, and nohup ignores SIGHUP; child processes inherit that.
    for name, handler in _HANDLERS.items():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
    settings.register_profile("house", deadline=None)
    settings.load_profile("house")
