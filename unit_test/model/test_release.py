from __future__ import annotations

import pytest

from cibw.model.distribution import Distribution
from cibw.model.findings import Finding, Severity, stops
from cibw.model.release import Decision, PackageIndex, PlannedUpload, UploadPlan
from cibw.model.web import Answer, Question


def planned(filename: str, decision: Decision) -> PlannedUpload:
    distribution = Distribution.parse(filename, size=1, sha256="a")
    return PlannedUpload(distribution=distribution, path=f"dist/{filename}", decision=decision)


def test_a_plan_tells_what_is_sent() -> None:
    sent, skipped = planned("a-1-py3-none-any.whl", Decision.SEND), planned("a-1.tar.gz", Decision.SKIP)
    plan = UploadPlan(index=PackageIndex(name="here", upload="http://localhost/"), uploads=(sent, skipped))
    assert plan.having(Decision.SEND) == (sent,)
    assert plan.having(Decision.CONFLICT) == ()


@pytest.mark.parametrize(("severity", "expected"), [(Severity.ERROR, True), (Severity.WARNING, False)])
def test_errors_alone_stop_a_release(severity: Severity, expected: bool) -> None:
    assert stops((Finding(rule="size", message="too large", severity=severity),)) is expected


def test_questions_and_answers_hide_what_may_be_secret() -> None:
    question = Question(address="https://a.example/", headers={"authorization": "Basic secret"}, body=b"secret")
    assert "secret" not in repr(question)
    assert "secret" not in repr(Answer(status=200, headers={"set-cookie": "secret"}, body=b"secret"))
