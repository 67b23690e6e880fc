"""The README's first command, on a fresh copy in a fresh environment."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.builds import ROOT, Ran, check_ended_well, check_wheel, environment
from tests.installing import here, import_from

BUILT_BY_DEFAULT = ("cp39", "cp310", "cp311", "cp312", "cp313", "cp314", "cp314t", "cp315", "cp315t")


def first_command() -> str:
    """The first command of the README's first console block."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"^```console\n\$ (.+?)\n```", readme, re.MULTILINE | re.DOTALL)
    assert block is not None
    return block[1]


def clone(directory: Path) -> Path:
    """A repository with the files of the work tree, those that are not committed too."""
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, directory / name)
    git(directory, "init", "--quiet")
    git(directory, "add", "--all")
    return directory


def git(directory: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=directory, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.host
def test_the_first_command_builds_the_example_for_every_python(tmp_path: Path) -> None:
    directory = clone(tmp_path / "clone")
    done = subprocess.run(
        ["sh", "-c", first_command()],
        cwd=directory,
        env={name: value for name, value in environment().items() if name != "PYTHONPATH"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ran = Ran(exit_code=0, output=done.stdout, output_dir=directory / "wheelhouse")
    tags = here(*BUILT_BY_DEFAULT)
    check_ended_well(ran, [f"{tag}-manylinux_x86_64" for tag in tags])
    for tag in tags:
        wheel = ran.wheel_of(f"{tag}-manylinux_x86_64")
        check_wheel(wheel, "manylinux2014_x86_64")
        check_wheel(wheel, "manylinux_2_17_x86_64")
        assert import_from(wheel, tag, "import hello; print(hello.__name__)", tmp_path) == "hello"
