from __future__ import annotations

import pytest

from cibw.model.http import Answer, NoAnswerError, Question
from tests.doubles.fetch import RecordingWeb

ADDRESS = "https://index.example/"


def test_answers_in_order_and_404_for_the_rest() -> None:
    web = RecordingWeb({f"GET {ADDRESS}": (Answer(status=503), Answer(status=200))})
    assert [web.ask(Question(address=ADDRESS)).status for _ in range(3)] == [503, 200, 200]
    assert web.ask(Question(address=ADDRESS, method="POST")).status == 404
    assert [question.method for question in web.asked] == ["GET", "GET", "GET", "POST"]


def test_a_connection_that_breaks() -> None:
    with pytest.raises(NoAnswerError):
        RecordingWeb({f"GET {ADDRESS}": (None,)}).ask(Question(address=ADDRESS))
