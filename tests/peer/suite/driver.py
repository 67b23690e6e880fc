"""Runs cibuildwheel's integration tests with cibw in its place.

It is started by the Python of an environment that has cibuildwheel, and knows nothing of cibw but the program. The
first argument is a JSON file with the settings, the others are for pytest.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import pytest

PEER_CALL = [sys.executable, "-m", "cibuildwheel"]
UNLIMITED = "test_0_basic.py::test_build_identifiers"
"""Builds nothing, so that what the images lack does not matter to it."""

MUSLLINUX = "test_musllinux"
"""The tests that also build for musl; the compiler of the stand-in image is too slow for all of them."""

_LAST_WITH_GIL = 13
"""Newer Pythons are built without a GIL as well."""


class Run(Protocol):
    """Runs a command, as `subprocess.run` does."""

    def __call__(self, command: Sequence[str], *arguments: object, **options: object) -> object:
        """Run it."""


class Wheels(Protocol):
    """Names the wheels that a test expects."""

    def __call__(self, *arguments: object, **options: object) -> list[str]:
        """Name them."""


class Captured(Protocol):
    """What a test has captured."""

    @property
    def out(self) -> str:
        """Standard output."""

    @property
    def err(self) -> str:
        """Standard error."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that builds: its reference, its policy, such as `musllinux_1_2`, and the tags of its Pythons."""

    reference: str
    policy: str
    pythons: list[str]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a test ended; the text says why it was skipped, or how it failed."""

    test: str
    outcome: str
    text: str = ""


def read_outcomes(path: Path) -> list[Outcome]:
    """The outcomes in a file with a line of JSON for each; the last one of a test counts."""
    found = [Outcome(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    return list({outcome.test: outcome for outcome in found}.values())


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the images can do for a test."""

    images: Mapping[str, Image]
    test: str

    def wheels(self, expected: list[str], *, any_policy: bool) -> list[str]:
        """The expected wheels that the images can make; those of any policy get that of the image."""
        if self.test.startswith(UNLIMITED):
            return expected
        policy = f"{self.images['manylinux'].policy}_" if any_policy else "manylinux_2_28_"
        return [wheel.replace("manylinux_2_28_", policy) for wheel in expected if self._has(wheel)]

    def settings(self, given: Mapping[str, str], *, builds: bool) -> dict[str, str]:
        """The variables of a call, with the images in place of their short names; a build skips what these lack."""
        names = {image.policy: image.reference for image in self.images.values()}
        found = {name: names.get(value, value) if name.endswith("_IMAGE") else value for name, value in given.items()}
        if builds:
            lacking = (f"{python}-{family}*" for family in self.images for python in self._lacking(family))
            found["CIBW_SKIP"] = " ".join((given.get("CIBW_SKIP", ""), "pp*", "gp*", *lacking))
        return found

    def _lacking(self, family: str) -> Iterator[str]:
        for minor in range(8, 17):
            for suffix in ("", "t") if minor > _LAST_WITH_GIL else ("",):
                if f"cp3{minor}-cp3{minor}{suffix}" not in self._pythons(family):
                    yield f"cp3{minor}{suffix}"

    def _has(self, wheel: str) -> bool:
        python, abi, platform = wheel.removesuffix(".whl").split("-")[-3:]
        pythons = self._pythons("musllinux" if platform.startswith("musllinux") else "manylinux")
        if python == "py3":
            return bool(pythons)
        return f"{python}-{python if abi == 'abi3' else abi}" in pythons

    def _pythons(self, family: str) -> list[str]:
        left_out = family == "musllinux" and not self.test.startswith(MUSLLINUX)
        return [] if left_out else self.images[family].pythons


class Suite:
    """A plugin of pytest that puts cibw in the place of cibuildwheel, and limits the tests to what the images have."""

    def __init__(
        self, own_python: str, images: Mapping[str, Image], single_python: tuple[int, int], written: Path
    ) -> None:
        self.own_python = own_python
        self.written = written
        self.images = images
        self.single_python = single_python
        self.outcomes = {outcome.test: outcome for outcome in read_outcomes(written)}
        self._current = ""
        self._read: list[str] = []
        self._patches = pytest.MonkeyPatch()

    def pytest_sessionstart(self) -> None:
        """Patch before any module of the tests is imported, and after their utilities are."""
        utils = sys.modules["test.utils"]
        capture = pytest.CaptureFixture
        self._patches.setattr(utils, "SINGLE_PYTHON_VERSION", self.single_python)
        self._patches.setattr(utils, "expected_wheels", self._limited(vars(utils)["expected_wheels"]))
        self._patches.setattr(subprocess, "run", self._runner(vars(subprocess)["run"]))
        self._patches.setattr(capture, "readouterr", self._reader(capture.readouterr))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out tests whose outcome is known; no test gets a second chance."""
        items[:] = [item for item in items if _name(item.nodeid) not in self.outcomes]
        for item in items:
            item.own_markers = [marker for marker in item.own_markers if marker.name != "flaky"]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note which test runs."""
        self._current = _name(nodeid)
        self._read = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note modules that are skipped or can't be imported."""
        if report.outcome != "passed":
            self._note(report.nodeid, report.outcome, report)
            self._write(_name(report.nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a test ended; a failure stays one, whatever follows."""
        known = self.outcomes.get(_name(report.nodeid))
        if report.outcome != "passed" or (report.when == "call" and known is None):
            self._note(report.nodeid, report.outcome, report)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Write how the test ended, as one line of JSON."""
        self._write(_name(nodeid))

    def pytest_unconfigure(self) -> None:
        """Undo the patches."""
        self._patches.undo()

    @property
    def _limits(self) -> Limits:
        return Limits(images=self.images, test=self._current)

    def _note(self, node: str, outcome: str, report: pytest.CollectReport | pytest.TestReport) -> None:
        text = report.longreprtext
        if outcome == "failed":
            sections = [*report.sections, ("Read by the test", "".join(self._read))]
            text = "\n".join((text, *(f"--- {title}\n{content}" for title, content in sections)))
        elif isinstance(report.longrepr, tuple):
            text = str(report.longrepr[2]).removeprefix("Skipped: ")
        self.outcomes[_name(node)] = Outcome(test=_name(node), outcome=outcome, text=text)

    def _write(self, name: str) -> None:
        with self.written.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(self.outcomes[name])) + "\n")

    def _limited(self, original: Wheels) -> Wheels:
        def expected_wheels(*arguments: object, **options: object) -> list[str]:
            wheels = original(*arguments, **options)
            return self._limits.wheels(wheels, any_policy="manylinux_versions" not in options)

        return expected_wheels

    def _reader(self, original: Callable[[pytest.CaptureFixture[str]], Captured]) -> object:
        def readouterr(fixture: pytest.CaptureFixture[str]) -> Captured:
            captured = original(fixture)
            self._read += [captured.out, captured.err]
            return captured

        return readouterr

    def _runner(self, original: Run) -> Run:
        def run(command: Sequence[str], *arguments: object, **options: object) -> object:
            if list(command[:3]) != PEER_CALL:
                return original(command, *arguments, **options)
            given = options.get("env") or os.environ
            if not isinstance(given, Mapping):
                raise TypeError(f"no environment: {given!r}")
            options["env"] = self._limits.settings(given, builds="--print-build-identifiers" not in command)
            try:
                return original([self.own_python, "-m", "cibw", *command[3:]], *arguments, **options)
            finally:
                _leave_wheels(command)

        return run


def _leave_wheels(command: Sequence[str]) -> None:
    """Remove what cibw writes beside the wheels, in the output directory of a call."""
    if "--output-dir" not in command:
        return
    directory = Path(command[command.index("--output-dir") + 1])
    shutil.rmtree(directory / "logs", ignore_errors=True)
    for name in ("report.json", "dist.json"):
        (directory / name).unlink(missing_ok=True)


def _name(node: str) -> str:
    return node.removeprefix("test/")


def main() -> int:
    """Run the tests, and write their outcomes."""
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    images = {family: Image(**image) for family, image in settings["images"].items()}
    single_python = tuple(settings["single_python"])
    suite = Suite(settings["own_python"], images, single_python, Path(settings["outcomes"]))
    code = pytest.main(sys.argv[2:], plugins=[suite])
    return int(code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED))


if __name__ == "__main__":
    sys.exit(main())
