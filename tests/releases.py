"""Small releases for the tests of delivery: made by hand, so that they take no time."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

PLATFORM = "manylinux_2_17_x86_64"


def metadata(project: str, version: str, *more: str) -> str:
    """The text of METADATA or PKG-INFO; `more` may begin with another Metadata-Version."""
    first = () if more and more[0].startswith("Metadata-Version:") else ("Metadata-Version: 2.1",)
    fields = (*first, f"Name: {project}", f"Version: {version}", "Summary: small", *more)
    return "\n".join((*fields, "", f"# {project}", ""))


def make_wheel(directory: Path, project: str, version: str, *, tag: str, content: str = "answer = 42\n") -> Path:
    """A wheel with one module and a right RECORD."""
    path = directory / f"{project}-{version}-{tag}.whl"
    return _write_wheel(path, {f"{project}.py": content}, metadata(project, version))


def make_described_wheel(directory: Path, project: str, *fields: str) -> Path:
    """A wheel of version 1.0 for any Python, with more fields in its metadata."""
    path = directory / f"{project}-1.0-py3-none-any.whl"
    return _write_wheel(path, {f"{project}.py": "answer = 42\n"}, metadata(project, "1.0", *fields))


def make_dependent_wheel(directory: Path, project: str, dependency: str, *, tag: str) -> Path:
    """A wheel of version 1.0 whose module needs that of another project."""
    path = directory / f"{project}-1.0-{tag}.whl"
    text = metadata(project, "1.0", f"Requires-Dist: {dependency}")
    return _write_wheel(path, {f"{project}.py": f"import {dependency}\n"}, text)


def make_sdist(directory: Path, project: str, version: str) -> Path:
    """An sdist with its PKG-INFO and little else."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{project}-{version}.tar.gz"
    files = {
        "PKG-INFO": metadata(project, version),
        "pyproject.toml": f'[project]\nname = "{project}"\nversion = "{version}"\n',
        f"{project}.py": "answer = 42\n",
    }
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"{project}-{version}/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


def make_release(directory: Path, project: str = "demo", version: str = "1.0", *, wheels: int = 2) -> Path:
    """A directory with wheels for one Python after another, and an sdist."""
    for number in range(wheels):
        make_wheel(directory, project, version, tag=f"cp3{10 + number}-cp3{10 + number}-{PLATFORM}")
    make_sdist(directory, project, version)
    return directory


def _write_wheel(path: Path, modules: Mapping[str, str], text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    project, version, tag = path.stem.split("-", 2)
    info = f"{project}-{version}.dist-info"
    files = {
        **modules,
        f"{info}/METADATA": text,
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\nTag: {tag}\n",
    }
    lines = [f"{name},{_digest(text)},{len(text)}" for name, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join((*lines, f"{info}/RECORD,,", ""))
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return path


def _digest(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    return f"sha256={digest}"
