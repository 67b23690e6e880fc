"""What before-all leaves in a container serves later runs, until something changes that it depends on."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.builds import Ran, build, copy_project, run_cibw
from tests.image_settings import image_settings
from tests.test_container_builds import ENGINES

IDENTIFIER = "cp311-manylinux_x86_64"
SECRET = "not-for-any-image"
MADE = "made-by-before-all.txt"
HOOKS = {
    # The name of the file comes from a place that stays, whatever the project holds.
    "CIBW_BEFORE_ALL": f"cat deps/*.txt; date +%s%N > /opt/installed; date +%s%N > {MADE}",
    "CIBW_BEFORE_BUILD": f"echo found=$(cat /opt/installed)/$(cat {MADE}); echo files=$(ls -A deps notes)",
    "CIBW_TEST_COMMAND": "",
    "CIBW_REPAIR_WHEEL_COMMAND": "",
}


class Trial:
    """A project that is built again and again, with a cache of its own from which no wheel is taken."""

    def __init__(self, engine: str, directory: Path, target: str = "manylinux_x86_64", **settings: str) -> None:
        self.engine = engine
        self.project = copy_project("c", directory)
        for name in ("deps/list.txt", "notes/one.txt", "notes/two.txt"):
            (self.project / name).parent.mkdir(exist_ok=True)
            (self.project / name).write_text(name)
        self.settings = {
            **image_settings(target),
            **HOOKS,
            "CIBW_BUILD": f"cp311-{target}",
            "CIBW_CACHE": "true",
            "CIBW_CACHE_PATH": str(directory / "cache"),
            **settings,
        }
        self.earlier = images_of(engine)
        self.count = 0

    def run(self, *arguments: str) -> tuple[str, list[str]]:
        """Build, and give what before-all left, and the files that before-build saw."""
        # A variable of the build alone makes another wheel, so that none comes from the store.
        self.count += 1
        settings = {**self.settings, "CIBW_CONFIG_SETTINGS": f"number={self.count}"}
        ran = build(self.project, "--engine", self.engine, *arguments, settings=settings)
        return said(ran, "found"), said(ran, "files").split()

    def clear(self) -> None:
        """Remove the images of this trial, which no later run could use."""
        for image in self.images():
            subprocess.run([self.engine, "rmi", image], capture_output=True, check=False)

    def images(self) -> list[str]:
        """The images of this trial."""
        return [image for image in images_of(self.engine) if image not in self.earlier]


def said(ran: Ran, name: str) -> str:
    lines = [
        line.partition(f"{name}=")[2] for line in ran.output.splitlines() if f"{name}=" in line and "$(" not in line
    ]
    return lines[-1].strip()


def images_of(engine: str) -> list[str]:
    command = [engine, "images", "--quiet", "--no-trunc", "--filter", "label=cibw.before-all"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_later_run_starts_from_what_it_left(engine: str, tmp_path: Path) -> None:
    trial = Trial(engine, tmp_path)
    first, _ = trial.run()
    assert trial.run()[0] == first
    (trial.project / "notes" / "one.txt").write_text("changed")
    second, _ = trial.run()
    assert second != first
    third, _ = trial.run("--rebuild-before-all")
    assert third not in {first, second}
    assert trial.run()[0] == third
    trial.clear()


@pytest.mark.parametrize("engine", ENGINES)
def test_only_its_inputs_make_it_run_again(engine: str, tmp_path: Path) -> None:
    trial = Trial(engine, tmp_path, CIBW_BEFORE_ALL_INPUTS="deps/** pyproject.toml")
    first, files = trial.run()
    assert files == ["deps:", "list.txt", "notes:", "one.txt", "two.txt"]
    (trial.project / "notes" / "two.txt").unlink()
    (trial.project / "notes" / "three.txt").write_text("new")
    second, files = trial.run()
    assert second == first
    assert files == ["deps:", "list.txt", "notes:", "one.txt", "three.txt"]
    (trial.project / "deps" / "list.txt").write_text("changed")
    assert trial.run()[0] != first
    trial.clear()


@pytest.mark.docker
@pytest.mark.musl
def test_musllinux(tmp_path: Path) -> None:
    trial = Trial("docker", tmp_path, "musllinux_x86_64", CIBW_BEFORE_ALL_INPUTS="deps")
    first, _ = trial.run()
    (trial.project / "notes" / "two.txt").unlink()
    second, files = trial.run()
    assert second == first
    assert files == ["deps:", "list.txt", "notes:", "one.txt"]
    trial.clear()


@pytest.mark.docker
def test_a_changed_file_that_it_wrote_makes_it_run_again(tmp_path: Path) -> None:
    settings = {"CIBW_BEFORE_ALL": f"echo more >> notes/one.txt; {HOOKS['CIBW_BEFORE_ALL']}"}
    trial = Trial("docker", tmp_path, CIBW_BEFORE_ALL_INPUTS="deps", **settings)
    first, _ = trial.run()
    (trial.project / "notes" / "two.txt").write_text("changed")
    assert trial.run()[0] == first
    (trial.project / "notes" / "one.txt").write_text("changed")
    assert trial.run()[0] != first
    trial.clear()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_cache_tells_what_an_image_adds_to_its_base(engine: str, tmp_path: Path) -> None:
    more = f"{HOOKS['CIBW_BEFORE_ALL']}; head -c 3000000 /dev/urandom > /opt/payload"
    trial = Trial(engine, tmp_path, CIBW_BEFORE_ALL=more)
    trial.run()
    (image,) = trial.images()
    told = subprocess.run([engine, "inspect", image], capture_output=True, text=True, check=True).stdout
    key = json.loads(told)[0]["Config"]["Labels"]["cibw.before-all"]
    shown = run_cibw(trial.project, "cache", "info", settings=trial.settings).output
    [line] = [line for line in shown.splitlines() if key[:16] in line]
    assert line.startswith(f"image    cibw-before-all:{key[:16]}, made on ")
    amount, unit = line.rpartition(f"in {engine.capitalize()}, ")[2].split()
    assert unit == "MB"
    assert 3.0 <= float(amount) < 100.0
    trial.clear()


@pytest.mark.parametrize("engine", ENGINES)
def test_no_secret_stays_in_an_image(engine: str, tmp_path: Path) -> None:
    trial = Trial(engine, tmp_path, CIBW_ENVIRONMENT_PASS="TOKEN", TOKEN=SECRET)
    first, _ = trial.run()
    (image,) = trial.images()
    told = subprocess.run([engine, "inspect", image], capture_output=True, text=True, check=True).stdout
    assert json.loads(told)[0]["Config"]["Labels"]["cibw.before-all"]
    history = [engine, "history", "--no-trunc", image]
    assert SECRET not in told + subprocess.run(history, capture_output=True, text=True, check=True).stdout
    trial.settings["TOKEN"] = "another"
    assert trial.run()[0] != first
    trial.clear()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_failure_leaves_no_image(engine: str, tmp_path: Path) -> None:
    trial = Trial(engine, tmp_path, CIBW_BEFORE_ALL="exit 3")
    assert run_cibw(trial.project, "--engine", engine, settings=trial.settings).exit_code == 1
    assert trial.images() == []
