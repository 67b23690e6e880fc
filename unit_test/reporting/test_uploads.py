from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from cibw.model.events import PublishReport, Report, UploadResult, UploadStatus
from cibw.model.release import (
    BytesSent,
    Decision,
    FileFinished,
    FileStarted,
    TryFailed,
    UploadEvent,
    UploadFinished,
    UploadStarted,
)
from cibw.reporting.files import keep_publish, read_publish, read_report, write_report
from cibw.reporting.terminal import TerminalStyle
from cibw.reporting.uploads import UploadConsole, publish_report_to_json, upload_plan_text, upload_plan_to_json
from unit_test.conftest import Golden
from unit_test.release.releasing import OTHER, SDIST, WHEEL, plan_of

_PLAIN = plan_of(WHEEL, OTHER, SDIST)
PLAN = replace(
    _PLAIN,
    uploads=(
        replace(_PLAIN.uploads[0], attestations=(f"dist/{WHEEL}.publish.attestation",)),
        replace(_PLAIN.uploads[1], decision=Decision.SKIP, reason="the index has it"),
        replace(_PLAIN.uploads[2], decision=Decision.CONFLICT, reason="its SHA-256 is 0123... there, and 4567... here"),
    ),
    notes=("Directory dist not found; publishing wheelhouse.",),
)


def result(filename: str, status: UploadStatus, message: str = "", attempts: int = 1) -> UploadResult:
    return UploadResult(
        filename=filename, size=1000, sha256="ab", status=status, message=message, attempts=attempts, seconds=1.25
    )


PUBLISHED = PublishReport(
    index="https://index.example/legacy/",
    project="demo",
    version="1.0",
    uploads=(
        result(WHEEL, UploadStatus.UPLOADED, attempts=2),
        result(OTHER, UploadStatus.ALREADY_THERE, "the index already has it"),
        result(SDIST, UploadStatus.FAILED, "refused"),
    ),
    exit_code=20,
)
EVENTS: tuple[UploadEvent, ...] = (
    UploadStarted(plan=plan_of(WHEEL, OTHER, SDIST), login="a token"),
    FileStarted(number=1, filename=WHEEL, size=1000),
    BytesSent(sent=250, total=1000),
    BytesSent(sent=251, total=1000),
    TryFailed(filename=WHEEL, message="it answers with 503", wait=2.0),
    BytesSent(sent=1000, total=1000),
    FileFinished(result=PUBLISHED.uploads[0]),
    FileStarted(number=2, filename=OTHER, size=1000),
    FileFinished(result=PUBLISHED.uploads[1]),
    FileStarted(number=3, filename=SDIST, size=0),
    BytesSent(sent=0, total=0),
    FileFinished(result=PUBLISHED.uploads[2]),
    UploadFinished(report=PUBLISHED),
)


@pytest.mark.parametrize("width", [80, 160])
def test_a_plan_as_text(golden: Golden, width: int) -> None:
    golden.check(f"upload/plan-{width}.txt", upload_plan_text(PLAN, TerminalStyle(width=width)))


def test_a_plan_as_json(golden: Golden) -> None:
    golden.check("upload/plan.json", upload_plan_to_json(PLAN))


def test_a_result_as_json(golden: Golden) -> None:
    golden.check("upload/report.json", publish_report_to_json(PUBLISHED))


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("ci", TerminalStyle(unicode=False)),
        ("terminal", TerminalStyle(width=80, colour=True, output=False, redraws=True)),
    ],
)
def test_an_upload_as_it_goes(golden: Golden, name: str, style: TerminalStyle) -> None:
    stream = StringIO()
    console = UploadConsole(stream, style)
    for event in EVENTS:
        console(event)
    golden.check(f"upload/{name}.txt", stream.getvalue().replace("\r", "<CR>").replace("\x1b", "<ESC>"))


def test_the_report_of_a_build_keeps_its_content(tmp_path: Path) -> None:
    assert read_publish(tmp_path) is None
    write_report(Report(results=(), seconds=7.0), tmp_path)
    assert read_publish(tmp_path) is None
    keep_publish(PUBLISHED, tmp_path)
    assert read_publish(tmp_path) == PUBLISHED
    assert read_report(tmp_path) == Report(results=(), seconds=7.0, publish=PUBLISHED)


def test_a_report_where_there_was_no_build(tmp_path: Path) -> None:
    keep_publish(PUBLISHED, tmp_path)
    data = json.loads((tmp_path / "report.json").read_text())
    assert (data["results"], data["publish"]["exit_code"]) == ([], 20)
