"""What differs between the files that before-all found and those of now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from cibw.errors import CibwError, CommandFailedError, EngineUnavailableError, InterpreterMissingError
from cibw.execution.before_all import FoundFiles, StateDifference, difference, overwritten
from cibw.execution.machine import MachineSession, SnapshotPolicy, Tree
from cibw.execution.pool import MachinePool, PoolSettings
from cibw.model.events import Event, Progress, StepFinished
from cibw.model.plan import Job, Step, StepName, WheelBuild
from cibw.model.templates import CommandRequest
from tests.doubles.machine import Answer, Put, RecordingMachine, Remove
from unit_test.execution.container.test_machine import SPEC
from unit_test.execution.test_flow import run
from unit_test.execution.trials import BINDINGS, Trial, job_of, statuses

FOUND = FoundFiles(files={"a.c": "1", "src/b.c": "2", "src/deep/c.c": "3"}, written=frozenset({"a.c", "made.txt"}))


def test_nothing_differs() -> None:
    assert difference(FOUND, FOUND.files) == StateDifference()


def test_what_is_gone_goes_with_the_directories_that_it_leaves_empty() -> None:
    assert difference(FOUND, {"a.c": "1", "src/b.c": "2"}).gone == ("src/deep/c.c", "src/deep")
    assert difference(FOUND, {"a.c": "1"}).gone == ("src/deep/c.c", "src/deep", "src/b.c", "src")


def test_a_file_may_take_the_place_of_a_directory() -> None:
    changes = difference(FOUND, {"a.c": "1", "src": "4"})
    assert changes.gone == ("src/deep/c.c", "src/deep", "src/b.c")
    assert changes.fresh == {"src"}


def test_new_and_changed_files_are_fresh() -> None:
    changes = difference(FOUND, {**FOUND.files, "src/b.c": "9", "new/d.c": "4"})
    assert changes == StateDifference(fresh=frozenset({"src/b.c", "new/d.c"}))


def test_the_directory_of_git_is_judged_as_a_whole() -> None:
    found = FoundFiles(files={**FOUND.files, ".git": "0", ".git/HEAD": "1", "git's index": "2"}, written=frozenset())
    assert difference(found, found.files) == StateDifference()
    assert difference(found, {**found.files, "git's index": "3"}) == StateDifference(git=True)
    assert difference(found, FOUND.files) == StateDifference(git=True)


@pytest.mark.parametrize(
    ("now", "names"),
    [
        (FOUND.files, ()),
        ({**FOUND.files, "src/b.c": "9"}, ()),
        ({**FOUND.files, "a.c": "9"}, ("a.c",)),
        ({**FOUND.files, "made.txt": "9"}, ("made.txt",)),
        ({"src/b.c": "2", "src/deep/c.c": "3"}, ("a.c",)),
    ],
)
def test_a_file_that_before_all_wrote_may_not_change(now: dict[str, str], names: tuple[str, ...]) -> None:
    assert overwritten(FOUND, now) == names


def test_it_survives_as_json() -> None:
    assert FoundFiles.from_json(FOUND.to_json().decode()) == FOUND


@pytest.mark.parametrize("text", ["", "[]", '{"files": {}}', '{"files": 1, "written": []}'])
def test_what_is_no_list_of_files_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"list of files|Expecting value"):
        FoundFiles.from_json(text)


def path_of(python: str) -> str:
    return f"/opt/python/{python}-{python}/bin/python"


def in_image(build: WheelBuild) -> WheelBuild:
    path = path_of(str(build.identifier).partition("-")[0])
    ensure = run("sh", "-c", f"test -x '{path}' || manylinux-interpreters ensure cp310-cp310")
    return replace(build, python=path, prepare=Step(name=StepName.SET_UP, actions=(ensure,)))


def job(*pythons: str, before_all: bool = False) -> Job:
    plain = job_of("manylinux_x86_64", *pythons, before_all=before_all)
    return replace(plain, machine=SPEC, builds=tuple(in_image(build) for build in plain.builds))


def lacking(trial: Trial, *pythons: str) -> Callable[[CommandRequest], Answer]:
    """An image without some Pythons, and without what installs them."""

    def answer(request: CommandRequest) -> Answer:
        if "command -v manylinux-interpreters" in " ".join(request.argv):
            return Answer(stdout="".join(f"{path_of(python)}\n" for python in pythons))
        return trial.succeed(request)

    return answer


@pytest.mark.parametrize("side_by_side", [1, 2])
@pytest.mark.parametrize("before_all", [False, True])
def test_all_missing_interpreters_are_named_before_the_first_build(
    before_all: bool, side_by_side: int, tmp_path: Path
) -> None:
    trial = Trial(tmp_path)
    trial.answer = lacking(trial, "cp311", "cp313")
    report = trial.go(job("cp310", "cp311", "cp313", before_all=before_all), side_by_side=side_by_side)
    assert report.exit_code == InterpreterMissingError.exit_code
    assert "built" not in statuses(report)
    failure = next(result.failure for result in report.results if result.failure)
    assert failure.message == "\n".join(
        f"{path_of(python)} does not exist in the image {SPEC.image.reference}, but {python}-manylinux_x86_64 needs it."
        for python in ("cp311", "cp313")
    )
    programs = [request.argv[0] for machine in trial.machines for request in machine.requests]
    assert not {"build", "prepare"} & set(programs)


def test_an_image_with_all_interpreters_builds(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    assert statuses(trial.go(job("cp310", "cp311"))) == ["built", "built"]


def test_an_interpreter_that_an_image_cannot_install_is_named(tmp_path: Path) -> None:
    trial = Trial(tmp_path)

    def answer(request: CommandRequest) -> Answer:
        if "|| manylinux-interpreters ensure" in " ".join(request.argv):
            return Answer(stderr="unknown tag", exit_code=1)
        return trial.succeed(request)

    trial.answer = answer
    [result] = trial.go(job("cp310")).results
    assert result.failure is not None
    assert result.failure.exit_code == InterpreterMissingError.exit_code
    assert result.failure.context.last_lines == ("unknown tag",)
    assert "could not install /opt/python/cp310-cp310/bin/python" in result.failure.message


def test_a_build_on_the_host_needs_no_interpreter_of_an_image(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.answer = lacking(trial, "cp310")
    assert statuses(trial.go(job_of("host", "cp310"))) == ["built"]


# before-all: it runs, or what it left in an earlier run is taken up.

LIST = "/before-all.json"
JOB = job_of("one", "cp310", "cp311", before_all=True)


@dataclass
class Box:
    """Machines of a job whose state is kept; `start` is where the first of them starts from."""

    root: Path
    start: str = ""
    found: FoundFiles | None = None
    files: Mapping[str, str] = field(default_factory=lambda: {"a.c": "1", "b.c": "2"})
    written: str = "./made.txt\n./.git/index\n"
    has_changed: bool = False
    refusal: CibwError | None = None
    failing: str = ""
    toolchain: Mapping[str, str] = field(default_factory=dict)
    machines: list[RecordingMachine] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def pool(self, builds: int = 1) -> MachinePool:
        for name in ("a.c", "b.c", ".git/HEAD"):
            (self.root / name).parent.mkdir(exist_ok=True)
            (self.root / name).write_text(name)
        tree = Tree(root=self.root, files=(".git", ".git/HEAD", "a.c", "b.c"))
        settings = PoolSettings(
            open_machine=lambda _job, _check_cancelled: self.machine(self.start),
            emit=self.events.append,
            source=tree,
            builds=builds,
        )
        return MachinePool(JOB, settings)

    @contextmanager
    def machine(self, start: str) -> Iterator[MachineSession]:
        machine = RecordingMachine(self.answer)
        self.machines.append(machine)
        yield MachineSession(
            machine=machine,
            description="box",
            bindings=BINDINGS,
            work_dir="/work",
            before_all_dir="/project",
            freeze=self.noting("freeze"),
            fork=lambda: self.machine(start),
            stop=self.noting("stop"),
            snapshot_policy=SnapshotPolicy(
                files=self.files,
                has_changed=lambda: self.has_changed,
                start=start,
                anew=lambda: self.machine(""),
                keep=self.keep,
            ),
            environment=self.toolchain,
            toolchain=self.toolchain,
            advice="take another compiler",
        )

    def noting(self, call: str) -> Callable[[], None]:
        return lambda: self.calls.append(call)

    def keep(self) -> None:
        self.calls.append("keep")
        if self.refusal is not None:
            raise self.refusal

    def answer(self, request: CommandRequest) -> Answer:
        if request.argv[0] == self.failing and self.toolchain:
            return Answer(exit_code=1, stderr="ld.lld: error: unable to find library -lx")
        if request.argv[0] == self.failing:
            return Answer(exit_code=1, stderr="busy")
        if request.argv == ("cat", LIST):
            return Answer(stdout=self.found.to_json().decode()) if self.found else Answer(exit_code=1)
        return Answer(stdout=self.written if "find" in " ".join(request.argv[:3]) else "")

    def told(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Progress)]

    def runs(self) -> int:
        return [request.argv for machine in self.machines for request in machine.requests].count(("prepare",))


def removed(machine: RecordingMachine) -> list[str]:
    """What a resumed machine lost: by the script that removes files, or as a whole."""
    gone = [name for request in machine.requests if "rmdir" in " ".join(request.argv[:3]) for name in request.argv[4:]]
    return gone + [asked.path for asked in machine.asked if isinstance(asked, Remove)]


def laid(machine: RecordingMachine) -> list[tuple[str, ...]]:
    return [asked.source.files for asked in machine.asked if isinstance(asked, Put) and isinstance(asked.source, Tree)]


def test_what_it_leaves_is_kept_with_the_files_that_it_found(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.pool().take()
    assert (box.runs(), box.calls) == (1, ["keep"])
    found = FoundFiles.from_json(box.machines[0].files.read(LIST).decode())
    assert found == FoundFiles(files=box.files, written=frozenset({"made.txt"}))


def test_the_image_for_the_other_machines_is_kept(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.pool(builds=2).take()
    assert box.calls == ["freeze", "keep"]


def test_what_a_user_changes_meanwhile_is_not_kept(tmp_path: Path) -> None:
    box = Box(tmp_path, has_changed=True)
    box.pool().take()
    assert (box.runs(), box.calls) == (1, [])


def test_a_state_that_can_not_be_kept_spoils_no_run(tmp_path: Path) -> None:
    box = Box(tmp_path, refusal=EngineUnavailableError("no space left"))
    box.pool().take()
    assert box.told() == ["could not save the state after before-all for later runs: no space left"]


def test_a_kept_state_is_used_as_it_is(tmp_path: Path) -> None:
    box = Box(tmp_path, start="of May")
    box.found = FoundFiles(files=box.files, written=frozenset({"made.txt"}))
    box.pool().take()
    assert (box.runs(), box.calls, laid(box.machines[0]), removed(box.machines[0])) == (0, [], [], [])
    assert box.told() == [
        "before-all is skipped because its saved image is reused: of May; --rebuild-before-all runs it again"
    ]
    assert [event.succeeded for event in box.events if isinstance(event, StepFinished)] == [True]


def test_the_files_of_now_are_laid_over_every_machine(tmp_path: Path) -> None:
    box = Box(tmp_path, start="of May")
    box.found = FoundFiles(files={"a.c": "0", "b.c": "2", "old/c.c": "3"}, written=frozenset({"made.txt"}))
    pool = box.pool(builds=2)
    pool.take()
    pool.take()
    assert len(box.machines) == 2
    assert [laid(machine) for machine in box.machines] == [[("a.c",)]] * 2
    assert [removed(machine) for machine in box.machines] == [["old/c.c", "old"]] * 2
    assert box.runs() == 0


def test_the_directory_of_git_is_replaced(tmp_path: Path) -> None:
    box = Box(tmp_path, start="of May", files={"a.c": "1", "b.c": "2", ".git/HEAD": "new"})
    box.found = FoundFiles(files={"a.c": "1", "b.c": "2", ".git/HEAD": "old"}, written=frozenset())
    box.pool().take()
    assert laid(box.machines[0]) == [(".git", ".git/HEAD")]
    assert removed(box.machines[0]) == ["/source/.git"]


@pytest.mark.parametrize(
    ("found", "name"),
    [(FoundFiles(files={"a.c": "0", "b.c": "2"}, written=frozenset({"a.c"})), "a.c"), (None, LIST)],
)
def test_it_runs_again_where_its_state_can_not_be_used(found: FoundFiles | None, name: str, tmp_path: Path) -> None:
    box = Box(tmp_path, start="of May", found=found)
    box.pool().take()
    assert (box.runs(), box.calls) == (1, ["stop", "keep"])
    assert box.told() == [f"before-all runs again because it wrote to files that have changed since then: {name}"]
    assert [len(laid(machine)) for machine in box.machines] == [0, 1]


def test_nothing_is_kept_of_a_failure(tmp_path: Path) -> None:
    box = Box(tmp_path, failing="prepare")
    with pytest.raises(CibwError):
        box.pool().take()
    assert box.calls == []


def test_a_project_that_can_not_be_moved_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CibwError, match=r"/source after before-all: busy"):
        Box(tmp_path, failing="mv").pool().take()


def test_it_has_the_compilers_that_the_machine_brings(tmp_path: Path) -> None:
    box = Box(tmp_path, toolchain={"CC": "/tools/cc", "CXX": "/tools/c++"})
    box.pool().take()
    (prepared,) = [request for request in box.machines[0].requests if request.argv == ("prepare",)]
    assert box.toolchain.items() <= prepared.environment.items()


@pytest.mark.parametrize(("toolchain", "hint"), [({"CC": "/tools/cc"}, "take another compiler"), ({}, "")])
def test_where_its_compilers_fail_a_user_gets_an_advice(toolchain: dict[str, str], hint: str, tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError) as caught:
        Box(tmp_path, failing="prepare", toolchain=toolchain).pool().take()
    assert caught.value.hint == hint
