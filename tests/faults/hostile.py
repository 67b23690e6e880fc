"""What hostile sdists and wheels are made of, and the registers of their kinds.

The same kind and number give the same file on every computer. Each kind is a function that writes one file. It gets a
random generator that is seeded with the number, and the directory outside that an archive tries to write to.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.releases import metadata

ROOT = "demo-1.0"
INFO = "demo-1.0.dist-info"
TAG = "cp311-cp311-manylinux_2_17_x86_64"
GIB = 1 << 30
BLOCK = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a hostile archive is made with: where it lies, what it aims at, and chance."""

    directory: Path
    target: Path
    chance: random.Random


Make = Callable[[Setting], Path]


class Kinds:
    """The kinds of hostile files by name; those in `refused` must never be accepted."""

    def __init__(self) -> None:
        self.makers: dict[str, Make] = {}
        self.refused: set[str] = set()

    def __call__(self, name: str, *, refused: bool = False) -> Callable[[Make], Make]:
        """Register a kind."""

        def register(function: Make) -> Make:
            self.makers[name] = function
            if refused:
                self.refused.add(name)
            return function

        return register

    def make(self, kind: str, number: int, directory: Path, target: Path) -> Path:
        """Write the file of a kind and a number."""
        directory.mkdir(parents=True, exist_ok=True)
        seed = zlib.crc32(f"{kind} {number}".encode())
        return self.makers[kind](Setting(directory=directory, target=target, chance=random.Random(seed)))


def multipart(setting: Setting) -> bytes:
    """Metadata that an e-mail parser takes for a message of several parts."""
    kinds = ["multipart/mixed; boundary=x", "message/rfc822", "multipart/mixed", 'text/plain; charset="\u00e4"']
    depth = setting.chance.randint(1, 300)
    head = metadata("demo", "1.0", f"Content-Type: {setting.chance.choice(kinds)}")
    return (head + "\n--x\nContent-Type: multipart/mixed; boundary=x\n" * depth).encode()


def many_headers(setting: Setting) -> bytes:
    """Metadata with more classifiers than any program should look up one by one."""
    lines = (f"Classifier: Topic :: {number}" for number in range(setting.chance.randint(50_000, 100_000)))
    return metadata("demo", "1.0", *lines).encode()
