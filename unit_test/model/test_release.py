from __future__ import annotations

import pytest

from cibw.model.distribution import Distribution
from cibw.model.findings import Finding, Severity, stops
from cibw.model.published import PublishReport, UploadResult, UploadStatus
from cibw.model.release import Decision, IndexFile, Listing, PackageIndex, PlannedUpload, UploadPlan
from cibw.model.web import Answer, Question


def planned(filename: str, decision: Decision) -> PlannedUpload:
    distribution = Distribution.parse(filename, size=1, sha256="a")
    return PlannedUpload(distribution=distribution, path=f"dist/{filename}", decision=decision)


def test_a_plan_tells_what_is_sent() -> None:
    sent, skipped = planned("a-1-py3-none-any.whl", Decision.SEND), planned("a-1.tar.gz", Decision.SKIP)
    plan = UploadPlan(index=PackageIndex(name="here", upload="http://localhost/"), uploads=(sent, skipped))
    assert plan.having(Decision.SEND) == (sent,)
    assert plan.having(Decision.CONFLICT) == ()


def test_an_index_has_a_file_where_the_bytes_are_the_same() -> None:
    listing = Listing(files=(IndexFile(filename="a-1.tar.gz", sha256="a"),))
    assert listing.has(Distribution.parse("a-1.tar.gz", size=1, sha256="a"))
    assert not listing.has(Distribution.parse("a-1.tar.gz", size=1, sha256="b"))
    assert not listing.has(Distribution.parse("a-2.tar.gz", size=1, sha256="a"))


def test_a_report_tells_which_files_are_there() -> None:
    results = tuple(
        UploadResult(filename=status.value, size=1, sha256="a", status=status, attempts=1) for status in UploadStatus
    )
    report = PublishReport(index="http://localhost/", project="a", version="1", uploads=results)
    assert [result.is_there for result in results] == [True, True, False, False]
    assert report.having(UploadStatus.FAILED, UploadStatus.NOT_TRIED) == results[2:]


@pytest.mark.parametrize(("severity", "expected"), [(Severity.ERROR, True), (Severity.WARNING, False)])
def test_errors_alone_stop_a_release(severity: Severity, expected: bool) -> None:
    assert stops((Finding(rule="size", message="too large", severity=severity),)) is expected


def test_questions_and_answers_hide_what_may_be_secret() -> None:
    question = Question(address="https://a.example/", headers={"authorization": "Basic secret"}, body=b"secret")
    assert "secret" not in repr(question)
    assert "secret" not in repr(Answer(status=200, headers={"set-cookie": "secret"}, body=b"secret"))
