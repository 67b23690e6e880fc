from __future__ import annotations

from pathlib import Path

import pytest
from published_releases.choice import choose
from published_releases.reasons import REASONS
from published_releases.results import Found, Reason, Result, read_result, table, unexplained, write_result

NAME = Found(rule="file-name", severity="error", message="The sdist's file name must be a_b-1.tar.gz (PEP 625).")
OTHER = Found(rule="summary", severity="error", message="The summary has 513 characters.")
ODD = Found(rule="no-readme", severity="warning", message="There is no README | <none>.")
WHY = (Reason(rule="file-name", words="sdist's file name", why="PEP 625"),)


def result(version: str, *found: Found) -> Result:
    return Result(project="a-b", version=version, checks="1", files=("a-b-1.tar.gz", "x.whl"), found=found)


def test_one_file_is_chosen_for_each_kind_of_platform() -> None:
    names = [
        "demo-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
        "demo-1.0-cp313-cp313-manylinux1_i686.whl",
        "demo-1.0-cp312-cp312-win32.whl",
        "demo-1.0-cp312-cp312-linux_x86_64.whl",
        "demo-1.0-py3-none-any.whl",
        "demo-1.0.zip",
        "demo.whl",
        "demo-1.0.tar.gz",
    ]
    groups = list(choose(names))
    assert [len(group) for group in groups] == [1, 2, 1, 1]
    assert groups[0] == ("demo-1.0.tar.gz",)
    assert list(choose(reversed(names))) == groups


def test_errors_without_a_reason_are_told() -> None:
    assert list(unexplained([result("1", NAME, ODD), result("2", OTHER)], WHY)) == [
        "a-b 2: summary: The summary has 513 characters."
    ]


def test_the_table_counts_releases_and_names_them() -> None:
    text = table((result("1", NAME, ODD), result("2")), WHY)
    assert "2 releases of 1 projects with 4 files were checked.\n1 have no error" in text
    assert "| `file-name` | PEP 625 | 1: a-b 1 |" in text
    assert "| `no-readme` | 1 | a-b 1: There is no README &#124; &lt;none>. |" in text
    assert "| a-b | 1, 2 |" in text


def test_results_are_kept(tmp_path: Path) -> None:
    kept = result("1", NAME)
    write_result(tmp_path / "results" / "a.json", kept)
    assert read_result(tmp_path / "results" / "a.json") == kept
    assert read_result(tmp_path / "b.json") is None


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: f"{reason.rule}: {reason.words}")
def test_every_reason_is_that_of_a_rule(reason: Reason) -> None:
    document = (Path(__file__).parent.parent / "docs" / "delivery.md").read_text("utf-8")
    assert f"| `{reason.rule}` | error" in document
    assert reason.why
