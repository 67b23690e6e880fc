"""What a start of the program imports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from house.sources import Finding

HEAVY = frozenset({"docker", "rich", "auditwheel", "bashlex", "cattrs", "findpython", "requests", "bracex"})


def check(root: Path) -> Iterator[Finding]:
    """Heavy libraries that `cibw --help` imports, or its failure."""
    main = "cibw/__main__.py"
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "cibw", "--help"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        last = result.stderr.strip().splitlines()[-1:]
        yield Finding(path=main, line=1, message=f"`cibw --help` fails: {' '.join(last)}")
        return
    imported = {
        line.rpartition("|")[2].strip() for line in result.stderr.splitlines() if line.startswith("import time")
    }
    for module in sorted(imported & HEAVY):
        yield Finding(path=main, line=1, message=f"`cibw --help` imports {module}; import it where it is used")
