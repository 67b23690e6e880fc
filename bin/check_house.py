"""Check the house rules that no ready-made linter knows; docs/contributing.md lists them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PARTS = ("cibw", "unit_test", "tests", "bin", "examples", "docs", "changelog.d", ".ci")
TOP = ("noxfile.py", "pyproject.toml", "README.md", "CHANGELOG.md")
TEXT = {".py", ".md", ".toml", ".sh", ".json", ".yml", ".yaml", ".txt", ".cfg", ".html", ".js", ""}
SKIPPED = {"__pycache__", "build", "dist", "wheelhouse", "node_modules"}
FILE_LINES = 700
"""A longer Python file has to be split. Above 500 lines, look at it again."""

HEAVY = frozenset(
    "attrs auditwheel bashlex bracex cattrs docker filelock findpython logging packaging requests rich subprocess "
    "tarfile tempfile tomlkit typing_extensions urllib3 zipfile".split()
)
PROJECT = "examples/hello"
NOTHING_READ = HEAVY | {"cibw.config", "cibw.catalog", "cibw.planning", "cibw.execution", "tomllib"}
NOTHING_PLANNED = HEAVY | {
    "bz2",
    "lzma",
    "platform",
    "shutil",
    "cibw.model.events",
    "cibw.model.plan",
    "cibw.planning.plan",
    "cibw.config.shell",
}
COMMANDS = (
    (("--help",), NOTHING_READ),
    (("--version",), NOTHING_READ),
    (("--print-build-identifiers", PROJECT), NOTHING_PLANNED),
    (("--print-build-identifiers", "--platform", "macos", PROJECT), NOTHING_PLANNED),
    (("plan", PROJECT), HEAVY),
)
"""Quick commands, and what they must not import."""

_PATCH = re.compile(r"monkeypatch\.setattr\(")
# Joined from pieces, or this file would break its own rule.
_INDEXES = "|".join(("py" + "pi", "python" + "hosted", "npm" + "js", "deb" + "ian", "crates", "rubygems"))
_HOST = re.compile(rf"(?<![\w.-])(?:[\w-]+\.)*(?:{_INDEXES})\.(?:org|io)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A broken rule and its place."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def main() -> int:
    """Print every finding and return 1 if there is one."""
    findings = list(findings_in(Path(__file__).resolve().parent.parent))
    for finding in findings:
        print(finding)
    print(f"{len(findings)} broken house rules" if findings else "All house rules hold.")
    return 1 if findings else 0


def findings_in(root: Path) -> Iterator[Finding]:
    """The broken rules of a project."""
    for path, text in text_files(root):
        yield from check_text(path, text)
    for arguments, unwanted in COMMANDS:
        yield from check_startup(root, arguments, unwanted)


def text_files(root: Path) -> Iterator[tuple[str, str]]:
    """Paths, relative to the project, and contents of its text files."""
    for path in sorted(_files(root)):
        if path.suffix in TEXT and not path.name.startswith(".coverage"):
            try:
                yield path.relative_to(root).as_posix(), path.read_text("utf-8")
            except UnicodeDecodeError:
                continue


def _files(root: Path) -> Iterator[Path]:
    yield from (root / name for name in TOP if (root / name).is_file())
    for part in PARTS:
        for path in (root / part).rglob("*"):
            if path.is_file() and not SKIPPED.intersection(path.relative_to(root).parts):
                yield path


def check_text(path: str, text: str) -> Iterator[Finding]:
    """Hosts of package registries, files that are too long, and patches in unit tests."""
    lines = text.splitlines()
    if path.endswith(".py") and len(lines) > FILE_LINES:
        yield Finding(path=path, line=1, message=f"{len(lines)} lines; a file has up to {FILE_LINES}")
    for number, line in enumerate(lines, 1):
        if _HOST.search(line):
            # Those come from the settings of the tools.
            yield Finding(path=path, line=number, message="names the host of a package registry")
        if path.startswith("unit_test/") and path.endswith(".py") and _PATCH.search(line):
            yield Finding(path=path, line=number, message="pass a test double as an argument instead of patching")


def check_startup(root: Path, arguments: tuple[str, ...], unwanted: frozenset[str]) -> Iterator[Finding]:
    """What a quick command imports without need, or its failure."""
    main, call = "cibw/__main__.py", f"`cibw {' '.join(arguments)}`"
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "cibw", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        last = result.stderr.strip().splitlines()[-1:]
        yield Finding(path=main, line=1, message=f"{call} fails: {' '.join(last)}")
        return
    imported = {
        line.rpartition("|")[2].strip() for line in result.stderr.splitlines() if line.startswith("import time")
    }
    for module in sorted(imported & unwanted):
        yield Finding(path=main, line=1, message=f"{call} imports {module}; import it where it is used")


if __name__ == "__main__":
    sys.exit(main())
