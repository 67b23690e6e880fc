"""A marker for unreachable code after exhaustive matching."""

from __future__ import annotations

from typing import NoReturn


def assert_never(value: NoReturn, /) -> NoReturn:
    """Raise AssertionError for a value without a branch; mypy reports such values statically.

    This is `typing.assert_never`, which Python 3.10 does not have, without the import time of `typing_extensions`.
    """
    raise AssertionError(f"{value!r} has no branch")
