"""Why wheels of one sdist differ that were built in different ways."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.peer.wheels import Difference

_CONTAINER = ("container", "cibuildwheel")
_HOST = ("host", "container")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why the wheels of two builders may differ in a kind of thing.

    `member` is an expression for the whole name of the member, and `shows` one for all that the difference shows.
    """

    pair: tuple[str, str]
    kind: str
    why: str
    member: str = ".*"
    shows: str = ".*"

    def explains(self, pair: tuple[str, str], difference: Difference) -> bool:
        """Whether it is the reason for a difference between the wheels of two builders."""
        return (
            (self.pair, self.kind) == (pair, difference.kind)
            and re.fullmatch(self.member, difference.member) is not None
            and re.fullmatch(self.shows, f"{difference.first} | {difference.second}") is not None
        )


REASONS = (
    Reason(
        pair=_HOST,
        kind="platform",
        shows=r"(manylinux\w+( |$))* \| manylinux_2_\d\d_x86_64",
        why="the host builds for manylinux2014, and the image has a newer glibc",
    ),
    Reason(
        pair=_HOST,
        kind="sections",
        why="the host compiles with zig's clang, and the image with its gcc",
    ),
    Reason(
        pair=_HOST,
        kind="run path",
        shows=r" \| [\w/.-]+/lib",
        why="the Python of the stand-in image links with the path of its own library",
    ),
)
