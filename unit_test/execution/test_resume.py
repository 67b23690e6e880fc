"""Runs that find what an earlier run has left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cibw.errors import InterruptedRunError
from cibw.execution.machine import Tree
from cibw.execution.source.project import ProjectState
from cibw.execution.store.keys import ExternalInputs, KeyedHash
from cibw.execution.store.store import Store
from cibw.execution.store.wheel_cache import StoreCache, StoreSettings
from cibw.model.events import Report, Status
from cibw.model.plan import Job, WheelBuild
from cibw.model.templates import CommandRequest, EnvExpr
from tests.doubles.machine import Answer
from unit_test.execution.trials import Trial, job_of, statuses
from unit_test.execution.wheels import wheel_bytes

ABI3 = "hello-1.0-cp310-abi3-manylinux_2_17_x86_64.whl"


class Runs:
    """Runs of one project, one after another, with one store; each begins with an empty output directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.store = Store(directory / "store")
        self.root = directory / "project"
        self.root.mkdir()
        self.names = ["a.c"]
        self.write("a.c", "int a;")
        self.limit = 1_000_000
        self.takes = True
        self.tools = {"the image": "sha256:1"}
        self.warnings: list[str] = []
        self.reasons: dict[str, str] = {}
        self._count = 0
        self.trial = self.next()

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def next(self) -> Trial:
        self._count += 1
        self.trial = Trial(self.output_dir)
        keyed_hash = KeyedHash(self.store.secret())
        tree = Tree(root=self.root, files=tuple(self.names))
        settings = StoreSettings(
            store=self.store,
            keyed_hash=keyed_hash,
            project="/project",
            source=ProjectState(tree, "", keyed_hash, self.store.memo("p")),
            external_inputs=lambda _job, _build: ExternalInputs(tools=self.tools),
            warn=self.warnings.append,
            explain=self._explain,
            takes=self.takes,
            limit=self.limit,
        )
        self.trial.wheel_cache = StoreCache(settings)
        return self.trial

    def _explain(self, _job: Job, build: WheelBuild, why: str) -> None:
        self.reasons[str(build.identifier.interpreter)] = why

    @property
    def output_dir(self) -> Path:
        return self.directory / f"out{self._count}"

    @property
    def programs(self) -> list[str]:
        """What the last run has built and tested, as `build cp312`."""
        requests = [request for machine in self.trial.machines for request in machine.requests]
        return [" ".join(request.argv[:2]) for request in requests if request.argv[0] in ("build", "test")]

    @property
    def wheels(self) -> list[str]:
        return sorted(path.name.split("-")[2] for path in self.output_dir.iterdir())

    def go(self, *jobs: Job, keep_going: bool = False) -> Report:
        return self.trial.go(*jobs, keep_going=keep_going)


def failing(trial: Trial, *beginning: str) -> Callable[[CommandRequest], Answer]:
    """The answers of a trial in which the commands that begin so fail."""
    return lambda request: (
        Answer(exit_code=1) if request.argv[: len(beginning)] == beginning else trial.succeed(request)
    )


def test_a_run_without_changes_opens_no_machine(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    job = job_of("one", "cp311", "cp312", tested=True)
    first = runs.go(job)
    runs.next()
    second = runs.go(job)
    assert statuses(first) == ["built", "built"]
    assert statuses(second) == ["restored", "restored"]
    assert not runs.trial.machines
    assert runs.wheels == ["cp311", "cp312"]
    for before, after in zip(first.results, second.results, strict=True):
        assert after.wheel == before.wheel
        assert after.tested


def test_a_run_may_fill_the_store_and_take_nothing_from_it(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    job = job_of("one", "cp311", tested=True)
    runs.go(job)
    runs.takes = False
    runs.next()
    assert statuses(runs.go(job)) == ["built"]
    assert runs.programs == ["build cp311", "test cp311"]
    runs.takes = True
    runs.next()
    assert statuses(runs.go(job)) == ["restored"]


def test_a_changed_file_builds_all_again(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    job = job_of("one", "cp311", "cp312")
    runs.go(job)
    assert runs.reasons["cp312"] == "not in the store: no run has built it yet"
    runs.write("a.c", "int b;")
    runs.write("b.h", "")
    runs.names.append("b.h")
    runs.next()
    assert statuses(runs.go(job)) == ["built", "built"]
    assert runs.reasons["cp312"] == "not in the store: the source: a.c changed, b.h is new"


def test_what_changes_for_one_build_builds_that_one_alone(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    job = job_of("one", "cp311", "cp312")
    runs.go(job)
    first, second = job.builds
    runs.next()
    changed = replace(job, builds=(first, replace(second, environment=(EnvExpr("CFLAGS", ("-O3",)),))))
    assert statuses(runs.go(changed)) == ["restored", "built"]
    assert runs.programs == ["build cp312"]
    assert runs.reasons["cp312"] == "not in the store: the option environment changed"


def test_after_a_failure_only_the_rest_is_built(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    job = job_of("one", "cp310", "cp311", "cp312", tested=True)
    runs.trial.answer = failing(runs.trial, "build", "cp311")
    assert statuses(runs.go(job, keep_going=True)) == ["built", "failed", "built"]
    runs.next()
    assert statuses(runs.go(job)) == ["restored", "built", "restored"]
    assert runs.programs == ["build cp311", "test cp311"]


def test_a_wheel_whose_tests_failed_is_only_tested_again(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    job = job_of("one", "cp311", tested=True)
    runs.trial.answer = failing(runs.trial, "test", "cp311")
    assert statuses(runs.go(job)) == ["failed"]
    assert not runs.wheels
    runs.next()
    [result] = runs.go(job).results
    assert result.status is Status.RESTORED
    assert [step.step.value for step in result.steps] == ["set up", "test", "collect"]
    assert runs.reasons["cp311"] == "its tests must run"
    assert runs.programs == ["test cp311"]
    assert runs.wheels == ["cp311"]
    runs.next()
    runs.go(job)
    assert not runs.programs


def test_a_wheel_whose_tests_were_interrupted_is_only_tested_again(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    job = job_of("one", "cp311", tested=True)

    def interrupt(request: CommandRequest) -> Answer:
        if request.argv[0] == "test":
            raise InterruptedRunError("stopped")
        return runs.trial.succeed(request)

    runs.trial.answer = interrupt
    assert runs.go(job).exit_code == InterruptedRunError.exit_code
    runs.next()
    assert statuses(runs.go(job)) == ["restored"]
    assert runs.programs == ["test cp311"]


def test_other_tests_run_with_the_stored_wheel(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    job = job_of("one", "cp311", tested=False)
    runs.go(job)
    runs.next()
    assert statuses(runs.go(job_of("one", "cp311", tested=True))) == ["restored"]
    assert runs.programs == ["test cp311"]


def abi3(request: CommandRequest) -> Answer:
    if request.argv[0] != "build":
        return Answer()
    return Answer(files={f"{request.argv[2]}/{ABI3}": wheel_bytes(native=True)})


def test_an_abi3_wheel_from_the_store_serves_the_others(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    job = job_of("one", "cp310", "cp311", "cp312", tested=True)
    runs.trial.answer = abi3
    assert statuses(runs.go(job)) == ["built", "reused", "reused"]
    runs.next()
    report = runs.go(job)
    assert statuses(report) == ["restored", "reused", "reused"]
    assert len({result.wheel for result in report.results}) == 1
    assert all(result.tested for result in report.results)
    assert not runs.trial.machines
    runs.next().answer = abi3
    assert statuses(runs.go(job_of("one", "cp310", "cp311", "cp312", "cp313", tested=True)))[-1] == "reused"
    assert runs.programs == ["test cp313"]


def test_a_broken_wheel_is_built_again(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    job = job_of("one", "cp311", tested=True)
    runs.go(job)
    [wheel] = runs.store.directory.rglob("*.whl")
    wheel.write_bytes(b"broken")
    runs.next()
    assert statuses(runs.go(job)) == ["built"]
    assert not runs.warnings
    runs.next()
    assert statuses(runs.go(job)) == ["restored"]


def test_an_image_that_is_not_here_yet(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    job = job_of("one", "cp311", "cp312", tested=True)
    runs.tools = {"the image": ""}
    pulled = {"the image": "sha256:2"}
    runs.trial.opening = lambda _check_cancelled: runs.tools.update(pulled)
    assert statuses(runs.go(job)) == ["built", "built"]
    assert runs.reasons["cp311"] == "not in the store: the image is not available locally yet"
    runs.next()
    assert statuses(runs.go(job)) == ["restored", "restored"]


def test_another_image_builds_again(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    job = job_of("one", "cp311")
    runs.go(job)
    runs.tools = {"the image": "sha256:2", "uv": "1"}
    runs.next()
    assert statuses(runs.go(job)) == ["built"]
    assert runs.reasons["cp311"] == "not in the store: the image changed; uv is new"


def test_a_file_that_changes_during_the_run_keeps_wheels_out(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    job = job_of("one", "cp311", tested=True)
    runs.trial.opening = lambda _check_cancelled: runs.write("a.c", "int changed;")
    assert statuses(runs.go(job)) == ["built"]
    assert not list(runs.store.entries())
    assert not (runs.store.directory / "tests").exists()


def test_a_store_that_refuses_warns_once(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    (runs.store.directory / "wheels").write_text("in the way")
    assert statuses(runs.go(job_of("one", "cp311", "cp312"))) == ["built", "built"]
    [warning] = runs.warnings
    assert str(runs.store.directory) in warning


def test_the_store_is_held_to_its_limit(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    runs.limit = len(wheel_bytes(native=True))
    job = job_of("one", "cp311", "cp312")
    runs.next()
    runs.go(job)
    assert len(list(runs.store.entries())) == 1
    runs.next()
    assert sorted(statuses(runs.go(job))) == ["built", "restored"]
    assert "not in the store: it was removed to save space" in runs.reasons.values()


def test_a_warning_comes_back_with_its_wheel(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    job = job_of("one", "cp311")

    def without_extension(request: CommandRequest) -> Answer:
        answer = runs.trial.succeed(request)
        return replace(answer, files=dict.fromkeys(answer.files, wheel_bytes(native=False)))

    runs.trial.answer = without_extension
    [before] = runs.go(job).results
    runs.next()
    [after] = runs.go(job).results
    assert after.status is Status.RESTORED
    assert after.warnings == before.warnings != ()
