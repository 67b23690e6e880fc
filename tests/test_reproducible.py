"""Two builds of a project on the host give the same wheel, wherever the project lies."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.builds import build, copy_project

pytestmark = pytest.mark.host
IDENTIFIER = "cp311-manylinux_x86_64"
EPOCH = {"SOURCE_DATE_EPOCH": "1700000000"}


def digests(wheel: Path) -> dict[str, str]:
    """The digest of the wheel itself and, so that a failure tells more, of each file in it."""
    with ZipFile(wheel) as archive:
        inside = {name: sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    return {**inside, wheel.name: sha256(wheel.read_bytes()).hexdigest()}


@pytest.mark.parametrize(
    "name",
    [
        *("cython", "meson", "skbuild"),
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("cpp", "linked")),
    ],
)
def test_the_wheel_is_the_same_from_another_directory(name: str, tmp_path: Path) -> None:
    found = []
    for directory in (tmp_path / "one", tmp_path / "another" / "deeper"):
        directory.mkdir(parents=True)
        project = copy_project(name, directory)
        ran = build(project, "--engine", "host", "--only", IDENTIFIER, settings={**EPOCH, "CIBW_TEST_COMMAND": ""})
        [wheel] = ran.wheels
        found.append(digests(wheel))
        with ZipFile(wheel) as archive:
            contents = b"".join(archive.read(member) for member in archive.namelist())
        assert str(tmp_path).encode() not in contents
    assert found[0] == found[1]
