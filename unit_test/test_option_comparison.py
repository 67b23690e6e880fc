"""How the values of options are compared with another program's."""

from __future__ import annotations

from pathlib import Path

from option_comparison.calls import Answer, Call
from option_comparison.cases import make_option_cases
from option_comparison.differences import judge
from option_comparison.own_side import own_answer

CP312 = "cp312-manylinux_x86_64"
CONFIGURATION = """
[tool.cibuildwheel]
test-command = "pytest {package}/tests #{wheel} {wheel}"
environment = {A = "1", B = "$A/x"}
environment-pass = ["TOKEN"]
config-settings = {a = ["1", "2"]}
"""


def call(directory: str = "", *, is_odd: bool = False) -> Call:
    return {"directory": directory, "platform": "linux", "environment": {"TOKEN": "t"}, "is_odd": is_odd}


def answer(**values: object) -> Answer:
    return {"options": {CP312: {name.replace("_", "-"): value for name, value in values.items()}}}


def test_own_options_are_plain_values(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION, encoding="utf-8")
    found = own_answer(call(str(tmp_path)), [CP312])["options"][CP312]
    assert found["test-command"] == "pytest <project>/tests {wheel} <wheel>"
    assert found["environment"] == {"TOKEN": "t", "A": "1", "B": "1/x"}
    assert found["config-settings"] == {"a": ["1", "2"]}
    assert found["repair-wheel-command"] == "auditwheel repair -w <repaired> <wheel>"
    assert found["dependency-versions"] == "pinned"
    assert found["xbuild-tools"] is None


def test_a_refused_configuration_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.cibuildwheel]\ntest-command = 3\n", encoding="utf-8")
    assert "this has to be" in own_answer(call(str(tmp_path)), [CP312])["error"]


def test_equal_values_and_named_differences_need_no_explanation() -> None:
    peer = answer(image="x", build_frontend=["build", []], before_all=" a  && b", xbuild_tools=None)
    own = answer(image="x", build_frontend=["default", []], before_all="a && b", xbuild_tools=[])
    verdict = judge(call(), peer, own)
    assert verdict.unexplained == []
    assert verdict.kinds == {
        "values are equal": 2,
        "The default build frontend": 1,
        "An empty list of tools that is merged is a list": 1,
    }


def test_other_differences_are_shown() -> None:
    verdict = judge(call(), answer(before_all="a"), answer(before_all="b"))
    assert verdict.kinds["DIFFERENT"] == 1
    assert verdict.unexplained == [f"{CP312} before-all:\n  peer 'a'\n  cibw 'b'"]


def test_only_an_odd_configuration_may_be_refused_by_one_side() -> None:
    refusal: Answer = {"error": "no"}
    assert judge(call(), answer(), refusal).unexplained == ["peer accepts it\ncibw no"]
    assert judge(call(is_odd=True), answer(), refusal).unexplained == []
    assert judge(call(is_odd=True), refusal, answer()).unexplained == ["peer no\ncibw accepts it"]
    assert judge(call(), refusal, refusal).kinds == {"both refuse the configuration": 1}


def test_the_same_seed_makes_the_same_configurations() -> None:
    first, second = (list(make_option_cases(5, 7)) for _ in range(2))
    assert first == second
    assert first != list(make_option_cases(5, 8))
