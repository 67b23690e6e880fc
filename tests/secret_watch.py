"""Looks for planted secrets where a run might leave them: command lines, environments of its children, files, texts."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True, kw_only=True)
class Watch:
    """What a look at all processes, again and again, has found; `looks` counts them, `children` those below the root.

    `secrets` must not stand on any command line, `logins` not in the environment of any process below the root either.
    """

    secrets: tuple[bytes, ...]
    logins: tuple[bytes, ...]
    found: set[str] = field(default_factory=set)
    looks: int = 0
    children: int = 0

    @contextmanager
    def on(self, root: int) -> Iterator[None]:
        """Watch the processes below a root while the context lasts."""
        stop = threading.Event()
        thread = threading.Thread(target=self._watch, args=(root, stop))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _watch(self, root: int, stop: threading.Event) -> None:
        while not stop.wait(0.01):
            below, own = _below(root), _read(root, "cmdline")
            for pid in _processes():
                words = _read(pid, "cmdline")
                # Between fork and exec a child is still a copy of the program itself.
                self._judge(pid, words, is_child=pid in below and words != own)
            self.looks += 1

    def _judge(self, pid: int, words: bytes, *, is_child: bool) -> None:
        shown = words.replace(b"\0", b" ").decode(errors="replace")[:300]
        if any(secret in words for secret in self.secrets):
            self.found.add(f"command line: {shown}")
        # A process that becomes another program in this moment would have words and variables of two.
        variables = _read(pid, "environ") if is_child else b""
        if not variables or _read(pid, "cmdline") != words:
            return
        self.children += 1
        for variable in variables.split(b"\0"):
            if any(login in variable for login in self.logins):
                self.found.add(f"{variable.partition(b'=')[0].decode()} in the environment of: {shown}")


def leaks_in_files(directories: Iterable[Path], secrets: Mapping[str, str], *, but: Iterable[Path]) -> list[str]:
    """The files below some directories that hold a secret, with its name; those that are named are left out."""
    left_out = {path.resolve() for path in but}
    found = []
    for directory in directories:
        for path in sorted(directory.rglob("*")):
            if not path.is_file() or path.is_symlink() or left_out & {path.resolve(), *path.resolve().parents}:
                continue
            data = path.read_bytes()
            found += [f"{name} in {path}" for name, secret in secrets.items() if secret.encode() in data]
    return found


def leaks_in_text(text: str, secrets: Mapping[str, str]) -> list[str]:
    """The lines of a text that hold a secret, with its name."""
    lines = text.splitlines()
    return [f"{name} in: {line}" for name, secret in secrets.items() for line in lines if secret in line]


def _below(root: int) -> set[int]:
    parents: dict[int, int] = {}
    for pid in _processes():
        # The name of a program, in parentheses, may hold anything.
        fields = _read(pid, "stat").rpartition(b")")[2].split()
        if len(fields) > 1:
            parents[pid] = int(fields[1])
    below: set[int] = set()
    for pid in parents:
        line = [pid]
        while line[-1] in parents and line[-1] != root:
            line.append(parents[line[-1]])
        if line[-1] == root:
            below.update(line[:-1])
    return below


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        # It has ended meanwhile.
        return b""
