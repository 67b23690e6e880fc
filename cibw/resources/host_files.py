"""File operations of a build on Windows. Runs in the Python of cibw.

host_files.py fresh SOURCE PROJECT WORK   a fresh copy of the project, and the directories of a build
host_files.py move FILE DIRECTORY         a wheel that needs no repair
host_files.py copy DIRECTORY SOURCE...    files of the project that the tests need, with their parents
host_files.py judge DIRECTORY             whether python and pip on PATH are those in a directory
host_files.py cross FILE LIBS PLATFORM    settings of setuptools for another architecture
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

_MSVC = {"win-arm64": "arm64"}


def fresh(source: str, project: str, work: str) -> None:
    """Remove the output of an earlier build, copy the project, and create the directories of this build."""
    for path in (project, work):
        shutil.rmtree(path, ignore_errors=True)
    for name in ("built", "repaired", "test"):
        Path(work, name).mkdir(parents=True)
    shutil.copytree(source, project, symlinks=True)


def move(file: str, directory: str) -> None:
    """Move a file into a directory."""
    shutil.move(file, directory)


def copy(directory: str, *sources: str) -> None:
    """Copy files and directories to the same relative paths in another directory, which is created."""
    Path(directory).mkdir(parents=True, exist_ok=True)
    for source in sources:
        target = Path(directory, source)
        target.parent.mkdir(parents=True, exist_ok=True)
        if Path(source).is_dir():
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(source, target)


def judge(directory: str) -> None:
    """Exit with a message if PATH finds another Python than the one in the directory."""
    for name in ("python", "pip"):
        own = shutil.which(name, path=directory)
        found = shutil.which(name)
        if own and (found is None or os.path.normcase(Path(found)) != os.path.normcase(Path(own))):
            sys.exit(
                f"{name} on PATH is {found or 'missing'}, but the build has its own: {own}.\nAppend directories "
                "to PATH in the environment option instead of prepending them."
            )


def cross(file: str, libs: str, platform: str) -> None:
    """Write the settings that make setuptools link for another architecture.

    Reject a compiler set up for a third one.
    """
    wanted = _MSVC[platform]
    found = os.environ.get("VSCMD_ARG_TGT_ARCH") or wanted
    if found != wanted:
        sys.exit(
            f"VSCMD_ARG_TGT_ARCH is {found}, but this build is for {wanted}.\nSet up the compiler for {wanted}, "
            "or leave that to the build backend."
        )
    plat = f"plat_name={platform}"
    lines = ("[build]", plat, "[build_ext]", f"library_dirs={libs}", plat, "[bdist_wheel]", plat)
    # Python reads the file in the system's encoding.
    Path(file).write_text("\n".join(lines) + "\n")


def main(action: str, *arguments: str) -> None:
    """Run the action named by the first argument."""
    first, second, *rest = (*arguments, "", "")
    match action:
        case "fresh":
            fresh(first, second, rest[0])
        case "move":
            move(first, second)
        case "copy":
            copy(first, *arguments[1:])
        case "judge":
            judge(first)
        case "cross":
            cross(first, second, rest[0])
        case _:
            sys.exit(f"{action} is not an action of host_files.py")


if __name__ == "__main__":
    main(*sys.argv[1:])
