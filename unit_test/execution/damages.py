"""Ways in which a file of a cache may be damaged."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

Damage = Callable[[Path], None]


def truncate(path: Path) -> None:
    """Keep the first half of a file."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[: len(content) // 2])


def empty(path: Path) -> None:
    """Leave an empty file."""
    path.unlink()
    path.touch()


def flip(path: Path) -> None:
    """Change one bit."""
    content = bytearray(path.read_bytes() or b"x")
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(content)


def garbage(path: Path) -> None:
    """Write something that is neither text nor JSON."""
    path.unlink()
    path.write_bytes(b"\xff\x00{[")


def replace_by_directory(path: Path) -> None:
    """Put a directory with something in it in place of a file."""
    path.unlink()
    (path / "inner").mkdir(parents=True)


def replace_by_dead_link(path: Path) -> None:
    """Put a link to nowhere in place of a file."""
    path.unlink()
    path.symlink_to("nowhere")


def replace_by_fifo(path: Path) -> None:
    """Put a FIFO in place of a file; who opens it for reading waits for ever."""
    path.unlink()
    os.mkfifo(path)


DAMAGES: tuple[Damage, ...] = (
    replace_by_fifo,
    truncate,
    empty,
    flip,
    garbage,
    replace_by_directory,
    replace_by_dead_link,
    Path.unlink,
)
