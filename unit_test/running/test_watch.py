from __future__ import annotations

import threading

from cibw.errors import InterruptedRunError
from cibw.running.watch import ended_by

PATIENCE = 120


def test_what_takes_long_is_ended_by_an_interrupt() -> None:
    interrupted, ended = threading.Event(), threading.Event()

    def go_on() -> None:
        if interrupted.is_set():
            raise InterruptedRunError("The run was interrupted.")

    with ended_by(go_on, ended.set):
        assert not ended.is_set()
        interrupted.set()
        assert ended.wait(PATIENCE)


def test_without_an_interrupt_nothing_is_ended() -> None:
    ends: list[str] = []
    with ended_by(lambda: None, lambda: ends.append("ended")):
        pass
    assert ends == []
    assert not [thread for thread in threading.enumerate() if thread.name == "watch for an interrupt"]
