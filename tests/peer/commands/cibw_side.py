"""The commands that cibw would run: its plan, performed on a machine that only records."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cibw.catalog import load_catalog
from cibw.config.cascade import Arguments, Sources
from cibw.config.load import load_options
from cibw.config.options import FrontendName, Options
from cibw.errors import CibwError
from cibw.execution.host.session import FOREIGN_VARIABLES
from cibw.execution.machine import MachineSession, Tree
from cibw.execution.pool import PoolSettings
from cibw.execution.scheduler import RunSettings, run_plan
from cibw.model.events import BuildFinished, CommandStarted, Event, StepStarted
from cibw.model.identifiers import BuildIdentifier, Platform
from cibw.model.machines import ContainerSpec, EngineName, HostFacts
from cibw.model.plan import Fetch, Job, Plan, StepName
from cibw.model.templates import CommandRequest, Placeholder
from cibw.planning.plan import make_plan
from cibw.planning.select import select
from tests.doubles.machine import Answer as Done
from tests.doubles.machine import RecordingMachine
from tests.peer.commands.calls import COLLECT, CREATED, FETCH, MACHINE, SHELL, Answer, Call, Record, printed, wheel_name

_ROOT = "/own"
_WORK = f"{_ROOT}/work"
_OF_CONTAINER = {Placeholder.PROJECT: "/project"}
_BINDINGS = {
    Placeholder.SOURCE: f"{_ROOT}/source",
    Placeholder.RESOURCES: f"{_ROOT}/resources",
    Placeholder.CIBW_PYTHON: f"{_ROOT}/cibw-python",
    Placeholder.CACHE: f"{_ROOT}/cache",
    Placeholder.STEADY: f"{_ROOT}/steady",
}
_SHELLS = (("sh", "-c"), ("cmd", "/d", "/s", "/c"))


def cibw_answer(call: Call) -> Answer:
    """The commands of one configuration."""
    recording = _Recording(call)
    defaults: list[str] = []
    try:
        options = _options(call)
        plan = _plan(call, options)
        defaults += [str(one) for one in plan.identifiers if _has_default(options, one)]
        error = recording.run(plan)
    except CibwError as fault:
        error = str(fault)
    return {"records": recording.records, "error": error, "defaults": defaults}


def _has_default(options: Options, identifier: BuildIdentifier) -> bool:
    return options.for_identifier(identifier).build_frontend.name is FrontendName.DEFAULT


def _options(call: Call) -> Options:
    directory = Path(call["directory"])
    arguments = Arguments(package_dir=call["package"], archs="all", enable=("all",))
    sources = Sources(
        config_text=_text(directory, f"{call['package']}/pyproject.toml"),
        environ=call["variables"],
        arguments=arguments,
        read_text=lambda path: _text(directory, path),
    )
    return load_options(sources, Platform(call["platform"]))


def _plan(call: Call, options: Options) -> Plan:
    catalog = load_catalog()
    facts = HostFacts(
        platform=Platform(call["platform"]),
        machine=call["machine"],
        engine=EngineName.DOCKER,
        deployment_target=call["base"].get("MACOSX_DEPLOYMENT_TARGET", ""),
    )
    return make_plan(options, catalog, facts, select(options, catalog, facts))


def _text(directory: Path, path: str) -> str | None:
    file = directory / path
    return file.read_text(encoding="utf-8") if file.is_file() else None


@dataclass(slots=True)
class _Recording:
    call: Call
    records: list[Record] = field(default_factory=list)
    scope: str = ""
    phase: str = ""
    is_announced: bool = False

    def run(self, plan: Plan) -> str:
        """Perform a plan, and give the error that ends it."""
        with tempfile.TemporaryDirectory(prefix="own-") as directory:
            pools = PoolSettings(
                open_machine=self._open,
                emit=self._hear,
                source=Tree(root=Path(self.call["directory"]), files=()),
                host_environment=self.call["base"] | self.call["variables"],
            )
            report = run_plan(plan, RunSettings(pools=pools, output_dir=Path(directory)))
        return next((str(one.failure) for one in report.results if one.failure), "")

    def _record(self, *argv: str, request: CommandRequest | None = None) -> None:
        self.records.append(
            {
                "scope": self.scope,
                "phase": self.phase,
                "argv": list(argv),
                "cwd": request.cwd if request else "",
                "environment": dict(request.environment) if request else {},
            }
        )

    @contextmanager
    def _open(self, job: Job, _check_cancelled: Callable[[], None]) -> Iterator[MachineSession]:
        spec, self.scope = job.machine, ""
        is_container = isinstance(spec, ContainerSpec)
        if isinstance(spec, ContainerSpec):
            mount = "" if spec.engine.disable_host_mount else "/host"
            self._record(
                MACHINE, spec.image.reference, spec.image.oci_platform, mount, CREATED, str(spec.engine.create)
            )
        machine = RecordingMachine(self._answer, self._base(is_container=is_container))
        source = _BINDINGS[Placeholder.SOURCE]
        yield MachineSession(
            machine=machine,
            description="",
            bindings={**_BINDINGS, **(_OF_CONTAINER if is_container else {})},
            work_dir=_WORK,
            before_all_dir=_OF_CONTAINER[Placeholder.PROJECT] if is_container else source,
            freeze=lambda: None,
            fork=lambda: self._open(job, _check_cancelled),
            stop=lambda: None,
            fetcher=self._fetch,
        )

    def _base(self, *, is_container: bool) -> Mapping[str, str]:
        base = self.call["base"]
        if is_container:
            return base
        # As the host's own machine does; what it adds are its directories, and no part of the plan.
        return {name: value for name, value in base.items() if name not in FOREIGN_VARIABLES}

    def _fetch(self, wanted: Fetch, _path: str) -> None:
        self._record(FETCH, wanted.url)

    def _hear(self, event: Event) -> None:
        match event:
            case StepStarted(scope=scope, step=step):
                self.scope = "" if step is StepName.BEFORE_ALL else scope
                self.phase = step.value
            case CommandStarted():
                self.is_announced = True
            case BuildFinished(result=result) if result.wheel and result.status.value == "built":
                self._record(COLLECT, result.wheel.filename)
            case _:
                pass

    def _answer(self, request: CommandRequest) -> Done:
        argv = request.argv
        if not self.is_announced and any("manylinux-interpreters" in word for word in argv):
            # The image lacks no interpreter.
            return Done()
        if not self.is_announced:
            # The plan has no such command: it gives a value to `environment`, or moves the project.
            return Done(stdout="14" if "sw_vers" in argv[-1] else printed(argv[-1]))
        self.is_announced = False
        for shell in _SHELLS:
            if argv[: len(shell)] == shell and len(argv) == len(shell) + 1:
                argv = (SHELL, argv[-1])
        self._record(*argv, request=request)
        name = wheel_name(self.scope, abi3=self.call["abi3"]) if self.scope else ""
        match self.phase:
            case "build":
                return Done(files={f"{self._work}/built/{name}": b"PK\x05\x06" + bytes(18)})
            case "repair":
                return Done(files={f"{self._work}/repaired/{name}": b"PK\x05\x06" + bytes(18)})
            case _:
                return Done()

    @property
    def _work(self) -> str:
        """The work directory of the build at hand."""
        return f"{_WORK}/{self.scope}"
