"""Builds side by side: before-all once, every machine from its state, nothing left behind."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from cibw.model.events import Status
from tests.builds import PROJECTS, Ran, build, check_ended_well, check_made_once, copy_project, selected
from tests.image_settings import image_settings
from tests.test_container_builds import ENGINES

IDENTIFIERS = tuple(f"{tag}-manylinux_x86_64" for tag in ("cp311", "cp312", "cp313"))
HOOKS = {
    "CIBW_BEFORE_ALL": "echo once; date +%s%N > {project}/made-by-before-all.txt",
    "CIBW_BEFORE_BUILD": "echo found=$(cat {project}/made-by-before-all.txt)",
}


def build_three(engine: str, directory: Path, changes: Mapping[str, str] | None = None) -> Ran:
    settings = {**image_settings("manylinux_x86_64"), **selected(*IDENTIFIERS), **HOOKS, **(changes or {})}
    return build(copy_project("c", directory), "--engine", engine, "--jobs", "3", settings=settings)


def found(ran: Ran) -> list[str]:
    logs = [(ran.output_dir / "logs" / f"{identifier}.log").read_text(encoding="utf-8") for identifier in IDENTIFIERS]
    lines = [line.strip() for log in logs for line in log.splitlines()]
    return [line.partition("found=")[2] for line in lines if "found=" in line and "$(" not in line]


@pytest.mark.parametrize("engine", [pytest.param("host", marks=pytest.mark.host), *ENGINES])
def test_before_all_once_and_every_build_from_its_state(engine: str, tmp_path: Path) -> None:
    ran = build_three(engine, tmp_path)
    check_ended_well(ran, IDENTIFIERS)
    marks = found(ran)
    assert len(marks) == len(IDENTIFIERS)
    assert len(set(marks)) == 1
    assert marks[0].isdigit()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_images_of_before_all_go_with_the_run(engine: str, tmp_path: Path) -> None:
    # An image inherits the labels of its container; those of other runs at the same time lack this one.
    label = f"cibw.tests={tmp_path.name}-{os.getpid()}"
    settings = {"CIBW_CONTAINER_ENGINE": f"{engine}; create_args: --label={label}"}
    check_ended_well(build_three(engine, tmp_path, settings), IDENTIFIERS)
    command = [engine, "images", "--quiet", "--filter", "reference=cibw-snapshot*", "--filter", f"label={label}"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == ""


@pytest.mark.host
def test_output_of_builds_does_not_mix(tmp_path: Path) -> None:
    ran = build_three("host", tmp_path)
    headings = [line for line in ran.output.splitlines() if "(continued)" in line]
    assert headings == []


def build_changed(name: str, directory: Path, old: str, new: str, changes: Mapping[str, str] | None = None) -> Ran:
    """Build a project on the host for three Pythons, two at once, after a change of its setup.py."""
    project = copy_project(name, directory)
    script = project / "setup.py"
    text = script.read_text(encoding="utf-8")
    assert old in text
    script.write_text(text.replace(old, new), encoding="utf-8")
    settings = {**selected(*IDENTIFIERS), "CIBW_CACHE": "false", **(changes or {})}
    ran = build(project, "--engine", "host", "--jobs", "2", settings=settings)
    check_ended_well(ran, IDENTIFIERS)
    return ran


@pytest.mark.host
def test_the_oldest_python_makes_the_abi3_wheel_that_setup_py_promises(tmp_path: Path) -> None:
    ran = build_changed("abi3", tmp_path, "", "")
    statuses = [ran.results[identifier].status for identifier in IDENTIFIERS]
    assert statuses == [Status.BUILT, Status.REUSED, Status.REUSED]
    assert "(continued)" not in ran.words


@pytest.mark.host
def test_an_abi3_wheel_that_nobody_foresees_ends_the_builds_it_serves(tmp_path: Path) -> None:
    check_made_once(build_changed("abi3", tmp_path, '"cp310"', '"".join(("cp", "310"))'))


@pytest.mark.host
def test_a_promise_that_is_not_kept_costs_no_wheel(tmp_path: Path) -> None:
    ran = build_changed("c", tmp_path, "\nsetup(", '\nUNUSED = {"py_limited_api": "cp310"}\nsetup(')
    assert len(ran.wheels) == len(IDENTIFIERS)


OF_EACH_PYTHON = """
import sys
import time

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel


class Tagged(bdist_wheel):
    def get_tag(self):
        python, _abi, plat = super().get_tag()
        return python, "abi3", plat


time.sleep(6 * ("cp%d%d" % sys.version_info[:2] == "SLOW"))
setup(
    py_modules=[],
    ext_modules=[
        Extension("demo_abi3", ["demo_abi3.c"], define_macros=[("Py_LIMITED_API", "0x030A0000")], py_limited_api=True)
    ],
    cmdclass={"bdist_wheel": Tagged},
)
"""


@pytest.mark.host
@pytest.mark.parametrize("slow", ["cp311", "cp312", ""])
def test_the_oldest_python_makes_the_only_abi3_wheel_whichever_ends_first(slow: str, tmp_path: Path) -> None:
    before = (PROJECTS / "abi3/setup.py").read_text(encoding="utf-8")
    ran = build_changed("abi3", tmp_path, before, OF_EACH_PYTHON.replace("SLOW", slow), {"CIBW_AUDIT_COMMAND": ""})
    statuses = [ran.results[identifier].status for identifier in IDENTIFIERS]
    assert statuses == [Status.BUILT, Status.REUSED, Status.REUSED]
    assert [wheel.name.split("-")[2] for wheel in ran.wheels] == ["cp311"]
