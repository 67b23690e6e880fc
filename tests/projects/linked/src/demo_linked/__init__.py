"""An extension and a library that it is linked with, which pass things of C++ to each other."""

from ._linked import check as _check


def check() -> None:
    """Raise AssertionError unless streams, errors and exceptions pass between the two."""
    assert _check()
