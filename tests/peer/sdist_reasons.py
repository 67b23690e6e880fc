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


_GLIBC = r"(ld-linux-x86-64\.so\.2|lib(c|m)\.so\.6|lib(dl|rt|util)\.so\.[12]|libpthread\.so\.0)"
_CPP = r"(libstdc\+\+\.so\.6|libgcc_s\.so\.1)"
_DEBUG = r"(\.debug_(info|line|line_str|str)|\.note\.gnu\.build-id)"

REASONS = (
    Reason(
        pair=_CONTAINER,
        kind="sections",
        shows=rf"({_DEBUG} ?)+ \| ",
        why="debug information has the path of a temporary directory of the build, which also differs between two runs "
        "of cibuildwheel; code and data are equal",
    ),
    Reason(
        pair=_CONTAINER,
        kind="sections",
        member=r".*__mypyc\.\S+\.so",
        shows=r"\.note\.gnu\.build-id \.rodata \| ",
        why="mypyc writes the elements of a frozenset in the order of their hashes, which Python chooses at random",
    ),
    Reason(
        pair=_HOST,
        kind="platform",
        shows=r"(manylinux\w+_x86_64 ?)* \| (manylinux\w+_x86_64 ?)*",
        why="the host builds for glibc 2.17, and the image has a newer glibc with newer versions of its functions",
    ),
    Reason(
        pair=_HOST,
        kind="sections",
        why="the host compiles with zig's clang, and the image with its gcc",
    ),
    Reason(
        pair=_HOST,
        kind="needed",
        shows=rf"({_GLIBC} ?)* \| (({_GLIBC}|{_CPP}) ?)*",
        why="the C++ library is part of a binary of the host, and some functions of glibc are in other libraries in "
        "glibc 2.17 than in that of the image",
    ),
    Reason(
        pair=_HOST,
        kind="size",
        shows=r"\d{6,7} \| \d{5,6}",
        why="the C++ library is part of a binary of the host",
    ),
    Reason(
        pair=_HOST,
        kind="run path",
        shows=r" \| [\w/.-]+/lib",
        why="the Python of the stand-in image links with the path of its own library",
    ),
)
