"""How the outcomes of cibuildwheel's own tests are judged, and what the images of the run allow."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peer.suite.driver import Image, Limits, Outcome, read_outcomes
from tests.peer.suite.page import page
from tests.peer.suite.verdicts import DECLARED, Failure, Judged, Verdict, judge, missing, read_failures

ROOT = Path(__file__).parents[2]
IMAGES = {
    "manylinux": Image(
        reference="many:1", policy="manylinux_2_36", pythons=["cp39-cp39", "cp310-cp310", "cp314-cp314"]
    ),
    "musllinux": Image(reference="musl:1", policy="musllinux_1_2", pythons=["cp310-cp310"]),
}
TEST = "test_demo.py::test"
WORDING = Failure(verdict=Verdict.WORDING, why="other words", shows=("said", "✓ audit"))
STAND_IN = Failure(verdict=Verdict.STAND_IN, why="no such image", shows=("no image",))


@pytest.mark.parametrize(
    ("outcome", "text", "failure", "verdict"),
    [
        ("passed", "", None, Verdict.PASSED),
        ("skipped", "needs a Mac", None, Verdict.SKIPPED),
        ("skipped", "needs a Mac", WORDING, Verdict.SKIPPED),
        ("failed", "assert 'said' in '  ✓ audit 0.1 s'", WORDING, Verdict.WORDING),
        ("failed", "assert 'said' in ''", WORDING, Verdict.FAULT),
        ("failed", "assert 'said' in ''", None, Verdict.FAULT),
        ("passed", "", WORDING, Verdict.FAULT),
        ("failed", "no image", STAND_IN, Verdict.STAND_IN),
        ("passed", "", STAND_IN, Verdict.PASSED),
    ],
)
def test_an_outcome_is_held_against_what_is_declared(
    outcome: str, text: str, failure: Failure | None, verdict: Verdict
) -> None:
    failures = {TEST: failure} if failure else {}
    assert judge(Outcome(test=TEST, outcome=outcome, text=text), failures).verdict is verdict


def test_a_declared_test_that_does_not_exist_is_a_fault() -> None:
    judged = [judge(Outcome(test=TEST, outcome="passed"), {})]
    [one] = missing(judged, {TEST: STAND_IN, "test_gone.py::test": STAND_IN})
    assert (one.outcome.test, one.verdict) == ("test_gone.py::test", Verdict.FAULT)


def test_each_declared_failure_has_a_reason_and_shows_it() -> None:
    failures = read_failures(DECLARED.read_text(encoding="utf-8"))
    assert failures
    for failure in failures.values():
        assert failure.why
        assert failure.shows
        assert failure.verdict in {Verdict.WORDING, Verdict.DIFFERENCE, Verdict.STAND_IN}
        assert bool(failure.section) == (failure.verdict is Verdict.DIFFERENCE)


def test_a_test_has_the_verdict_of_one_declaration() -> None:
    table = f"[[failure]]\nverdict = 'wording'\nwhy = 'x'\nshows = ['x']\ntests = ['{TEST}']\n"
    with pytest.raises(ValueError, match=r"test_demo\.py::test is declared twice"):
        read_failures(table * 2)


def test_the_page_counts_links_and_escapes() -> None:
    judged = [
        Judged(
            outcome=Outcome(test="b", outcome="failed"), verdict=Verdict.DIFFERENCE, why="a | b", section="it-differs"
        ),
        Judged(outcome=Outcome(test="a", outcome="passed"), verdict=Verdict.PASSED),
    ]
    text = page("1.0", IMAGES, judged)
    assert "cibuildwheel 1.0 with" in text
    assert "| `many:1` | `manylinux_2_36` | cp39, cp310, cp314 |" in text
    assert "| passed | 1 |" in text
    assert "wording" not in text
    assert text.endswith("| `a` | passed |  |\n| `b` | difference | [a \\| b](differences.md#it-differs) |\n")


@pytest.mark.parametrize(
    ("wheel", "test", "expected"),
    [
        ("s-1-cp39-cp39-manylinux1_x86_64.manylinux_2_28_x86_64.whl", TEST, "manylinux1_x86_64.manylinux_2_36_x86_64"),
        ("s-1-cp310-abi3-manylinux_2_28_x86_64.whl", TEST, "manylinux_2_36_x86_64"),
        ("s-1-cp314-cp314t-manylinux_2_28_x86_64.whl", TEST, ""),
        ("s-1-pp311-pypy311_pp80-manylinux_2_28_x86_64.whl", TEST, ""),
        ("s-1-cp310-cp310-musllinux_1_2_x86_64.whl", TEST, ""),
        ("s-1-py3-none-musllinux_1_2_x86_64.whl", TEST, ""),
        ("s-1-cp310-cp310-musllinux_1_2_x86_64.whl", "test_musllinux_X_Y_only.py::test", "musllinux_1_2_x86_64"),
        ("s-1-py3-none-manylinux_2_28_x86_64.whl", TEST, "manylinux_2_36_x86_64"),
        (
            "s-1-cp315-cp315-manylinux_2_28_x86_64.whl",
            "test_0_basic.py::test_build_identifiers[]",
            "manylinux_2_28_x86_64",
        ),
    ],
)
def test_expected_wheels_are_limited_to_the_images(wheel: str, test: str, expected: str) -> None:
    found = Limits(images=IMAGES, test=test).wheels([wheel], any_policy=True)
    assert [name.removesuffix(".whl").split("-")[-1] for name in found] == ([expected] if expected else [])


def test_a_test_that_names_its_policy_expects_that_one() -> None:
    wheel = "s-1-cp39-cp39-manylinux_2_28_x86_64.whl"
    assert Limits(images=IMAGES, test=TEST).wheels([wheel], any_policy=False) == [wheel]


def test_a_build_skips_what_the_images_lack() -> None:
    given = {"CIBW_SKIP": "cp39-*", "CIBW_MUSLLINUX_X86_64_IMAGE": "musllinux_1_2", "CIBW_MANYLINUX_I686_IMAGE": "old"}
    found = Limits(images=IMAGES, test=TEST).settings(given, builds=True)
    skipped = found["CIBW_SKIP"].split()
    assert {"cp39-*", "pp*", "gp*", "cp311-manylinux*", "cp314t-manylinux*", "cp310-musllinux*"} <= set(skipped)
    assert not {"cp310-manylinux*", "cp314-manylinux*"} & set(skipped)
    assert (found["CIBW_MUSLLINUX_X86_64_IMAGE"], found["CIBW_MANYLINUX_I686_IMAGE"]) == ("musl:1", "old")
    assert Limits(images=IMAGES, test=TEST).settings(given, builds=False)["CIBW_SKIP"] == "cp39-*"


def test_the_last_outcome_of_a_test_counts(tmp_path: Path) -> None:
    file = tmp_path / "outcomes.jsonl"
    file.write_text('{"test": "a", "outcome": "failed", "text": "x"}\n{"test": "a", "outcome": "passed"}\n')
    assert read_outcomes(file) == [Outcome(test="a", outcome="passed")]
