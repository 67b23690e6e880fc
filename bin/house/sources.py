"""Finding and reading the files that the house rules speak of."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOMS = ("cibw", "unit_test", "tests", "bin", "examples", "docs", "changelog.d", ".ci")
TOP = ("noxfile.py", "pyproject.toml", "README.md", "CHANGELOG.md")
TEXT = {".py", ".md", ".toml", ".sh", ".json", ".yml", ".yaml", ".txt", ".cfg", ".html", ".js", ""}
SKIPPED = {"__pycache__", "build", "dist", "wheelhouse", "node_modules"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A Python file: its path relative to the project, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    def matches(self, *patterns: str) -> bool:
        """Whether the path matches one of some globs, in which `*` also matches slashes."""
        return any(fnmatch(self.path, pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A broken rule and its place."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def text_files(root: Path) -> Iterator[tuple[str, str]]:
    """Paths, relative to the project, and contents of its text files."""
    for path in sorted(_files(root)):
        if path.suffix in TEXT and not path.name.startswith(".coverage"):
            try:
                yield path.relative_to(root).as_posix(), path.read_text("utf-8")
            except UnicodeDecodeError:
                continue


def python_sources(root: Path) -> list[Source]:
    """The project's own Python files; a syntax error ends the program."""
    return [
        Source(path=path, text=text, tree=ast.parse(text, path))
        for path, text in text_files(root)
        if path.endswith(".py") and not path.startswith("tests/projects/")
    ]


def _files(root: Path) -> Iterator[Path]:
    yield from (root / name for name in TOP if (root / name).is_file())
    for room in ROOMS:
        for path in (root / room).rglob("*"):
            if path.is_file() and not SKIPPED.intersection(path.relative_to(root).parts):
                yield path
