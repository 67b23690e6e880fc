"""What a start of the program imports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from house.sources import Finding

HEAVY = frozenset(
    "attrs auditwheel bashlex bracex cattrs docker filelock findpython logging packaging requests rich subprocess "
    "tarfile tempfile typing_extensions urllib3 zipfile".split()
)
PROJECT = "examples/hello"
NOTHING_READ = HEAVY | {"cibw.config", "cibw.catalog", "cibw.planning", "cibw.running", "tomllib"}
NOTHING_PLANNED = HEAVY | {
    "bz2",
    "lzma",
    "platform",
    "shutil",
    "cibw.model.events",
    "cibw.model.plan",
    "cibw.planning.make",
    "cibw.config.shell_values",
}
COMMANDS = (
    (("--help",), NOTHING_READ),
    (("--version",), NOTHING_READ),
    (("--print-build-identifiers", PROJECT), NOTHING_PLANNED),
    (("--print-build-identifiers", "--platform", "macos", PROJECT), NOTHING_PLANNED),
    (("plan", PROJECT), HEAVY),
)


def check(root: Path) -> Iterator[Finding]:
    """What quick commands import without need, or their failure."""
    for arguments, unwanted in COMMANDS:
        yield from _check(root, arguments, unwanted)


def _check(root: Path, arguments: tuple[str, ...], unwanted: frozenset[str]) -> Iterator[Finding]:
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
