"""Collects the Mac's programs that a build for iOS may use in a directory.

ios_tools.py DIRECTORY [TOOL...]

Each is a link to the program itself, so that its neighbours, such as Homebrew's libraries, are not found with it.
uv is always included, because cibw audits wheels with it.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

_OWN = "uv"


def main(directory: str, *tools: str) -> None:
    """Link the tools. Exit with a message that lists missing ones."""
    found = {tool: shutil.which(tool) for tool in (_OWN, *tools)}
    missing = [tool for tool, path in found.items() if path is None]
    if missing:
        sys.exit(
            f"xbuild-tools lists programs that are not on PATH: {', '.join(missing)}.\nInstall them on this "
            "Mac, or remove them from xbuild-tools."
        )
    Path(directory).mkdir(parents=True, exist_ok=True)
    for tool, path in found.items():
        original = os.path.realpath(str(path))
        Path(directory, tool).symlink_to(original)
        if tool != _OWN:
            print(f"{tool} is {original}")


if __name__ == "__main__":
    main(*sys.argv[1:])
