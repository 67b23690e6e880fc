"""What documents say of the code must be so."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from cibw.cli.main import parse
from cibw.config.cascade import Sources
from cibw.config.load import load_options
from cibw.errors import CibwError, ErrorContext
from cibw.model.events import BuildResult, Failure, Report
from cibw.model.identifiers import NotBuilt, Platform
from cibw.model.manifest import Manifest, ManifestFile
from cibw.model.plan import Job, Plan, StepName, WheelBuild
from cibw.model.templates import Placeholder

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def _blocks(language: str) -> Iterator[str]:
    """The code blocks of all pages in a language."""
    for page in PAGES:
        yield from re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def _commands() -> Iterator[str]:
    """The calls of cibw in the console blocks, each as its arguments."""
    for block in _blocks("console"):
        for line in block.splitlines():
            words = shlex.split(line, comments=line.startswith("$ "))
            if words[:1] == ["$"] and "cibw" in words:
                yield shlex.join(words[words.index("cibw") + 1 :]).partition(" '|' ")[0]


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


@pytest.mark.parametrize("value", [*(step.value for step in StepName), *(late.value for late in Placeholder)])
def test_the_page_of_the_plan_has_every_name(value: str) -> None:
    assert f"`{value}`" in (ROOT / "docs/plan.md").read_text("utf-8")


@pytest.mark.parametrize("arguments", sorted(set(_commands())))
def test_commands_in_documents_have_valid_arguments(arguments: str) -> None:
    parse(shlex.split(arguments))


@pytest.mark.parametrize("text", [block for block in _blocks("toml") if "[tool.cibw" in block])
def test_configurations_in_documents_are_valid(text: str) -> None:
    load_options(Sources(config_text=text), Platform.LINUX)


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "architecture"], ids=lambda page: page.stem)
def test_variables_in_documents_exist(page: Path) -> None:
    known = set(re.findall(r"CIBW_[A-Z0-9_]+", (ROOT / "docs/options.md").read_text("utf-8")))
    endings = "|".join(platform.value.upper() for platform in Platform)
    found = {
        re.sub(rf"_({endings})$", "", name)
        for name in re.findall(r"CIBW_[A-Z0-9_]*[A-Z0-9]\b", page.read_text("utf-8"))
    }
    assert found <= known
