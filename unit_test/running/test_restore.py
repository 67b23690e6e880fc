from __future__ import annotations

from pathlib import Path
from zipfile import is_zipfile

from cibw.running.collect import describe
from cibw.running.store import StoredWheel
from unit_test.running.test_resume import Runs
from unit_test.running.trials import job_of, statuses


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
