"""Which runs of this user are alive, for others that find what they have left in a container engine."""

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
    """A directory with a lock for each run that is alive.

    `identity` tells it from those of other users, computers and containers, which may use the same engine: what
    carries another identity is not judged.
    """

    root: Path
    identity: str

    @classmethod
    def open(cls, parent: Path | None = None) -> LiveRuns | None:
        """The runs of this user on this computer; None where no directory can be had that nobody else writes to."""
        with suppress(OSError):
            root = private_root(parent or _parent())
            if root is not None:
                remove_dead(root)
                return cls(root=root, identity=_identity(root / "identity"))
        return None

    @contextmanager
    def entered(self, run_id: str) -> Iterator[None]:
        """Count a run as alive until the context ends, or this process does."""
        lock = lock_place(self._place(run_id))
        try:
            yield
        finally:
            if lock is not None:
                lock.release(removes=True)

    def lives(self, run_id: str) -> bool:
        """Whether a run is alive; what is no id of a run counts as alive, for nobody knows."""
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
    # TMPDIR may be another one in each run.
    return temporary_directory() if os.name == "nt" else Path("/tmp")  # noqa: S108  # what is made there is ours alone


def _identity(path: Path) -> str:
    if not path.exists():
        fresh = path.with_name(f"{path.name}-{secrets.token_hex(4)}")
        fresh.write_text(secrets.token_hex(16), "ascii")
        # Of two runs that are the first at the same time, one has its way.
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    text = path.read_text("ascii")
    if not _IDENTITY.fullmatch(text):
        path.unlink()
        return _identity(path)
    return text
