from __future__ import annotations

import json
from pathlib import Path

import pytest

from cibw.model.events import CommandStarted, Event, OutputLine, RunFinished, WarningRaised
from cibw.reporting.codecs import report_from_json
from cibw.reporting.files import FILE_NAME, LogFiles, log_path, read_report, report_writer, write_report, write_whole
from cibw.reporting.markdown import summary_writer
from cibw.reporting.reporters import combine
from unit_test.conftest import Golden
from unit_test.reporting.scenario import CP310, CP312, EVENTS, JOB, REPORT


def test_each_scope_has_its_log(tmp_path: Path, golden: Golden) -> None:
    reporter = LogFiles(tmp_path / "logs")
    for event in EVENTS:
        reporter(event)
    logs = sorted((tmp_path / "logs").iterdir())
    assert [path.stem for path in logs] == [
        "cp310-manylinux_x86_64",
        "cp311-manylinux_x86_64",
        "cp312-manylinux_x86_64",
        "manylinux_x86_64",
    ]
    golden.check("logs.txt", "".join(f"#### {path.name}\n{path.read_text('utf-8')}" for path in logs))


def test_lines_are_in_the_log_as_they_come(tmp_path: Path) -> None:
    reporter = LogFiles(tmp_path)
    reporter(OutputLine(scope="a", text="one"))
    reporter(OutputLine(scope="b/c d", text="two"))
    assert log_path(tmp_path, "a").read_text() == "one\n"
    assert (tmp_path / "b_c_d.log").read_text() == "two\n"
    reporter(RunFinished(report=REPORT))


def test_a_run_begins_its_logs_anew_and_goes_on_after_a_build(tmp_path: Path) -> None:
    path = log_path(tmp_path, str(CP312))
    path.write_text("of an earlier run\n")
    reporter = LogFiles(tmp_path)
    for event in (*EVENTS[:-1], WarningRaised(scope=str(CP312), message="late"), EVENTS[-1]):
        reporter(event)
    text = path.read_text()
    assert "earlier" not in text
    assert text.startswith(str(CP312))
    assert text.endswith("WARNING: late\n")


def test_the_report_stands_beside_the_wheels(tmp_path: Path) -> None:
    reporter = report_writer(tmp_path / "wheelhouse")
    for event in EVENTS:
        reporter(event)
    files = list((tmp_path / "wheelhouse").iterdir())
    assert [path.name for path in files] == [FILE_NAME]
    assert report_from_json(files[0].read_text("utf-8")) == REPORT


def test_a_report_replaces_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("{}")
    path = write_report(REPORT, tmp_path)
    assert json.loads(path.read_text("utf-8"))["exit_code"] == 1


def test_a_report_is_read_again(tmp_path: Path) -> None:
    write_report(REPORT, tmp_path)
    assert read_report(tmp_path) == REPORT


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[]", "{}", '{"version": 99}', '{"version": 1}', '{"version": 1, "results": [1]}', "\0"]
)
def test_what_is_no_report_of_ours_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
    assert read_report(tmp_path) is None


def test_a_report_that_is_missing_or_no_text_is_none(tmp_path: Path) -> None:
    assert read_report(tmp_path) is None
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe\x00")
    assert read_report(tmp_path) is None


def test_a_summary_is_appended(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    reporter = summary_writer(path)
    reporter(EVENTS[0])
    reporter(RunFinished(report=REPORT))
    text = path.read_text("utf-8")
    assert text.startswith("before\n## ❌ 1 wheel in")
    assert str(CP310) in text


def test_combined_reporters_all_get_each_event() -> None:
    first: list[Event] = []
    second: list[Event] = []
    event = CommandStarted(scope=JOB, text="make")
    combine(first.append, second.append)(event)
    assert first == second == [event]


def test_a_link_with_the_name_of_an_unfinished_file_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / ".dist.json.part").symlink_to(victim)
    path = write_whole(tmp_path / "dist.json", "{}")
    assert victim.read_text() == "mine"
    assert not path.is_symlink()
    assert path.read_text() == "{}"
