"""How the values of options are compared with another program's."""

from __future__ import annotations

from pathlib import Path

from tests.peer.options.calls import Answer, Call
from tests.peer.options.cases import make_option_cases
from tests.peer.options.cibw_side import cibw_answer
from tests.peer.options.differences import judge
from tests.peer.selection.projects import keep_what_is_read
from tests.peer.verdict import write_row

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
    found = cibw_answer(call(str(tmp_path)), [CP312])["options"][CP312]
    assert found["test-command"] == "pytest <project>/tests {wheel} <wheel>"
    assert found["environment"] == {"TOKEN": "t", "A": "1", "B": "1/x"}
    assert found["config-settings"] == {"a": ["1", "2"]}
    assert found["repair-wheel-command"] == "auditwheel repair -w <repaired> <wheel>"
    assert found["dependency-versions"] == "pinned"
    assert found["xbuild-tools"] is None


def test_a_refused_configuration_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.cibuildwheel]\ntest-command = 3\n", encoding="utf-8")
    assert "must be" in cibw_answer(call(str(tmp_path)), [CP312])["error"]


def test_equal_values_and_named_differences_need_no_explanation() -> None:
    cibuildwheel = answer(image="x", build_frontend=["build", []], before_all=" a  && b", xbuild_tools=None)
    cibw = answer(image="x", build_frontend=["default", []], before_all="a && b", xbuild_tools=[])
    verdict = judge(call(), cibuildwheel, cibw)
    assert verdict.unexplained == []
    assert verdict.kinds == {
        "values are equal": 2,
        "The default build frontend": 1,
        "An empty xbuild-tools list stays empty": 1,
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


def test_real_configurations_differ_by_name() -> None:
    cibuildwheel = answer(
        environment={"PATH": "C:bin"}, config_settings={"a": ["{'b': '1'}"]}, build_frontend=["build", ["-n"]]
    )
    cibw = answer(environment={"PATH": r"C:\bin"}, config_settings={"a.b": ["1"]}, build_frontend=["default", ["-n"]])
    verdict = judge(call(), cibuildwheel, cibw)
    assert verdict.unexplained == []
    assert set(verdict.kinds) == {
        "The environment options",
        "Tables in config-settings are dotted names",
        "The default build frontend",
    }


def test_a_mistake_where_the_peer_selects_nothing_is_named() -> None:
    assert judge(call(), {"options": {}}, {"error": "no string"}).unexplained == []
    assert judge(call(), {"options": {CP312: {}}}, {"error": "no string"}).kinds["DIFFERENT"] == 1


def test_numbers_of_a_run_replace_those_of_an_earlier_one(tmp_path: Path) -> None:
    table = tmp_path / "table.md"
    table.write_text("# Title\n\n| compared |\n|---|\n| values | 1 |\n| others | 2 |\n", encoding="utf-8")
    write_row("values", 3, {"values are equal": 1200, "both refuse": 1, "A heading": 4, "DIFFERENT": 2}, table)
    assert table.read_text(encoding="utf-8").splitlines()[3:] == [
        "|---|",
        "| values | 3 | 1,207 | 1,201 | 4 | 2 |",
        "| others | 2 |",
    ]


def test_what_a_configuration_does_not_read_is_removed(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "src/a.c", "src/deep/er/still/setup.py", "tools/setup_helper.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    keep_what_is_read(tmp_path)
    kept = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(kept) == ["pyproject.toml", "tools/setup_helper.py"]
    assert not (tmp_path / "src").exists()
