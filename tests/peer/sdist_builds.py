"""Builds the wheels of an sdist: by cibw on the host and in a container, and by cibuildwheel in the same image."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.builds import CACHE, environment
from tests.downloads import download_sdist
from tests.image_settings import image
from tests.peer.peer import CIBUILDWHEEL_RELEASE, cibuildwheel_python

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LIST = Path(__file__).with_name("sdists.toml")
BUILDERS = ("host", "container", "cibuildwheel")
PYTHONS = ("cp310", "cp311", "cp312", "cp313")
_SECONDS = 1500
_LAST_LINES = 40
_NO_TESTS = ("TEST_REQUIRES", "TEST_EXTRAS", "TEST_GROUPS", "TEST_SOURCES", "TEST_SKIP", "BEFORE_TEST", "SKIP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A release that is built for one Python; its test imports some modules."""

    name: str
    version: str
    python: str
    modules: str
    settings: Mapping[str, str] = field(default_factory=dict)
    is_outdated: bool = False
    needs_rust: bool = False

    @property
    def release(self) -> str:
        """The name of the project and the version."""
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a build ended: its wheel, or the end of its log, and the seconds that it took.

    `key` identifies what it was built from, without the code of cibw.
    """

    builder: str
    wheel: str
    log: str
    seconds: float
    key: str = ""


def projects() -> list[Project]:
    """The projects of the list."""
    tables = tomllib.loads(LIST.read_text(encoding="utf-8"))["sdist"]
    return [
        Project(
            name=table["name"],
            version=table["version"],
            python=table["python"],
            modules=table["import"],
            settings=table.get("settings", {}),
            is_outdated=table.get("outdated", False),
            needs_rust=table.get("rust", False),
        )
        for table in tables
    ]


def sdist_of(project: Project) -> Path:
    """The archive of a release, from the index once and then from the cache."""
    return download_sdist(project.name, project.version, CACHE / "sdists", environment())


def backend_of(sdist: Path) -> str:
    """The build backend that an sdist names; setuptools where it names none."""
    with tarfile.open(sdist) as archive:
        found = [member for member in archive.getmembers() if member.name.count("/") == 1]
        for member in found:
            file = archive.extractfile(member) if member.name.endswith("/pyproject.toml") else None
            if file is not None:
                system = tomllib.loads(file.read().decode()).get("build-system", {})
                return str(system.get("build-backend", "setuptools"))
    return "setuptools"


def build(project: Project, builder: str, kept: Path) -> Outcome:
    """The outcome of a build that is kept in a directory, or that of a new build; only wheels are kept."""
    note = kept / f"{builder}.json"
    key = key_of(project, builder)
    if note.is_file():
        outcome = Outcome(**json.loads(note.read_text(encoding="utf-8")))
        if outcome.key == key:
            return outcome
    wheels = kept / builder
    shutil.rmtree(wheels, ignore_errors=True)
    wheels.mkdir(parents=True)
    started = time.monotonic()
    text = _run(project, builder, wheels)
    seconds = time.monotonic() - started
    (wheels / "log.txt").write_text(text, encoding="utf-8")
    found = [path.name for path in wheels.glob("*.whl")]
    if len(found) != 1:
        end = "\n".join(text.splitlines()[-_LAST_LINES:])
        return Outcome(builder=builder, wheel="", log=end, seconds=seconds, key=key)
    outcome = Outcome(builder=builder, wheel=found[0], log="", seconds=seconds, key=key)
    note.write_text(json.dumps(asdict(outcome)), encoding="utf-8")
    return outcome


def key_of(project: Project, builder: str) -> str:
    """What identifies a build: the release, the settings, the image and the version of cibuildwheel."""
    parts = [asdict(project), _settings(project, builder)]
    if builder != "host":
        parts.append({"image": _image_id(image("manylinux_x86_64").reference)})
    if builder == "cibuildwheel":
        parts.append({"release": CIBUILDWHEEL_RELEASE})
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@cache
def _image_id(reference: str) -> str:
    command = ["docker", "image", "inspect", "--format", "{{.Id}}", reference]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _run(project: Project, builder: str, wheels: Path) -> str:
    """Run a builder, and return what it prints."""
    with TemporaryDirectory() as directory:
        empty = Path(directory) / "empty.toml"
        empty.touch()
        command = [*_program(builder), *(["--config-file", str(empty)] if project.is_outdated else [])]
        try:
            done = subprocess.run(
                [*command, "--output-dir", str(wheels), str(sdist_of(project))],
                cwd=directory,
                env=environment(_settings(project, builder)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return f"The build did not end within {_SECONDS} seconds."
    return done.stdout


def _program(builder: str) -> list[str]:
    if builder == "cibuildwheel":
        return [cibuildwheel_python(), "-m", "cibuildwheel", "--platform", "linux"]
    return [sys.executable, "-m", "cibw", "--engine", "host" if builder == "host" else "docker"]


def _settings(project: Project, builder: str) -> dict[str, str]:
    target = "manylinux2014" if builder == "host" else image("manylinux_x86_64").reference
    own = {
        "CIBW_BUILD": f"{project.python}-manylinux_x86_64",
        "CIBW_ARCHS": "x86_64",
        "CIBW_MANYLINUX_X86_64_IMAGE": target,
        "CIBW_CONTAINER_ENGINE": "docker",
        "CIBW_TEST_COMMAND": f'python -c "import {project.modules}"',
        # The index that is asked may lack the newest of the pinned audit tools.
        "CIBW_DEPENDENCY_VERSIONS": "latest",
        **{f"CIBW_{name}": "" for name in _NO_TESTS},
        **project.settings,
    }
    if builder == "cibuildwheel":
        # Its audit of abi3 wheels downloads a program from elsewhere than the index.
        own |= {"PYTHONPATH": "", "CIBW_CACHE_PATH": str(CACHE / "cibuildwheel"), "CIBW_AUDIT_COMMAND": ""}
    if project.needs_rust and builder != "host":
        own |= _rust()
    return own


def _rust() -> dict[str, str]:
    """Settings that lend the host's Rust to containers; its libraries ask for an older glibc than any image has."""
    done = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True)
    return {
        "CIBW_CONTAINER_ENGINE": f"docker; create-args: --volume {done.stdout.strip()}:/opt/rust:ro",
        "CIBW_ENVIRONMENT": 'PATH="/opt/rust/bin:$PATH"',
    }
