"""The differences that are wanted; docs/differences.md tells of each."""

from __future__ import annotations

from dataclasses import dataclass

from tests.peer.selection.cases import Case

STRICT = {
    "unknown variable",
    "unknown option in an override",
    "unknown option of another platform",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What both programs said: identifiers, exit codes, and how the peer's own build ended."""

    cibuildwheel_lines: list[str]
    cibuildwheel_print_code: int
    cibuildwheel_build_code: int
    cibuildwheel_errors: str
    cibw_lines: list[str]
    cibw_code: int
    cibw_errors: str

    @property
    def is_equal(self) -> bool:
        """Whether both print the same, or both refuse with the same code when they build."""
        if self.cibuildwheel_build_code in {0, 3}:
            return self.cibw_code == 0 == self.cibuildwheel_print_code and self.cibw_lines == self.cibuildwheel_lines
        return self.cibw_code == self.cibuildwheel_build_code

    @property
    def is_stricter(self) -> bool:
        """Whether the peer would print what it then refuses to build."""
        return self.is_equal and self.cibuildwheel_print_code != self.cibw_code


def wanted_difference(case: Case, answers: Answers) -> str:
    """The heading in docs/differences.md that explains a difference; empty where none does."""
    cibw, build = answers.cibw_code, answers.cibuildwheel_build_code
    reasons = {
        "Unknown names are errors everywhere": bool(case.traits & STRICT) and cibw == 2,
        "No tracebacks for mistakes": 1 in {answers.cibuildwheel_print_code, build}
        and ("invalid requires-python" in case.traits or "is no TOML" in answers.cibw_errors),
        "Python 3.8 is built where it is named": cibw in {0, 2}
        and (_names_ended_python(case) or "no longer supports Python < 3.9" in answers.cibuildwheel_errors),
        "Patterns of groups that are not enabled select nothing": build == 2
        and cibw in {0, 4}
        and "matches a group that wasn't enabled" in answers.cibuildwheel_errors,
        "--only overrides the selection options": {"only", "odd archs"} <= case.traits and cibw == 0,
        "Pyodide ignores archs": case.platform == "pyodide" and build == 4 and cibw == 0,
        "before-all is checked when a build is planned": case.platform in {"macos", "windows"}
        and (answers.cibuildwheel_print_code, build, cibw) == (0, 4, 0)
        and answers.cibw_lines == answers.cibuildwheel_lines,
        "All mistakes at once": {cibw, build} == {2, 4} and answers.cibw_errors.count("✗") > 1,
    }
    return next((heading for heading, applies in reasons.items() if applies), "")


def _names_ended_python(case: Case) -> bool:
    build = case.pyproject("cibw") if case.directory else str(case.table.get("build", ""))
    asked = " ".join((*case.arguments, case.environment.get("CIBW_BUILD", ""), build))
    return "cp38-" in asked or "cp3{8," in asked
