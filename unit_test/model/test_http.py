from __future__ import annotations

import pytest

from cibw.model.http import asked_wait, is_worth_another_try, retry, waits

_NOON = "Sun, 29 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"retry-after": "45"}, 45.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, 0.0),
        ({"retry-after": "1" * 400}, 0.0),
        ({"retry-after": "Sun, 29 Nov 2026 12:01:00 GMT", "date": _NOON}, 60.0),
        ({"retry-after": "Sun, 29 Nov 2026 11:01:00 GMT", "date": _NOON}, 0.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 60.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT", "date": "today"}, 60.0),
        ({"retry-after": "Thu, 99 Jan 99999 00:01:40 GMT"}, 0.0),
    ],
)
def test_the_wait_that_an_answer_asks_for(headers: dict[str, str], seconds: float) -> None:
    assert asked_wait(headers, 40.0) == seconds


def test_waits_double() -> None:
    assert waits(2.0, 4) == (2.0, 4.0, 8.0)
    assert waits(2.0, 1) == ()


@pytest.mark.parametrize(("status", "expected"), [(408, True), (425, True), (429, True), (503, True), (404, False)])
def test_a_busy_server_is_asked_again(status: int, *, expected: bool) -> None:
    assert is_worth_another_try(status) is expected


class Flaky:
    """Fails with each of its errors in turn, and then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.pauses: list[tuple[str, float]] = []

    def attempt(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    def pause(self, error: Exception, seconds: float) -> None:
        self.pauses.append((str(error), seconds))


def test_the_first_success_ends_the_attempts() -> None:
    flaky = Flaky(OSError("a"), OSError("b"))
    assert retry(flaky.attempt, OSError, (1.0, 2.0, 4.0), flaky.pause) == "done"
    assert flaky.pauses == [("a", 1.0), ("b", 2.0)]


def test_the_error_of_the_last_attempt_is_raised() -> None:
    flaky = Flaky(OSError("a"), ValueError("b"))
    with pytest.raises(ValueError, match="b"):
        retry(flaky.attempt, (OSError, ValueError), (1.0,), flaky.pause)
    assert flaky.pauses == [("a", 1.0)]


def test_other_errors_are_not_retried() -> None:
    flaky = Flaky(ValueError("a"))
    with pytest.raises(ValueError, match="a"):
        retry(flaky.attempt, OSError, (1.0,), flaky.pause)
    assert flaky.pauses == []
