"""Creates a private copy of a glibc Python that builds extensions for musl.

Called as `musl_python.py PYTHON DIRECTORY`; runs in the Python that is copied, from 3.8 on. The copy shares the
standard library through symbolic links. Only the files that sysconfig reads are its own, so that extensions get the
file name suffix of musl: `.cpython-311-x86_64-linux-musl.so`.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path


def main(python: str, directory: str) -> None:
    """Write the copy into a directory that does not exist yet."""
    prefix = Path(sys.base_prefix)
    root = Path(directory)
    library = Path(sysconfig.get_paths()["stdlib"])
    relative = library.relative_to(prefix)
    (root / "bin").mkdir(parents=True)
    (root / relative).mkdir(parents=True)
    # Not a link, which would lead the interpreter back to its own prefix. The prefix is found from the real path.
    shutil.copy2(os.path.realpath(python), root / "bin" / "python")
    include = Path(sysconfig.get_paths()["include"]).relative_to(prefix)
    (root / include.parent).mkdir(parents=True, exist_ok=True)
    Path(root / include).symlink_to(prefix / include)
    for entry in library.iterdir():
        copied = root / relative / entry.name
        if entry.name.startswith("_sysconfigdata"):
            copied.write_text(entry.read_text().replace("-linux-gnu", "-linux-musl"))
        elif entry.name not in ("site-packages", "__pycache__"):
            Path(copied).symlink_to(entry)
    (root / relative / "site-packages").mkdir()
    shared_library_links(prefix, root)


def shared_library_links(prefix: Path, root: Path) -> None:
    """Link libpython at the path that the interpreter's relative rpath refers to."""
    for entry in (prefix / "lib").glob("libpython*"):
        target = root / "lib" / entry.name
        if not target.exists():
            Path(target).symlink_to(entry)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
