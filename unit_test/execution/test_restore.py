from __future__ import annotations

from pathlib import Path
from zipfile import is_zipfile

from cibw.execution.store.store import StoredWheel
from cibw.execution.wheels import describe
from cibw.model.templates import CommandRequest
from tests.doubles.machine import Answer
from unit_test.execution.test_resume import ABI3, Runs
from unit_test.execution.trials import job_of, statuses
from unit_test.execution.wheels import wheel_bytes


def test_a_wheel_that_was_kept_without_its_end_is_built_again(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    job = job_of("one", "cp311", tested=True)
    runs.go(job)
    [wheel] = runs.store.directory.rglob("*.whl")
    key = wheel.parent.name
    half = tmp_path / wheel.name
    half.write_bytes(wheel.read_bytes()[:-30])
    kept = describe(half, half.name)
    runs.store.put(key, half, StoredWheel(filename=half.name, size=kept.size, sha256=kept.sha256))
    runs.next()
    assert statuses(runs.go(job)) == ["built"]
    assert is_zipfile(runs.output_dir / wheel.name)


def test_a_wheel_of_the_store_makes_way_for_that_of_an_earlier_build(tmp_path: Path) -> None:
    runs = Runs(tmp_path)

    def of_each_python(request: CommandRequest) -> Answer:
        if request.argv[0] != "build":
            return Answer()
        _, python, directory = request.argv
        path = f"{directory}/hello-1.0-{python}-abi3-manylinux_2_17_x86_64.whl"
        return Answer(files={path: wheel_bytes(native=True)})

    runs.trial.answer = of_each_python
    assert statuses(runs.go(job_of("one", "cp311", "cp312", tested=True))) == ["built", "reused"]
    runs.next().answer = of_each_python
    report = runs.go(job_of("one", "cp310", "cp311", "cp312", tested=True))
    assert statuses(report) == ["built", "reused", "reused"]
    assert {result.wheel.filename for result in report.results if result.wheel} == {ABI3}
    assert runs.wheels == ["cp310"]
