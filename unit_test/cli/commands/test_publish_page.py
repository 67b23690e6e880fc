from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cibw.cli.arguments import CommandLine
from cibw.cli.commands.check import tell_page
from cibw.cli.session import Session
from cibw.model.release import PackageIndex
from cibw.release.upload_plan import Release
from cibw.reporting.terminal import TerminalStyle

RELEASE = Release(project="demo", version="1.0", files=())
INDEX = PackageIndex(name="pypi", upload="https://upload.index.example/legacy/", page="https://index.example/project/")
PAGE = "https://index.example/project/demo/1.0/"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    line = CommandLine()
    return Session(line=line, environment={}, working_dir=tmp_path, style=TerminalStyle())


def test_the_page_is_named(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    tell_page(session, INDEX, RELEASE)
    assert capsys.readouterr().out == f"{PAGE}\n"


def test_a_job_of_github_gets_it_as_an_output(session: Session) -> None:
    outputs = session.working_dir / "outputs"
    outputs.write_text("other=1\n")
    tell_page(replace(session, environment={"GITHUB_OUTPUT": str(outputs)}), INDEX, RELEASE)
    assert outputs.read_text() == f"other=1\nurl={PAGE}\n"


def test_nothing_is_told_of_an_index_without_pages(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = session.working_dir / "outputs"
    tell_page(replace(session, environment={"GITHUB_OUTPUT": str(outputs)}), replace(INDEX, page=""), RELEASE)
    assert capsys.readouterr().out == ""
    assert not outputs.exists()
