from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cibw.model.manifest import Finding, Severity
from cibw.model.templates import Outcome
from cibw.release.checks.checking import LINTERS, Linter, Programs, lint, load_knowledge, rst_problem
from unit_test.release.archives import Made
from unit_test.release.checks.checking import contents

CHECK_WHEEL, DISTCHECK, ABI3 = LINTERS
ABI3_WHEEL = "demo-1.0-cp312-abi3-manylinux_2_17_x86_64.whl"


@dataclass(slots=True)
class Fake:
    """Answers to every call alike, and keeps what it was called with."""

    response: Outcome
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def __call__(self, argv: tuple[str, ...]) -> Outcome:
        self.calls.append(argv)
        return self.response


def linted(linter: Linter, path: Path, output: str, exit_code: int = 1) -> tuple[tuple[Finding, ...], Fake]:
    """What a linter that writes such an output finds in a file, and how it was called."""
    run = Fake(Outcome(exit_code=exit_code, stdout=output))
    found = lint(linter, (contents(path),), Programs(find=lambda name: f"/bin/{name}", run=run))
    return found, run


def test_check_wheel_contents(tmp_path: Path) -> None:
    wheel = Made().wheel(tmp_path)
    output = (
        f"{wheel}: W002: Wheel contains files in several places:\n  a.py\n  b.py\n{wheel}: W004: Not a name: x\nother\n"
    )
    found, run = linted(CHECK_WHEEL, wheel, output)
    assert [(one.message, one.severity, one.files) for one in found] == [
        ("W002: Wheel contains files in several places: a.py, b.py", Severity.WARNING, (wheel.name,)),
        ("W004: Not a name: x", Severity.WARNING, (wheel.name,)),
    ]
    assert run.calls == [("/bin/check-wheel-contents", str(wheel))]
    assert linted(CHECK_WHEEL, Made().sdist(tmp_path), output)[1].calls == []


def test_pydistcheck(tmp_path: Path) -> None:
    sdist = Made().sdist(tmp_path)
    output = (
        f"==== running pydistcheck ====\n\nchecking '{sdist}'\n---- check results ----\n"
        "1. [compiled-objects-have-debug-symbols] Found compiled object. For details, extract\n"
        "2. [unexpected-files] Found unexpected file 'x'.\nerrors found while checking: 2\n"
    )
    found, run = linted(DISTCHECK, sdist, output)
    assert [(one.message, bool(one.fix), one.files) for one in found] == [
        ("compiled-objects-have-debug-symbols: Found compiled object.", True, (sdist.name,)),
        ("unexpected-files: Found unexpected file 'x'.", False, (sdist.name,)),
    ]
    assert run.calls[0][-1] == str(sdist)


def _report(**result: object) -> str:
    usual = {"is_abi3": True, "is_abi3_baseline_compatible": True, "baseline": "3.9", "computed": "3.9"}
    extension = {"name": "x.abi3.so", "result": {**usual, **result}}
    return json.dumps({"specs": {f"/a/{ABI3_WHEEL}": {"kind": "wheel", "wheel": [extension]}}})


@pytest.mark.parametrize(
    ("report", "messages"),
    [
        (_report(), []),
        ('{"specs": {}}', []),
        (
            _report(is_abi3=False, non_abi3_symbols=["PyB", "PyA"]),
            ["x.abi3.so uses symbols that are not in the stable ABI: PyA, PyB."],
        ),
        (
            _report(is_abi3_baseline_compatible=False, computed="3.12"),
            ["x.abi3.so needs Python 3.12, but is tagged for 3.9."],
        ),
    ],
)
def test_abi3audit(tmp_path: Path, report: str, messages: list[str]) -> None:
    wheel = Made(tag="cp312-abi3-manylinux_2_17_x86_64").wheel(tmp_path)
    found, run = linted(ABI3, wheel, report)
    assert [one.message for one in found] == messages
    assert all(one.severity is Severity.ERROR and one.fix and one.files == (ABI3_WHEEL,) for one in found)
    assert run.calls == [("/bin/abi3audit", "--strict", "--report", str(wheel))]
    assert linted(ABI3, Made().wheel(tmp_path), report)[1].calls == []


@pytest.mark.parametrize(
    "output", ["", "[]", '{"specs": []}', '{"specs": {"a": {"wheel": [1]}}}', '{"specs": {"a": 1}}']
)
def test_what_can_not_be_read(tmp_path: Path, output: str) -> None:
    found, _ = linted(ABI3, Made(tag="cp312-abi3-win32").wheel(tmp_path), output)
    assert [(one.severity, one.message) for one in found] == [
        (Severity.SKIPPED, "abi3audit wrote output that cannot be parsed.")
    ]


def test_a_linter_that_fails(tmp_path: Path) -> None:
    found, _ = linted(CHECK_WHEEL, Made().wheel(tmp_path), "Error: no", exit_code=2)
    assert [(one.severity, one.message) for one in found] == [
        (Severity.SKIPPED, "check-wheel-contents ended with exit code 2.")
    ]


def test_a_linter_that_is_not_installed(tmp_path: Path) -> None:
    run = Fake(Outcome(exit_code=0))
    found = lint(DISTCHECK, (contents(Made().wheel(tmp_path)),), Programs(find=lambda _: "", run=run))
    assert [(one.severity, one.message, one.fix) for one in found] == [
        (Severity.SKIPPED, "pydistcheck is not installed.", "pip install pydistcheck")
    ]
    assert run.calls == []


def test_broken_files_are_not_handed_on(tmp_path: Path) -> None:
    (tmp_path / ABI3_WHEEL).write_bytes(b"")
    assert linted(ABI3, tmp_path / ABI3_WHEEL, "")[1].calls == []


def test_what_the_libraries_know() -> None:
    knowledge = load_knowledge()
    assert "Typing :: Typed" in knowledge.classifiers
    assert knowledge.deprecated["Natural Language :: Ukranian"] == ("Natural Language :: Ukrainian",)
    assert knowledge.render is rst_problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Title\n=====\n\nand text\n", ""),
        ("Title\n==\n\n:nonsense:`x`\n", 'line 4: Unknown interpreted text role "nonsense".'),
        (".. image::\n", "line 1: Error in"),
        ("", "No content rendered from RST source."),
    ],
)
def test_what_is_wrong_with_a_text(text: str, problem: str) -> None:
    found = rst_problem(text)
    assert found.startswith(problem)
    assert bool(found) is bool(problem)


def test_libraries_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trove_classifiers", None)
    monkeypatch.setitem(sys.modules, "readme_renderer.rst", None)
    knowledge = load_knowledge()
    assert (knowledge.classifiers, knowledge.render) == (frozenset(), None)
