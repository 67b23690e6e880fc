from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cibw.errors import (
    AuditFailedError,
    CibwError,
    CommandFailedError,
    DuplicateWheelError,
    NoWheelError,
    PureWheelError,
    RepairedWheelError,
)
from cibw.execution.build import BuildContext, run_build
from cibw.execution.machine import Others
from cibw.execution.steps import StepRunner
from cibw.execution.wheels import FinishedWheel, FinishedWheels
from cibw.model.events import Event, OutputLine, Status, StepFinished, StepStarted, WarningRaised
from cibw.model.identifiers import BuildIdentifier
from cibw.model.machines import CacheHits, CompilerCache
from cibw.model.plan import Check, PutText, Run, Step, StepName, WheelBuild, When
from cibw.model.release import WheelName
from cibw.model.templates import (
    BUILT_DIR,
    PROJECT,
    REPAIRED_DIR,
    Command,
    CommandRequest,
    EnvExpr,
    Placeholder,
    Template,
)
from tests.doubles.machine import Answer, RecordingMachine
from unit_test.execution.wheels import wheel_bytes

IDENTIFIER = BuildIdentifier.parse("cp312-manylinux_x86_64")
NAME = "hello-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"
ABI3 = "hello-1.0-cp310-abi3-manylinux_2_17_x86_64.whl"
JOB = "manylinux_x86_64"
BINDINGS = {
    Placeholder.PROJECT: "/project",
    Placeholder.SOURCE: "/source",
    Placeholder.WORK: "/work",
    Placeholder.RESOURCES: "/resources",
}


def run(*words: str | Placeholder | Template, when: When = When.ALWAYS) -> Run:
    argv = tuple(word if isinstance(word, Template) else Template.of(word) for word in words)
    return Run(command=Command(argv=argv, cwd=PROJECT), when=when)


def a_build(*, audit: When = When.WHEEL_IS_ABI3) -> WheelBuild:
    return WheelBuild(
        identifier=IDENTIFIER,
        prepare=Step(
            name=StepName.SET_UP, actions=(run("lay"), PutText(path=Template.of(Placeholder.WORK, "/c"), text="x"))
        ),
        make=(
            Step(
                name=StepName.BUILD,
                actions=(run("build", BUILT_DIR),),
                checks=(Check.ONE_BUILT_WHEEL, Check.NOT_PURE),
            ),
            Step(
                name=StepName.REPAIR,
                actions=(run("repair", Placeholder.BUILT_WHEEL, REPAIRED_DIR),),
                checks=(Check.ONE_REPAIRED_WHEEL, Check.NEW_NAME),
            ),
            Step(name=StepName.AUDIT, actions=(run("audit", Placeholder.WHEEL, when=audit),)),
        ),
        test=(
            Step(name=StepName.TEST_ENVIRONMENT, actions=(run("venv"),)),
            Step(name=StepName.TEST, actions=(run("test", Placeholder.WHEEL),)),
        ),
        environment=(EnvExpr("FLAGS", ("-O2",)),),
        test_environment=(EnvExpr("TESTING", ("1",)),),
    )


class Trial:
    """One build on a recording machine whose frontend and repair command give the named wheels."""

    def __init__(
        self,
        output_dir: Path,
        *,
        built: tuple[str, ...] = (NAME,),
        repaired: tuple[str, ...] = (NAME,),
        native: bool = True,
        says: str = "so it goes",
    ) -> None:
        self.events: list[Event] = []
        self.output_dir = output_dir
        self.failing = ""
        self.wheel = b""
        self.toolchain: dict[str, str] = {}
        self.others: Others | None = None
        self.wheels_of_compilers: dict[str, bytes] = {}
        self.spoilt: dict[str, bytes] = {}
        self.says = says
        self._built = {f"/work/built/{name}": wheel_bytes(native=native) for name in built}
        self._repaired = {f"/work/repaired/{name}": wheel_bytes(native=native) for name in repaired}
        self.machine = RecordingMachine(self.answer)

    def answer(self, request: CommandRequest) -> Answer:
        program = request.argv[0]
        if program == self.failing:
            return Answer(exit_code=1, stderr=self.says, files=self.spoilt)
        files = {"build": self._built, "repair": self._repaired}.get(program, {})
        wheel = self.wheels_of_compilers.get(request.environment.get("CC", ""), self.wheel)
        return Answer(files=dict.fromkeys(files, wheel) if wheel else files)

    def go(self, build: WheelBuild, *finished: FinishedWheel) -> StepRunner:
        runner = StepRunner(self.machine, str(build.identifier), BINDINGS, self.events.append)
        site = BuildContext(
            base_environment={**self.machine.environment(), **self.toolchain},
            passed=(("TOKEN", "secret"),),
            job=JOB,
            finished_wheels=FinishedWheels(*finished),
            output_dir=self.output_dir,
            made=self._note_made,
            toolchain=self.toolchain,
            has_toolchain=bool(self.toolchain),
            other_compilers=self.others,
            advice="take another compiler",
        )
        self.made = run_build(build, runner, site)
        return runner

    def _note_made(self) -> None:
        self.programs_before_tests = len(self.programs)

    @property
    def programs(self) -> list[str]:
        return [request.argv[0] for request in self.machine.requests]


def test_the_whole_flow(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.go(a_build())
    assert trial.programs == ["lay", "build", "repair", "venv", "test"]
    assert trial.programs_before_tests == 3
    assert trial.machine.requests[2].argv == ("repair", f"/work/built/{NAME}", "/work/repaired")
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert trial.made.status is Status.BUILT
    assert trial.made.wheel.size == (tmp_path / NAME).stat().st_size


def test_what_the_compiler_cache_brought(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.machine = RecordingMachine(
        lambda request: Answer(stdout="ccache 2 1\n") if "count" in request.argv else trial.answer(request)
    )
    runner = trial.go(replace(a_build(), compiler_cache=CompilerCache.CCACHE))
    assert runner.compiler_cache == CacheHits(tool=CompilerCache.CCACHE, hits=2, misses=1)
    assert trial.programs == ["lay", "build", "repair", "sh", "venv", "test"]


def test_environments_of_the_steps(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.go(a_build())
    lay, build, _repair, venv, test = (request.environment for request in trial.machine.requests)
    assert lay["TOKEN"] == "secret"
    assert "FLAGS" not in lay
    assert build["FLAGS"] == "-O2"
    assert build["PWD"] == "/project"
    assert "TESTING" not in venv
    assert test["TESTING"] == "1"
    assert test["FLAGS"] == "-O2"


def test_every_step_starts_and_ends(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    runner = trial.go(a_build())
    names = ["set up", "build", "repair", "test environment", "test", "collect"]
    assert [event.step.value for event in trial.events if isinstance(event, StepStarted)] == names
    assert [event.step.value for event in trial.events if isinstance(event, StepFinished)] == names
    assert [time.step.value for time in runner.times] == names


@pytest.mark.parametrize(("name", "expected"), [(NAME, False), (ABI3, True)])
def test_the_audit_is_for_abi3_wheels(tmp_path: Path, name: str, expected: bool) -> None:
    trial = Trial(tmp_path, repaired=(name,))
    trial.go(a_build())
    assert ("audit" in trial.programs) is expected


@pytest.mark.parametrize(
    ("built", "repaired", "kind"),
    [
        ((), (), NoWheelError),
        ((NAME, ABI3), (), NoWheelError),
        (("hello-1.0-py3-none-any.whl",), (), PureWheelError),
        ((NAME,), (), RepairedWheelError),
        ((NAME,), (NAME, ABI3), RepairedWheelError),
        (("hello-1.0_and-x-y-z.whl",), (), CibwError),
        ((NAME,), ("weird.whl",), CibwError),
    ],
)
def test_wheels_that_are_wrong(
    tmp_path: Path, built: tuple[str, ...], repaired: tuple[str, ...], kind: type[CibwError]
) -> None:
    trial = Trial(tmp_path, built=built, repaired=repaired)
    with pytest.raises(kind):
        trial.go(a_build())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("program", "kind", "step"),
    [
        ("lay", CommandFailedError, "set up"),
        ("build", CommandFailedError, "build"),
        ("repair", CommandFailedError, "repair"),
        ("audit", AuditFailedError, "audit"),
        ("test", CommandFailedError, "test"),
    ],
)
def test_a_failing_command_keeps_the_wheel_back(tmp_path: Path, program: str, kind: type[CibwError], step: str) -> None:
    trial = Trial(tmp_path)
    trial.failing = program
    with pytest.raises(kind) as caught:
        trial.go(a_build(audit=When.ALWAYS))
    context = caught.value.context
    assert (context.step, context.exit_code, context.last_lines) == (step, 1, ("so it goes",))
    assert context.command.startswith(program)
    assert not list(tmp_path.iterdir())
    assert OutputLine(scope=str(IDENTIFIER), text="so it goes", is_error=True) in trial.events


def test_a_wheel_without_native_files_needs_no_repair(tmp_path: Path) -> None:
    trial = Trial(tmp_path, native=False, says="This does not look like a platform wheel, no ELF executable")
    trial.failing = "repair"
    [warning] = trial.go(a_build()).warnings
    assert "contains no native files" in warning
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_another_failure_of_the_repair_counts(tmp_path: Path) -> None:
    trial = Trial(tmp_path, native=False)
    trial.failing = "repair"
    with pytest.raises(CommandFailedError):
        trial.go(a_build())


def test_a_failing_repair_may_spoil_the_wheel(tmp_path: Path) -> None:
    trial = Trial(tmp_path, says="This does not look like a platform wheel")
    trial.failing = "repair"
    trial.spoilt = {f"/work/built/{NAME}": b"no zip"}
    with pytest.raises(CommandFailedError):
        trial.go(a_build())


def test_a_wheel_must_be_an_archive(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.wheel = b"no zip"
    with pytest.raises(CibwError, match="is not a valid wheel: it has no zip directory"):
        trial.go(a_build())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("part", [b"hello/__init__.py", b"and more", b"PK\x05\x06"])
def test_a_damaged_wheel_is_never_delivered(tmp_path: Path, part: bytes) -> None:
    data = bytearray(wheel_bytes(native=True))
    data[data.index(part)] ^= 0xFF
    trial = Trial(tmp_path)
    trial.wheel = bytes(data)
    with pytest.raises(CibwError, match="is not a valid wheel"):
        trial.go(a_build())
    assert not list(tmp_path.iterdir())


def finished(directory: Path, name: str) -> FinishedWheel:
    path = directory / name
    path.write_bytes(wheel_bytes(native=True))
    return FinishedWheel(name=WheelName.parse(name), path=path, job=JOB)


def test_an_earlier_abi3_wheel_is_only_tested(tmp_path: Path) -> None:
    trial = Trial(tmp_path / "out")
    trial.go(a_build(), finished(tmp_path, ABI3))
    assert trial.programs == ["lay", "venv", "test"]
    assert trial.machine.requests[-1].argv == ("test", f"/work/reused/{ABI3}")
    assert trial.made.status is Status.REUSED
    assert trial.made.wheel.filename == ABI3


def test_a_wheel_of_both_stable_abis_is_only_tested_without_a_gil(tmp_path: Path) -> None:
    name = "hello-1.0-cp315-abi3.abi3t-manylinux_2_17_x86_64.whl"
    trial = Trial(tmp_path / "out")
    trial.go(replace(a_build(), identifier=BuildIdentifier.parse("cp315t-manylinux_x86_64")), finished(tmp_path, name))
    assert trial.programs == ["lay", "venv", "test"]
    assert trial.made.status is Status.REUSED
    assert trial.made.wheel.filename == name


def test_the_same_name_twice(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    with pytest.raises(DuplicateWheelError, match=NAME):
        trial.go(a_build(), finished(tmp_path, NAME))


def test_a_wheel_without_native_file_gets_a_warning(tmp_path: Path) -> None:
    trial = Trial(tmp_path, native=False)
    runner = trial.go(a_build())
    assert len(runner.warnings) == 1
    assert "contains no native files" in runner.warnings[0]
    assert [event.message for event in trial.events if isinstance(event, WarningRaised)] == runner.warnings
