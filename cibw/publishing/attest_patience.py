"""An end to waiting, for libraries that know none."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import TimeoutError as TooLateError
from multiprocessing.pool import ThreadPool
from typing import TypeVar

from cibw.publishing.attest import OutageError

Value = TypeVar("Value")


def within(seconds: float, work: Callable[[], Value]) -> Value:
    """What some work gives, or its error; OutageError where it takes longer, and then nobody waits for it any more."""
    # Unlike those of concurrent.futures, the threads of this pool do not hold up the end of the program.
    pool = ThreadPool(1)
    try:
        return pool.apply_async(work).get(seconds)
    except TooLateError as error:
        raise OutageError(f"no answer came within {seconds:g} s") from error
    finally:
        pool.close()
