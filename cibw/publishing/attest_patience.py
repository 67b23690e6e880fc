"""A timeout for libraries that have none."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import TimeoutError as TooLateError
from multiprocessing.pool import ThreadPool
from typing import TypeVar

Value = TypeVar("Value")


class OutageError(Exception):
    """The signing service is unavailable; a retry may succeed."""


def within(seconds: float, work: Callable[[], Value]) -> Value:
    """The result of some work, or its error; OutageError after a timeout, while the work continues in its thread."""
    # Unlike those of concurrent.futures, the threads of this pool do not block the exit of the program.
    pool = ThreadPool(1)
    try:
        return pool.apply_async(work).get(seconds)
    except TooLateError as error:
        raise OutageError(f"no response within {seconds:g} s") from error
    finally:
        pool.close()
