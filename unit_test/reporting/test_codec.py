from __future__ import annotations

import json

import pytest
from hypothesis import given

from cibw.errors import CibwError
from cibw.model.events import Report
from cibw.model.plan import Plan
from cibw.reporting.codecs import manifest_from_json, plan_from_json, plan_to_json, report_from_json, report_to_json
from unit_test.strategies import plans, reports


@given(plans)
def test_a_plan_comes_back_from_its_json(plan: Plan) -> None:
    assert plan_from_json(plan_to_json(plan)) == plan


@given(reports)
def test_a_report_comes_back_from_its_json(report: Report) -> None:
    assert report_from_json(report_to_json(report)) == report


def test_the_version_stands_first() -> None:
    assert next(iter(json.loads(plan_to_json(Plan(jobs=()))))) == "version"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "the version None"),
        ('{"version": 2, "jobs": []}', "the version 2"),
        ('{"version": 1}', "Cannot read this plan.*jobs"),
        ('{"version": 1, "jobs": [{"name": "x"}]}', r"jobs\[0\]"),
        (
            '{"version": 1, "jobs": [], "not_built": [{"identifier": "cp99", "reason": ""}]}',
            r"not_built\[0\].identifier",
        ),
        ('{"version": 1, "jobs": [{"name": "x", "builds": [], "machine": {"type": "moon"}}]}', r"machine"),
    ],
)
def test_what_is_no_plan_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(CibwError, match=message):
        plan_from_json(text)


@pytest.mark.parametrize(
    "environment",
    [
        '"A=1"',
        '{"name": "A"}',
        '{"name": "A", "parts": "b"}',
        '{"name": "A", "parts": [1]}',
        '{"name": "A", "parts": [{"late": "never"}]}',
        '{"name": "A", "parts": [{"type": "loop"}]}',
        '{"name": "A", "parts": [{"type": "variable", "name": 3, "default": null, "or_empty": true}]}',
    ],
)
def test_a_broken_assignment_is_refused_with_its_place(environment: str) -> None:
    job = f'{{"name": "", "machine": {{"type": "host"}}, "builds": [], "environment": [{environment}]}}'
    with pytest.raises(CibwError, match=r"jobs\[0\].environment\[0\]"):
        plan_from_json(f'{{"version": 1, "jobs": [{job}]}}')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 500_000, "nested more than 100 levels deep"),
        ('{"version": 1, "files": ' + '[{"a":' * 300_000, "nested more than 100 levels deep"),
        ('{"version": ' + "9" * 5000 + "}", "thousands of digits"),
        ('{"version": 1, "seconds": 1e400}', "too large"),
        ("\udcff", "is not JSON"),
    ],
)
def test_texts_that_break_parsers_are_refused(text: str, message: str) -> None:
    for read in (plan_from_json, report_from_json, manifest_from_json):
        with pytest.raises(CibwError, match=message):
            read(text)
