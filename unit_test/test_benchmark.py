"""What the benchmark makes of its samples and of an engine's traffic."""

from __future__ import annotations

import math
from contextlib import ExitStack
from pathlib import Path

import pytest
from benchmarks.cases import cases
from benchmarks.engine_calls import calls
from benchmarks.engine_traffic import Chunk
from benchmarks.storage import load, replace_part, save
from benchmarks.tables import tables
from benchmarks.values import Goal, Quantity, Result, Sample, Spread, judge

TWO_TO_ONE = Result(
    case="warm",
    measured="2026-01-02 03:04",
    circumstances="a computer",
    samples={
        "cibw": (Sample(seconds=1.0), Sample(seconds=3.0), Sample(seconds=2.0)),
        "peer": (Sample(seconds=10.0), Sample(seconds=20.0), Sample(seconds=40.0)),
        "limit": tuple(Sample(seconds=seconds, details={"inside": 0.5}) for seconds in (1.0, 2.0, 4.0)),
    },
)


def test_a_ratio_is_taken_round_by_round() -> None:
    goal = Goal(text="", of=Quantity(subject="cibw"), by=(Quantity(subject="peer"),), at_most=1)
    assert judge(goal, TWO_TO_ONE) == Spread(median=0.1, least=0.05, greatest=0.15)


def test_a_goal_may_divide_by_a_sum_of_other_quantities() -> None:
    by = (Quantity(subject="limit", name="inside"), Quantity(subject="limit"))
    spread = judge(Goal(text="", of=Quantity(subject="cibw"), by=by, at_most=1), TWO_TO_ONE)
    assert spread == Spread(median=2 / 3, least=2 / 4.5, greatest=3 / 2.5)


def test_a_goal_of_subjects_that_were_not_measured_has_no_value() -> None:
    assert judge(Goal(text="", of=Quantity(subject="nobody"), at_most=1), TWO_TO_ONE) is None
    assert math.isnan(Sample(seconds=1.0).value("inside"))


@pytest.mark.parametrize("name", cases())
def test_goals_speak_of_subjects_of_their_case(name: str) -> None:
    case = cases()[name]
    with ExitStack() as stack:
        subjects = set(case.subjects(stack))
    assert subjects
    assert subjects >= {one.subject for goal in case.goals for one in (goal.of, *goal.by)}


def test_the_tables_show_goals_times_and_circumstances() -> None:
    text = tables({"warm": TWO_TO_ONE}, cases())
    title = cases()["warm"].title
    assert f"| {title} | cibw : peer | at most 0.10 | 0.10 | 0.05 to 0.15 | yes |" in text
    assert f"| {title} | cibw : limit | at most 1.25 | 1 | 0.50 to 1.50 | yes |" in text
    assert f"| {title} | limit | 2 | 1 to 4 | 3 | inside 0.50 |" in text
    assert "* warm (2026-01-02 03:04): a computer" in text
    assert "peer with uv" not in text


def test_results_survive_the_file(tmp_path: Path) -> None:
    path = tmp_path / "below" / "results.json"
    assert load(path) == {}
    save({"warm": TWO_TO_ONE}, path)
    assert load(path) == {"warm": TWO_TO_ONE}


def test_figures_go_between_the_marks_of_a_document(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("a\n<!-- figures -->\nold\n<!-- end of figures -->\nz\n", encoding="utf-8")
    replace_part(document, "figures", "new\n")
    assert document.read_text(encoding="utf-8") == "a\n<!-- figures -->\n\nnew\n\n<!-- end of figures -->\nz\n"
    with pytest.raises(ValueError, match="marks of profile"):
        replace_part(document, "profile", "new")


def traffic(*pieces: tuple[int, str, bytes]) -> list[Chunk]:
    """Chunks a second apart: connection, `>` from or `<` to the client, data."""
    return [
        Chunk(connection=connection, when=float(when), from_client=arrow == ">", data=data)
        for when, (connection, arrow, data) in enumerate(pieces)
    ]


def test_a_command_takes_its_words_from_its_announcement() -> None:
    body = b'{"Cmd": ["env", "-u", "A", "B=1", "uv", "build"]}'
    announce, begin, create = calls(
        traffic(
            (1, ">", b"POST /v1.41/containers/abc/exec HTTP/1.1\r\nHost: x\r\n\r\n"),
            (1, ">", body),
            (1, "<", b'HTTP/1.1 201 Created\r\n\r\n{"Id":"e1"}'),
            (2, ">", b"POST /v1.41/exec/e1/start HTTP/1.1\r\n\r\n{}"),
            (2, "<", b"HTTP/1.1 101 UPGRADED\r\n\r\n"),
            (1, ">", b"POST /v1.41/containers/create?name=n HTTP/1.1\r\n\r\n"),
            (2, "<", b"output"),
            (1, "<", b"HTTP/1.1 201 Created\r\n\r\n"),
        )
    )
    assert (announce.what, announce.is_command, announce.seconds) == ("announce a command", False, 2)
    assert (begin.what, begin.is_command, begin.seconds) == ("uv build", True, 3)
    assert (create.what, create.seconds) == ("create a container", 2)


def test_commands_of_a_kept_shell_are_calls_of_their_own() -> None:
    shell, first, second = calls(
        traffic(
            (1, ">", b"POST /v1.41/exec/e1/start HTTP/1.1\r\n\r\n{}"),
            (1, "<", b"HTTP/1.1 101 UPGRADED\r\n\r\n"),
            (1, ">", b"(cd -- /project || exit 127; exec env -i A='b c' uv venv) </dev/null\nc=$?\n"),
            (1, "<", b"one"),
            (1, "<", b"two"),
            (1, ">", b"(cat /proc/self/environ) </dev/null\nc=$?\n"),
            (1, "<", b"A=b"),
        )
    )
    assert (shell.what, shell.is_command) == ("begin a command", False)
    assert (first.what, first.is_command, first.seconds) == ("uv venv", True, 2)
    assert second.what == "cat /proc/self/environ"
