"""cibw and the peer as subjects: their calls, and what a run of cibw tells beside its time."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.environment import ROOT, environment, project
from benchmarks.programs import MeasureError, ProgramFailedError, answer, timed
from benchmarks.values import Sample
from cibw.model.events import Status
from cibw.model.plan import StepName
from cibw.reporting.codecs import report_from_json
from tests.images.recipes import recipes
from tests.peer.peer import cibuildwheel_python

WATCHER = Path(__file__).with_name("watched.py")
_CACHE_OF_CONTAINERS = "/tmp/cibw/cache"  # noqa: S108  # where cibw mounts its volume
_MEBIBYTE = 1 << 20
_TESTING = (StepName.TEST_ENVIRONMENT, StepName.BEFORE_TEST, StepName.TEST_INSTALL, StepName.TEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be built, the same for every tool: a project for some Pythons, and a test of its wheels.

    `overrides` is TOML that goes below the options.
    """

    project: str
    tags: tuple[str, ...]
    test: str = ""
    target: str = "manylinux_x86_64"
    options: Mapping[str, str] = field(default_factory=dict)
    overrides: str = ""

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The build identifiers."""
        return tuple(f"{tag}-{self.target}" for tag in self.tags)

    @property
    def image(self) -> str:
        """The image that all tools build in."""
        known = {recipe.name.replace("-", "_"): recipe.reference for recipe in recipes().values()}
        return known[self.target]

    def configuration(self) -> str:
        """The TOML that both tools read in place of the project's own."""
        chosen = {
            "build": " ".join(self.identifiers),
            "archs": self.target.partition("_")[2],
            f"{self.target.replace('_', '-', 1)}-image": self.image,
            **({"test-command": self.test} if self.test else {}),
            **self.options,
        }
        lines = (f"{name} = {json.dumps(value)}" for name, value in chosen.items())
        return "\n".join(["[tool.cibuildwheel]", *lines, self.overrides])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cibw:
    """A run of cibw for each work; more arguments and settings than the defaults make variants.

    Nothing comes from the store of finished wheels and from a compiler's cache, unless it `resumes`.
    """

    works: tuple[Work, ...]
    arguments: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    is_watched: bool = False
    resumes: bool = False

    def __call__(self, place: Path) -> Sample:
        """Build into empty directories below `place`; the sum of the works' samples."""
        return add([self._run(work, place / str(number)) for number, work in enumerate(self.works)])

    def _run(self, work: Work, place: Path) -> Sample:
        place.mkdir()
        memory = place / "memory"
        program = [str(WATCHER), str(memory)] if self.is_watched else ["-m", "cibw"]
        call = _call([sys.executable, *program, *self.arguments], work, place)
        seconds = timed(call, place / "log", environment({**self._fresh(), **self.settings}), project(work.project))
        details = _details(place / "wheelhouse" / "report.json")
        if self.is_watched:
            details["MiB"] = int(memory.read_text(encoding="utf-8")) / _MEBIBYTE
        return Sample(seconds=seconds, details=details)

    def _fresh(self) -> dict[str, str]:
        # The round that warms up prepares the image, so that no later one has to.
        prepared = {"CIBW_PREPARED_IMAGES": "yes"}
        return (
            prepared if self.resumes else {**prepared, **known_settings({"cache": "false", "compiler-cache": "none"})}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """The run after one in which a single identifier failed, by what its override says of before-build."""

    work: Work
    tag: str

    def __call__(self, place: Path) -> Sample:
        """Fail first, with a store that is empty, and measure the run that goes on."""
        cibw = Cibw(works=(), resumes=True, settings={"CIBW_CACHE_PATH": str(place / "cache")})
        failing = replace(cibw, works=(self._with("false"),), arguments=("--keep-going",))
        before = place / "before"
        before.mkdir()
        with suppress(ProgramFailedError):
            failing(before)
            raise MeasureError("the build that is to be mended did not fail")
        return replace(cibw, works=(self._with("true"),))(place)

    def _with(self, command: str) -> Work:
        table = f'[[tool.cibuildwheel.overrides]]\nselect = "{self.tag}-*"\nbefore-build = "{command}"\n'
        return replace(self.work, overrides=table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cibuildwheel:
    """A run of the peer for each work."""

    works: tuple[Work, ...]
    settings: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, place: Path) -> Sample:
        """Build into empty directories below `place`; the sum of the works' samples."""
        samples = []
        for number, work in enumerate(self.works):
            inner = place / str(number)
            inner.mkdir()
            call = _call([cibuildwheel_python(), "-m", "cibuildwheel", "--platform", "linux"], work, inner)
            seconds = timed(call, inner / "log", environment(self.settings), project(work.project))
            samples.append(Sample(seconds=seconds))
        return add(samples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """A call that builds nothing, in a directory with a configuration; several times, for it is short."""

    python: str
    arguments: tuple[str, ...]
    configuration: str = "[tool.cibuildwheel]\n"
    times: int = 5

    def __call__(self, place: Path) -> Sample:
        """The mean of the calls."""
        package = place / "package"
        package.mkdir()
        (package / "pyproject.toml").write_text(self.configuration, encoding="utf-8")
        python = cibuildwheel_python() if self.python == "peer" else sys.executable
        call = [python, *self.arguments, "."]
        total = sum(timed(call, place / f"log-{number}", environment(), package) for number in range(self.times))
        return Sample(seconds=total / self.times)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cold:
    """A tool whose caches are empty before each run: its directory, and the volume and the images of the engine."""

    tool: type[Cibw | Cibuildwheel]
    works: tuple[Work, ...]

    def __call__(self, place: Path) -> Sample:
        """Build with a volume that is made for this run, and removed after it."""
        settings = {"CIBW_CACHE_PATH": str(place / "cache")}
        if self.tool is Cibuildwheel:
            return Cibuildwheel(works=self.works, settings=settings)(place)
        volume = f"cibw-benchmark-{uuid.uuid4().hex[:8]}"
        arguments = f"--volume {volume}:{_CACHE_OF_CONTAINERS}"
        settings["CIBW_PREPARED_IMAGES"] = "no"
        settings["CIBW_CONTAINER_ENGINE"] = f"docker; create-args: {arguments}"
        try:
            return Cibw(works=self.works, settings=settings)(place)
        finally:
            answer("docker", "volume", "rm", volume)


def known_settings(wanted: Mapping[str, str]) -> dict[str, str]:
    """Variables for the options of this cibw among `wanted` (option: value), so that older ones can be compared."""
    schema = json.loads((ROOT / "cibw" / "resources" / "cibw.schema.json").read_text(encoding="utf-8"))
    known = set(schema["properties"])
    return {f"CIBW_{name.replace('-', '_').upper()}": value for name, value in wanted.items() if name in known}


def add(samples: Sequence[Sample]) -> Sample:
    """One sample of runs that belong together: sums."""
    names = dict.fromkeys(name for sample in samples for name in sample.details)
    details = {name: sum(sample.details.get(name, 0.0) for sample in samples) for name in names}
    return Sample(seconds=sum(sample.seconds for sample in samples), details=details)


def _call(program: Sequence[str], work: Work, place: Path) -> list[str]:
    configuration = place / "configuration.toml"
    configuration.write_text(work.configuration(), encoding="utf-8")
    more = ["--config-file", str(configuration), "--output-dir", str(place / "wheelhouse")]
    return [*program, *more, "."]


def _details(path: Path) -> dict[str, float]:
    report = report_from_json(path.read_text(encoding="utf-8"))
    if any(result.failure for result in report.results):
        raise MeasureError(f"a build failed; see {path}")
    reused = [result for result in report.results if result.status is Status.REUSED]
    tests = [time.seconds for result in reused for time in result.steps if time.step in _TESTING]
    built = sum(result.status is Status.BUILT for result in report.results)
    return {"builds": built, "tests of reused wheels": sum(tests), "wheels": len(report.results)}
