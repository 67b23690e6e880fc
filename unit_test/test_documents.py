"""What documents say of the code must be so."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from cibw.errors import CibwError, ErrorContext
from cibw.model.events import BuildResult, Failure, Report
from cibw.model.manifest import Manifest, ManifestFile
from cibw.model.not_built import NotBuilt
from cibw.model.plan import Job, Plan, StepName, WheelBuild
from cibw.model.template import Late

ROOT = Path(__file__).resolve().parent.parent


def _all_errors(kind: type[CibwError]) -> list[type[CibwError]]:
    return [kind, *(error for child in kind.__subclasses__() for error in _all_errors(child))]


def test_the_readme_has_every_exit_code() -> None:
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)}
    assert codes == {0, *(error.exit_code for error in _all_errors(CibwError))}


@pytest.mark.parametrize(
    "kind", [Plan, NotBuilt, Job, WheelBuild, Report, BuildResult, Failure, ErrorContext, Manifest, ManifestFile]
)
def test_the_page_of_the_plan_has_every_field(kind: type) -> None:
    page = (ROOT / "docs/plan.md").read_text("utf-8")
    assert [field.name for field in fields(kind) if not re.search(rf'[`"]{field.name}[`"]', page)] == []


@pytest.mark.parametrize("value", [*(step.value for step in StepName), *(late.value for late in Late)])
def test_the_page_of_the_plan_has_every_name(value: str) -> None:
    assert f"`{value}`" in (ROOT / "docs/plan.md").read_text("utf-8")
