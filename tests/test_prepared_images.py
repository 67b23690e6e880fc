"""Images that keep the bytecode of their own Pythons for later runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builds import Ran, build, copy_project
from tests.image_settings import image_settings
from tests.test_container_builds import ENGINES

# A module that no build imports.
_MODULE = "antigravity"
_LOOK = f"""
import importlib.util, os, struct
source = os.path.join(os.path.dirname(os.__file__), "{_MODULE}.py")
try:
    with open(importlib.util.cache_from_source(source), "rb") as file:
        made = struct.unpack("<I", file.read(12)[8:])[0]
except FileNotFoundError:
    made = 0
print("bytecode=%s." % (made == int(os.stat(source).st_mtime)))
"""


def run(engine: str, project: Path, prepared: str, **settings: str) -> Ran:
    given = {
        **image_settings("manylinux_x86_64"),
        "CIBW_BUILD": "cp311-manylinux_x86_64",
        "CIBW_BEFORE_BUILD": "python {project}/look.py",
        "CIBW_TEST_COMMAND": "",
        "CIBW_CACHE_PATH": str(project.parent / "cache"),
        "CIBW_PREPARED_IMAGES": prepared,
        **settings,
    }
    (project / "look.py").write_text(_LOOK)
    return build(project, "--engine", engine, settings=given)


@pytest.mark.parametrize("engine", ENGINES)
def test_builds_find_the_bytecode_of_the_standard_library(engine: str, tmp_path: Path) -> None:
    project = copy_project("c", tmp_path)
    assert "bytecode=False." in run(engine, project, "no").output
    for _ in range(2):
        ran = run(engine, project, "yes")
        assert "bytecode=True." in ran.output
        assert ran.wheels


@pytest.mark.parametrize("engine", ENGINES)
def test_a_prepared_image_has_the_configuration_of_its_image(engine: str, tmp_path: Path) -> None:
    project = copy_project("c", tmp_path)
    see = "id -u; pwd; env | sort | grep -v -e HOSTNAME -e cibw"
    seen = [
        run(engine, project, prepared, CIBW_BEFORE_BUILD=f"echo begin; {see}; echo end").output.partition("begin")[2]
        for prepared in ("no", "yes")
    ]
    first, second = (text.rpartition("│ end")[0].splitlines() for text in seen)
    assert second == first
