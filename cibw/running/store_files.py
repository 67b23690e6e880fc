"""Files of the store: written atomically, and validated when read."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from cibw.limited import parse_json, read_limited
from cibw.running.removal import put_in_place, remove_tree

_BLOCK = 1 << 20
_MOST = 256 << 20
"""A project may have a million files, and a table lists all of them."""
Table = dict[str, object]


def write_table(path: Path, table: Mapping[str, object]) -> None:
    """Write a table as JSON under a temporary name, then rename it."""
    write_bytes(path, json.dumps(table).encode())


def write_bytes(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file under a temporary name, then rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    remove_tree(partial)
    try:
        with open(partial, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as stream:
            stream.write(content)
        put_in_place(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def read_table(path: Path) -> Table:
    """Return the table in a JSON file, or an empty table if the file is missing or broken."""
    try:
        parsed: object = parse_json(read_limited(path, _MOST))
    except (OSError, ValueError):
        return {}
    return {str(name): value for name, value in parsed.items()} if isinstance(parsed, dict) else {}


def read_texts(path: Path, key: str = "") -> dict[str, str]:
    """Return the strings in a JSON file, or in the table under a key in it; empty if there are none."""
    table: object = read_table(path)
    if key:
        table = table.get(key) if isinstance(table, dict) else None
    return {str(name): str(value) for name, value in table.items()} if isinstance(table, dict) else {}


def copy_with_hash(source: Path, target: Path) -> str:
    """Copy a file's content and return its SHA-256. Raise FileNotFoundError if the source is not a regular file."""
    if not source.is_file():
        # Opening a FIFO would block.
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(source))
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("wb") as writer:
        while block := reader.read(_BLOCK):
            digest.update(block)
            writer.write(block)
    return digest.hexdigest()
