"""How the commands of builds are compared with another program's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peer.commands.acts import Act, acts_of
from tests.peer.commands.calls import COLLECT, FETCH, SHELL, Answer, Call, Record, wheel_name
from tests.peer.commands.cases import COMPUTERS, fixed_calls, random_calls
from tests.peer.commands.cibw_side import cibw_answer
from tests.peer.commands.commands import environment_made, frontend, install
from tests.peer.commands.compare import compare
from tests.peer.commands.differences import LIST_OF_PINS, RULES, Circumstances, heading_of_error
from tests.peer.commands.judge import judge, judge_differences
from tests.peer.commands.normal import Normal, flags

BUILD = "cp312-macosx_arm64"
TOML = """
[tool.cibuildwheel]
build = "cp312-*"
before-all = "make"
environment = "A=1 B=$(echo told)"
build-frontend = "build"
test-command = "pytest {project}/tests"
test-requires = ["pytest"]
"""


def call(directory: Path, platform: str = "macos") -> Call:
    return {
        "name": "case",
        "directory": str(directory),
        "package": ".",
        "platform": platform,
        "machine": "arm64",
        "variables": {"CIBW_BUILD": BUILD},
        "base": {"PATH": "/usr/bin"},
        "abi3": False,
    }


def record(*argv: str, phase: str = "repair", scope: str = BUILD, **environment: str) -> Record:
    return {"scope": scope, "phase": phase, "argv": list(argv), "cwd": "/project", "environment": environment}


def answer(*records: Record, error: str = "") -> Answer:
    return {"records": list(records), "error": error, "defaults": []}


def test_own_commands_come_from_the_plan(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(TOML, encoding="utf-8")
    given = call(tmp_path)
    found = cibw_answer(given)
    assert found["error"] == ""
    acts = acts_of(given, found["records"])[BUILD]
    assert [act.name for act in acts] == [
        *("before-all", "environment <build-env>", "build tools", "build", "repair"),
        *("environment <test-env>", "test install", "test", "collect"),
    ]
    assert acts[0].aspects == {"text": "make", "directory": "<project>"}
    assert acts[3].aspects["tool"] == "build"
    assert acts[3].environment["B"] == "told"
    assert acts[6].aspects["packages"] == f"'<repaired>/{wheel_name(BUILD, abi3=False)}' pytest"
    assert acts[7].aspects == {"text": "pytest <project>/tests", "directory": "<test>"}


def test_own_commands_of_a_container_find_its_interpreters(tmp_path: Path) -> None:
    found = cibw_answer({**call(tmp_path, "linux"), "variables": {"CIBW_BUILD": "cp39-manylinux_x86_64"}})
    assert found["error"] == ""
    assert {one["scope"] for one in found["records"]} == {"", "cp39-manylinux_x86_64"}


def test_certificates_of_a_container_have_one_name(tmp_path: Path) -> None:
    normal = Normal(call(tmp_path, "linux"))
    assert normal.text("/own/resources/certificates.pem") == normal.text("/certificates.pem") == "<certificates>"


def test_every_rule_is_a_heading_of_the_differences() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/differences.md").read_text("utf-8")
    headings = {line.lstrip("# ") for line in page.splitlines() if line.startswith("##")}
    assert {*RULES, LIST_OF_PINS} <= headings


def test_what_is_equal_needs_no_heading(tmp_path: Path) -> None:
    same = answer(record(SHELL, "fix <built>", A="1"), record(COLLECT, "x.whl"))
    verdict = judge(call(tmp_path), same, same)
    assert verdict.unexplained == []
    assert verdict.kinds == {"aspects are equal": 6}


@pytest.mark.parametrize(
    ("cibuildwheel", "cibw", "shown"),
    [
        (record(SHELL, "fix", A="1"), record(SHELL, "fix"), "repair, $A:\n  peer '1'\n  cibw None"),
        (record(SHELL, "fix"), record(SHELL, "fix -v"), "repair, text:\n  peer 'fix'\n  cibw 'fix -v'"),
        (
            record(SHELL, "fix", PATH="/a:/b:/c"),
            record(SHELL, "fix", PATH="/a:/c"),
            "repair, PATH /b:\n  peer 'yes'\n  cibw None",
        ),
        (
            record(SHELL, "fix", PATH="/a:/b"),
            record(SHELL, "fix", PATH="/b:/a"),
            "repair, order of PATH:\n  peer '/a, /b'\n  cibw '/b, /a'",
        ),
        (
            record("uv", "build", "<project>", "-q", phase="build"),
            record("uv", "build", "<project>", phase="build"),
            "build, flags:\n  peer '-q'\n  cibw ''",
        ),
        (
            record(SHELL, "fix", UV_PYTHON="/elsewhere"),
            record(SHELL, "fix"),
            "repair, $UV_PYTHON:\n  peer '/elsewhere'\n  cibw None",
        ),
        (record(SHELL, "see", phase="audit", A="2"), record(SHELL, "see", phase="audit", A="1"), "audit, $A:"),
        (record(SHELL, "fix", MAKEFLAGS="-j1"), record(SHELL, "fix", MAKEFLAGS="-j2"), "repair, $MAKEFLAGS:"),
        (
            record("uv", "build", "<project>", phase="build"),
            record("pyproject-build", "<project>", phase="build"),
            "build, tool:\n  peer 'uv'\n  cibw",
        ),
    ],
)
def test_a_difference_without_a_name_is_shown(tmp_path: Path, cibuildwheel: Record, cibw: Record, shown: str) -> None:
    verdict = judge(call(tmp_path), answer(cibuildwheel), answer(cibw))
    assert verdict.kinds["DIFFERENT"] >= 1
    assert any(line.startswith(f"{BUILD} {shown}") for line in verdict.unexplained)


def test_a_missing_act_and_another_order_are_shown(tmp_path: Path) -> None:
    before, repair = record(SHELL, "a", phase="before-build"), record(SHELL, "fix")
    missing = judge(call(tmp_path), answer(before, repair), answer(repair))
    assert missing.unexplained == [
        f"{BUILD} before-build, act:\n  peer 'text a; directory <project>'\n  cibw None",
    ]
    turned = judge(call(tmp_path), answer(before, repair), answer(repair, before))
    assert turned.unexplained[0].startswith(f"{BUILD} all, order:\n  peer 'before-build, repair'")


def test_an_unknown_command_is_not_left_out(tmp_path: Path) -> None:
    (act,) = acts_of(call(tmp_path), [record("curl", "x", phase="set up")])[BUILD]
    assert act.name == "other command of set up"


def test_a_wanted_difference_has_its_heading(tmp_path: Path) -> None:
    verdict = judge(
        call(tmp_path), answer(record(SHELL, "fix")), answer(record(SHELL, "fix", MAKEFLAGS="-j2", PWD="<project>"))
    )
    assert verdict.unexplained == []
    assert verdict.kinds["Builds share the processors"] == 1
    assert verdict.kinds["Variables of cibw come first"] == 1


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_explains_another_command(rule: str) -> None:
    given = Circumstances(platform="linux", defaults={BUILD})
    for name in ("before-all", "before-build", "build", "repair", "audit", "before-test", "test install", "test"):
        acts = [Act(name=name, aspects=dict.fromkeys(("text", "flags"), word)) for word in ("one", "two")]
        acts = [Act(name=act.name, aspects=act.aspects, environment={"MINE": act.aspects["text"]}) for act in acts]
        found = compare({BUILD: acts[:1]}, {BUILD: acts[1:]}, ":").differences
        assert len(found) == 3
        assert not any(RULES[rule](difference, given) for difference in found)
        assert len(judge_differences(found, given).unexplained) == 3


def test_errors_are_judged(tmp_path: Path) -> None:
    given, fine, broken = call(tmp_path, "linux"), answer(), answer(error="no")
    assert judge(given, broken, broken).kinds == {"both end with an error": 1}
    assert judge(given, fine, broken).unexplained == ["peer builds\ncibw no"]
    lost = answer(error="FileNotFoundError: [Errno 2] No such file or directory: '/tmp/constraints.txt'")
    assert judge(given, lost, fine).kinds == {LIST_OF_PINS: 1}
    assert heading_of_error("macos", lost["error"]) == ""


def test_flags_have_one_form() -> None:
    assert flags(["-Ca=1", "-C", "b=2", "-vv", "-qqq", "--x=y"]) == [
        *("-C", "a=1", "-C", "b=2", "-v", "-v", "-q", "-q", "-q", "--x=y"),
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["uv", "build", "--wheel", "--python", "py", "--out-dir", "<built>", "<project>", "-C", "a=b", "-v"],
        ["uv", "build", "--python=py", "<project>", "--wheel", "--out-dir=<built>", "-Ca=b", "-v"],
    ],
)
def test_commands_of_a_frontend_are_taken_apart(words: list[str]) -> None:
    assert frontend(words) == {
        "tool": "uv",
        "python": "py",
        "package": "<project>",
        "output": "<built>",
        "fixed flags": "--wheel",
        "flags": "-C a=b -v",
    }


def test_installations_are_taken_apart() -> None:
    by_pip = install(["<test-env>/bin/python", "-m", "pip", "install", "a", "-c", "<constraints>"], {})
    by_uv = install(["uv", "pip", "install", "--python", "<test-env>/bin/python", "a", "--constraint", "c"], {})
    assert (by_pip["installer"], by_pip["place"], by_pip["packages"]) == ("pip", "<test-env>", "a")
    assert (by_uv["installer"], by_uv["place"], by_uv["constraints"]) == ("uv", "<test-env>", "c")
    assert install(["uv", "venv", "x"], {}) == {}
    assert environment_made(["uv", "venv", "--seed", "--python", "py", "place"])["pip"] == "yes"


def test_places_have_names(tmp_path: Path) -> None:
    normal = Normal(call(tmp_path))
    assert normal.text(f"{tmp_path}/tests") == "<project>/tests"
    assert normal.text(f"{tmp_path}more") == f"{tmp_path}more"
    assert normal.text("/tmp/peer-a_1/run/cp312-macosx_arm64/built_wheel/x.whl") == "<built>/x.whl"
    assert normal.text("/Library/Frameworks/PythonT.framework/Versions/3.14/bin/python3.14t -x") == (
        "<base>/bin/python -x"
    )


def test_interpreters_belong_to_the_whole_run(tmp_path: Path) -> None:
    records = [record(FETCH, "b", scope=BUILD), record(FETCH, "a", scope="cp313-macosx_arm64"), record(FETCH, "b")]
    (act,) = acts_of(call(tmp_path), records)["all builds"]
    assert act.aspects == {"source": "a b"}


def test_every_case_is_laid_for_every_computer(tmp_path: Path) -> None:
    calls = [*fixed_calls(tmp_path), *random_calls(tmp_path, 3, 7)]
    assert {(one["platform"], one["machine"]) for one in calls} == {(one.platform, one.machine) for one in COMPUTERS}
    assert all((Path(one["directory"]) / one["package"] / "pyproject.toml").is_file() for one in calls)
    assert sum(one["name"].startswith("random") for one in calls) == 3 * len(COMPUTERS)
