"""Files of the store: written whole or not at all, and read without trust."""

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
"""A project may have a million files, of which a table holds what is known."""
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
    """The table in a JSON file; empty where the file is missing or broken."""
    try:
        parsed: object = parse_json(read_limited(path, _MOST))
    except (OSError, ValueError):
        return {}
    return {str(name): value for name, value in parsed.items()} if isinstance(parsed, dict) else {}


def read_texts(path: Path, key: str = "") -> dict[str, str]:
    """The texts in a JSON file, or in the table that it holds under a key; empty where there are none."""
    table: object = read_table(path)
    if key:
        table = table.get(key) if isinstance(table, dict) else None
    return {str(name): str(value) for name, value in table.items()} if isinstance(table, dict) else {}


def copy_with_hash(source: Path, target: Path) -> str:
    """Copy a file's content and give its SHA-256; FileNotFoundError where the source is no regular file."""
    if not source.is_file():
        # A FIFO would be waited for.
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(source))
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("wb") as writer:
        while block := reader.read(_BLOCK):
            digest.update(block)
            writer.write(block)
    return digest.hexdigest()
