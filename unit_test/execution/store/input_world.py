"""A project, and files beside it, that a build is given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from cibw.execution.store.input_files import HashedFiles, InputFiles
from cibw.execution.store.inputs import InputContext, inputs_in_container, inputs_of_before_all, inputs_on_host
from cibw.execution.store.keys import KeyedHash
from cibw.model.machines import ContainerEngine, ContainerSpec, Image
from cibw.model.plan import Run, Step, StepName
from cibw.model.templates import Command, EnvExpr, Placeholder, Template
from unit_test.execution.trials import job_of

JOB = job_of("linux", "cp312")
[BUILD] = JOB.builds
ENGINE = ContainerEngine()
SPEC = ContainerSpec(engine=ENGINE, image=Image(reference="x:1", oci_platform="linux/amd64"))


def command(text: str, *, shell: bool = True) -> Run:
    return Run(command=Command(argv=(Template.of(text),), cwd=Template.of(Placeholder.PROJECT), shell=shell))


def step_of(text: str) -> Step:
    return Step(name=StepName.BEFORE_BUILD, actions=(command(text),))


@dataclass(kw_only=True)
class World:
    """A project, and files beside it."""

    directory: Path
    engine: ContainerEngine | None = None
    variables: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    step: str = "true"
    test: str = "true"
    before_all: str = ""
    environment: tuple[EnvExpr, ...] = ()
    tests: bool = False
    files: InputFiles | None = None

    def __post_init__(self) -> None:
        self.root.mkdir()
        self.outside.mkdir()

    @property
    def root(self) -> Path:
        return self.directory / "project"

    @property
    def outside(self) -> Path:
        return self.directory / "outside"

    def write(self, name: str, text: str = "one") -> Path:
        path = self.outside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def follow(self) -> HashedFiles:
        """What is followed, without the configuration of this computer."""
        found = self._follow()
        return replace(found, hashes={name: one for name, one in found.hashes.items() if not name.startswith("/etc/")})

    def _follow(self) -> HashedFiles:
        self.files = InputFiles(self.root, KeyedHash(b"s"), self.directory / "memo", self.variables)
        given = InputContext(
            variables=self.variables,
            environment={"HOME": str(self.directory / "home"), **self.variables},
            package=self.root,
            root=self.root,
            links=self.links,
        )
        before_all = step_of(self.before_all) if self.before_all else None
        job = replace(JOB, before_all=before_all)
        build = replace(BUILD, make=(step_of(self.step),), test=(step_of(self.test),), environment=self.environment)
        if self.engine is None:
            return inputs_on_host(job, build, given, self.files, tests=self.tests)
        job = replace(job, machine=replace(SPEC, engine=self.engine))
        if before_all:
            return inputs_of_before_all(job, given, self.files)
        return inputs_in_container(job, build, given, self.files, tests=self.tests)
