"""Programs of a Mac, in LLVM's version, which delocate calls by the names that they have on a Mac."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_LLVM = {"lipo": "llvm-lipo", "otool": "llvm-otool", "install_name_tool": "llvm-install-name-tool"}
# -m only says how parentheses in names are meant; the otool of LLVM 14 does not know it.
_OTOOL = """\
#!/bin/sh
for word; do
    shift
    [ "$word" = -m ] || set -- "$@" "$word"
done
exec {program} "$@"
"""
_CODESIGN = """\
#!/bin/sh
printf '%s\\n' "$*" >>{log}
"""


def mac_tools() -> dict[str, Path]:
    """LLVM's programs by their names on a Mac, as far as they are here: on PATH, or where Debian puts them."""
    places = ":".join(str(path) for path in sorted(Path("/usr/lib").glob("llvm-*/bin"), reverse=True))
    found = {name: shutil.which(llvm) or shutil.which(llvm, path=places) for name, llvm in _LLVM.items()}
    return {name: Path(path) for name, path in found.items() if path}


def missing_mac_tools() -> str:
    """What is missing, in words; empty where all is here."""
    missing = [llvm for name, llvm in _LLVM.items() if name not in mac_tools()]
    return f"{', '.join(missing)} of LLVM is missing (Debian: llvm)" if missing else ""


def lay_mac_tools(directory: Path) -> Path:
    """A directory for PATH; gives the log of codesign, which no computer but a Mac has: a stand-in notes its calls."""
    directory.mkdir()
    tools = mac_tools()
    for name in ("lipo", "install_name_tool"):
        (directory / name).symlink_to(tools[name])
    log = directory.parent / "codesign.log"
    _program(directory / "otool", _OTOOL.format(program=tools["otool"]))
    _program(directory / "codesign", _CODESIGN.format(log=log))
    return log


def install_names(path: Path, architecture: str) -> list[str]:
    """The libraries that an architecture of a file needs, as otool gives them."""
    otool = [str(mac_tools()["otool"]), "-arch", architecture, "-L", str(path)]
    lines = subprocess.run(otool, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split()[0] for line in lines if line.startswith("\t")]


def architectures(path: Path) -> set[str]:
    """The architectures of a Mach-O file."""
    lipo = [str(mac_tools()["lipo"]), str(path), "-archs"]
    return set(subprocess.run(lipo, capture_output=True, text=True, check=True).stdout.split())


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
