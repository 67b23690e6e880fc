from __future__ import annotations

import pytest

from cibw.model.events import Event, Progress
from cibw.reporting.reporter import combine

NEWS = Progress(job="one", text="news")


def test_who_fails_keeps_nothing_from_the_others() -> None:
    heard: list[str] = []

    def fail(_event: Event) -> None:
        heard.append("first")
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        combine(fail, lambda _event: heard.append("second"))(NEWS)
    assert heard == ["first", "second"]
