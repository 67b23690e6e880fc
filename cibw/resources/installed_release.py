"""Lists the installed files of a project, or imports its modules. Runs in the Python that it is installed for.

installed_release.py files PROJECT    the installed files and their hashes, a line each
installed_release.py import PROJECT   imports every top-level module, and prints the names
"""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from collections.abc import Iterable

_SUFFIXES = (".py", ".so", ".pyd")
_NO_PART_OF_IT = ("test", "tests", "doc", "docs", "example", "examples", "benchmarks")


def top_level(paths: Iterable[str]) -> list[str]:
    """Return the modules and packages among a wheel's files, which are given with slashes, sorted."""
    found: set[str] = set()
    for path in paths:
        first, slash, _rest = path.partition("/")
        name = first if slash else first.partition(".")[0]
        if path.endswith(_SUFFIXES) and name.isidentifier() and name not in _NO_PART_OF_IT:
            found.add(name)
    return sorted(found)


def _files(project: str) -> list[str]:
    files = importlib.metadata.files(project) or ()
    return sorted(f"{file} {file.hash.value}" for file in files if file.hash)


def main(action: str, project: str) -> int:
    """Run the action and return the exit code."""
    if action == "files":
        print("\n".join(_files(project)))
        return 0
    names = top_level([file.as_posix() for file in importlib.metadata.files(project) or ()])
    for name in names:
        importlib.import_module(name)
    print("imported {}".format(", ".join(names) or "nothing: it has no modules"))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
