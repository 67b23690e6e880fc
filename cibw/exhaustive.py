"""The mark of a place that nothing reaches, because every member of a closed set has its own branch before it."""

from __future__ import annotations

from typing import NoReturn


def assert_never(value: NoReturn, /) -> NoReturn:
    """Fail, as a member of a closed set has no branch; mypy finds that out before.

    It is the function of the same name in `typing`, which Python 3.10 lacks, without the time that `typing_extensions`
    takes to import.
    """
    raise AssertionError(f"{value!r} has no branch")
