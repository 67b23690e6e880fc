"""Tracks which runs of this user are alive, so that others can remove their leftovers from a container engine."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cibw.running.scratch import lock_place, private_root, remove_dead, temporary_directory

_RUN_ID = re.compile("[0-9a-f]{8}")
_IDENTITY = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRuns:
    """A directory with a lock for each live run.

    `identity` distinguishes it from those of other users, computers and containers that may use the same engine.
    Objects with another identity are left alone.
    """

    root: Path
    identity: str

    @classmethod
    def open(cls, parent: Path | None = None) -> LiveRuns | None:
        """Return this user's runs on this computer, or None if no directory is writable by this user only."""
        with suppress(OSError):
            root = private_root(parent or _parent())
            if root is not None:
                remove_dead(root)
                return cls(root=root, identity=_identity(root / "identity"))
        return None

    @contextmanager
    def entered(self, run_id: str) -> Iterator[None]:
        """Mark a run as alive until the context ends or this process ends."""
        lock = lock_place(self._place(run_id))
        try:
            yield
        finally:
            if lock is not None:
                lock.release(removes=True)

    def lives(self, run_id: str) -> bool:
        """Return whether a run is alive. An invalid run id counts as alive, because its state is unknown."""
        if not _RUN_ID.fullmatch(run_id):
            return True
        try:
            lock = lock_place(self._place(run_id))
        except OSError:
            return True
        if lock is None:
            return True
        lock.release(removes=True)
        return False

    def _place(self, run_id: str) -> Path:
        return self.root / f"run-{run_id}"


def _parent() -> Path:
    # TMPDIR may differ between runs.
    return temporary_directory() if os.name == "nt" else Path("/tmp")  # noqa: S108  # what is made there is ours alone


def _identity(path: Path) -> str:
    if not path.exists():
        fresh = path.with_name(f"{path.name}-{secrets.token_hex(4)}")
        fresh.write_text(secrets.token_hex(16), "ascii")
        # If two runs are the first at the same time, one of them wins.
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    text = path.read_text("ascii")
    if not _IDENTITY.fullmatch(text):
        path.unlink()
        return _identity(path)
    return text
