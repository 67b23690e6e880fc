"""Builds for Android with a made-up SDK: what cibw does around the compiler is real, and zig is the compiler."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from zipfile import ZipFile

import pytest
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

from cibw.execution.host.interpreters import find_interpreters
from cibw.model.identifiers import Interpreter
from tests.android_sdk import Sdk, lay_python
from tests.builds import CACHE, ROOT, Ran, environment, native_files, run_cibw

pytestmark = pytest.mark.host
ARM, INTEL = "aarch64-linux-android", "x86_64-linux-android"
IDENTIFIERS = {ARM: "cp313-android_arm64_v8a", INTEL: "cp313-android_x86_64"}
BACKEND = """
import sys, sysconfig
from setuptools.build_meta import *

def get_requires_for_build_wheel(config_settings=None):
    assert sys.platform == "android" and config_settings == {"kind": "made-up"}, (sys.platform, config_settings)
    assert sysconfig.get_platform().startswith("android-26-"), sysconfig.get_platform()
    return ["wheel"]
"""
SETTINGS = """
[tool.cibw]
before-build = "python -c 'import sys; print(sys.platform, sys.getandroidapilevel())'; echo $CARGO_BUILD_TARGET"
before-test = "python -c 'import platform; print(platform.system(), platform.machine())'"
build-frontend = "build"
config-settings = {kind = "made-up"}
test-command = "python -m unittest discover tests && python -c 'import hello'"
test-sources = ["tests"]
build-verbosity = 1

[tool.cibw.environment]
ANDROID_API_LEVEL = 26
LDFLAGS = "-Wl,--no-as-needed -L$LIBRARIES -lc++_shared"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A copy of the greeting's project, with an SDK and both Pythons where cibw keeps what it fetches."""

    project: Path
    sdk: Sdk
    cache: Path
    log: Path

    @property
    def identifier(self) -> str:
        """What is built."""
        return IDENTIFIERS[self.sdk.triplet]

    def settings(self, **further: str) -> dict[str, str]:
        """The environment of a run."""
        libraries = self.sdk.toolchain / "sysroot" / "usr" / "lib" / self.sdk.triplet
        own = {"ANDROID_HOME": str(self.sdk.home), "TESTBED_LOG": str(self.log), "LIBRARIES": str(libraries)}
        # The newest pins may be newer than what an index has.
        cibw = {"CIBW_CACHE_PATH": str(self.cache), "CIBW_DEPENDENCY_VERSIONS": "latest"}
        return {**own, **cibw, "UV_CACHE_DIR": str(CACHE / "uv"), "ZIG_GLOBAL_CACHE_DIR": str(CACHE / "zig"), **further}

    def run(self, **further: str) -> Ran:
        """Build the identifier."""
        return run_cibw(self.project, "--only", self.identifier, settings=self.settings(**further))

    def lay_pythons(self, python: str) -> None:
        """Put both Pythons of the plan into the cache, as if they had been fetched."""
        done = subprocess.run(
            ["python", "-m", "cibw", "plan", "--json", "--only", self.identifier],
            cwd=self.project,
            env=environment(self.settings(CIBW_TEST_COMMAND="")),
            check=True,
            stdout=subprocess.PIPE,
        )
        actions = json.loads(done.stdout)["jobs"][0]["builds"][0]["prepare"]["actions"]
        paths = [self.cache / action["path"][1].strip("/") for action in actions if action["type"] == "fetch"]
        target, host = sorted(paths, key=lambda path: "android" not in path.name)
        target.parent.mkdir(parents=True)
        lay_python(target, self.sdk, python)
        host.symlink_to(Path(python).resolve().parents[1])
        assert (host / "bin" / "python3").exists()


class Make(Protocol):
    """Makes a place for a target, with a text behind the project's pyproject.toml and the API level of the compiler."""

    def __call__(self, triplet: str, text: str = "", level: int = 24) -> Place: ...


@pytest.fixture
def place(tmp_path: Path) -> Make:
    """A maker of places."""

    def make(triplet: str, text: str = "", level: int = 24) -> Place:
        python = _python()
        project = tmp_path / "hello"
        shutil.copytree(ROOT / "examples" / "hello", project)
        file = project / "pyproject.toml"
        file.write_text(file.read_text().partition("[tool.cibw]")[0] + text)
        sdk = Sdk(home=tmp_path / "sdk", triplet=triplet)
        sdk.make(level)
        found = Place(project=project, sdk=sdk, cache=tmp_path / "cache", log=tmp_path / "testbed.json")
        found.lay_pythons(python)
        return found

    return make


def _python() -> str:
    for found in find_interpreters(CACHE / "interpreters.json"):
        if found.interpreter == Interpreter.parse("cp313"):
            return found.path
    pytest.skip("needs CPython 3.13 on the host")


def needed(wheel: Path, name: str) -> tuple[str, list[str]]:
    """The processor of a library in a wheel, and the libraries that it needs."""
    with ZipFile(wheel) as archive, archive.open(name) as file:
        elf = ELFFile(file)
        section = elf.get_section_by_name(".dynamic")
        assert isinstance(section, DynamicSection)
        return elf.get_machine_arch(), [str(vars(tag)["needed"]) for tag in section.iter_tags("DT_NEEDED")]


def test_a_wheel_for_another_processor(place: Make) -> None:
    """The defaults, up to a wheel that auditwheel takes for one of Android; no emulator here runs it."""
    here = place(ARM, '[tool.cibw]\ntest-command = "python -c pass"\n')
    ran = here.run()
    assert ran.exit_code == 0, ran.output
    (wheel,) = ran.wheels
    assert wheel.name == "hello-1.0.0-cp313-cp313-android_24_arm64_v8a.whl"
    (library,) = native_files(wheel)
    assert library == f"hello/_hello.cpython-313-{ARM}.so"
    processor, libraries = needed(wheel, library)
    assert processor == "AArch64"
    assert "libpython3.13.so" in libraries
    assert "libc.so.6" not in libraries
    assert "/home/ci/" not in ran.output
    assert not ran.results[here.identifier].tested
    assert "an emulator on this host runs only x86_64" in ran.words


def test_all_of_the_way(place: Make) -> None:
    """A backend that asks, flags, hooks, a library to graft, the frontend `build` and the tests."""
    here = place(INTEL, SETTINGS, level=26)
    (here.project / "backend.py").write_text(BACKEND)
    file = here.project / "pyproject.toml"
    backend = 'build-backend = "backend"\nbackend-path = ["."]'
    file.write_text(file.read_text().replace('build-backend = "setuptools.build_meta"', backend))
    ran = here.run()
    assert ran.exit_code == 0, ran.output
    assert "android 26\n" in ran.output
    assert f" {INTEL}\n" in ran.output
    assert "Android x86_64\n" in ran.output
    (wheel,) = ran.wheels
    assert wheel.name == "hello-1.0.0-cp313-cp313-android_26_x86_64.whl"
    grafted, own = sorted(native_files(wheel), key=lambda name: not name.startswith("hello.libs/"))
    assert grafted.startswith("hello.libs/libc++_shared-")
    assert Path(grafted).name in needed(wheel, own)[1]
    assert ran.results[here.identifier].tested
    assert json.loads(here.log.read_text()) == {
        "device": "maxVersion",
        "directory": "testbed",
        "libraries": sorted(native_files(wheel)),
        "python": ["-c", "import hello"],
        "sources": ["tests"],
        "verbose": 1,
    }
    assert ran.output.count("android.py test ") == 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ANDROID_HOME": ""}, "ANDROID_HOME is not set"),
        ({"ANDROID_HOME": "/nowhere"}, "ANDROID_HOME is /nowhere, which is not a directory"),
        ({"CIBW_TEST_COMMAND": "make test"}, "`make test`"),
        ({"CIBW_BUILD_FRONTEND": "pip"}, "the build frontend pip does not support android"),
    ],
)
def test_mistakes_are_told_before_anything_is_built(place: Make, settings: dict[str, str], message: str) -> None:
    ran = place(INTEL).run(**settings)
    assert ran.exit_code == 2
    assert message in ran.words
    assert not ran.output_dir.exists()


def test_a_compiler_that_is_missing_is_told(place: Make) -> None:
    """The compiler's name has the API level in it, so that not every level has one."""
    ran = place(INTEL, level=24).run(CIBW_ENVIRONMENT="ANDROID_API_LEVEL=99")
    assert ran.exit_code == 1
    assert "x86_64-linux-android99-clang does not exist" in ran.words
    assert "`android.py env` of the target's Python failed" in ran.words


@pytest.mark.parametrize(("triplet", "added"), [("", []), (ARM, ["target add aarch64-linux-android"])])
def test_rust_for_the_target_is_added_when_it_is_asked_for(tmp_path: Path, triplet: str, added: list[str]) -> None:
    log, real, shims = tmp_path / "log", tmp_path / "real", tmp_path / "shims dir"
    for name in ("cargo", "rustup"):
        _program(real / name, f'#!/bin/sh\necho "{name} $*" >>{log}\n')
        _program(shims / name, (ROOT / "cibw" / "resources" / "android_rust.sh").read_text())
    variables = {"PATH": f"{shims}:{shims}/.:{real}:/usr/bin:/bin", "CIBW_HOST_TRIPLET": triplet}
    subprocess.run(["cargo", "build", "--release"], env=variables, check=True)
    assert log.read_text().splitlines() == [*(f"rustup {line}" for line in added), "cargo build --release"]


def test_missing_rust_is_told(tmp_path: Path) -> None:
    _program(tmp_path / "cargo", (ROOT / "cibw" / "resources" / "android_rust.sh").read_text())
    variables = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(["cargo"], env=variables, check=False, capture_output=True, text=True)
    assert done.returncode == 127
    assert "cargo is not installed" in done.stderr


def test_files_of_a_package_are_those_of_the_target(place: Make) -> None:
    """A package with another wheel for Android, which a build finds among the files that xbuild-files names."""
    here = place(INTEL, level=24)
    wheels = here.project.parent / "wheels"
    wheels.mkdir()
    for tag, text in (("py3-none-any", "host"), ("cp313-cp313-android_24_x86_64", "target")):
        with ZipFile(wheels / f"num-1.0-{tag}.whl", "w") as archive:
            archive.writestr("num/config.h", text)
            archive.writestr("num/__init__.py", "")
            info = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"
            archive.writestr("num-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: num\nVersion: 1.0\n")
            archive.writestr("num-1.0.dist-info/WHEEL", info)
            archive.writestr("num-1.0.dist-info/RECORD", "")
    file = here.project / "pyproject.toml"
    file.write_text(file.read_text().replace('["setuptools>=61"]', '["setuptools>=61", "num"]'))
    ran = here.run(
        UV_FIND_LINKS=str(wheels),
        CIBW_XBUILD_FILES="num:num/config.h",
        CIBW_BEFORE_BUILD='cat "$(python -c "import num; print(num.__path__[0])")/config.h"',
    )
    assert ran.exit_code == 0, ran.output
    assert "num/config.h is replaced with the file for the target" in ran.words


def test_a_program_runs_alone(tmp_path: Path) -> None:
    """Two of them never overlap, and each ends as it did."""
    log, lock = tmp_path / "log", tmp_path / "cache" / "a.lock"
    script = f"echo begin >>{log}; sleep 0.5; echo end >>{log}; exit 3"
    words = [sys.executable, str(ROOT / "cibw" / "resources" / "alone.py"), str(lock), "sh", "-c", script]
    running = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [3, 3]
    assert log.read_text().split() == ["begin", "end"] * 2
    assert sorted(outputs) == ["", f"waiting for another build, which holds {lock}\n"]


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
