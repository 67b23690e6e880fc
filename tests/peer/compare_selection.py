"""Compare the selection of builds with cibuildwheel's: for random configurations, for every platform with every
group and word for architectures, and for real projects of the package index.

Both programs print the build identifiers of each configuration; the peer also goes through a whole build
with the building itself left out, because it checks most of its configuration only then. The exit code is 1
where they differ and docs/differences.md does not say so.

python -m tests.peer.compare_selection --count 200 --seed 1
python -m tests.peer.compare_selection matrix projects
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.peer.peer import CIBUILDWHEEL_CACHE, cibuildwheel_python
from tests.peer.selection.cases import Case, make_cases
from tests.peer.selection.differences import Answers, wanted_difference
from tests.peer.selection.fixed_cases import matrix_cases, project_cases
from tests.peer.selection.projects import RELEASES, configured_directories
from tests.peer.verdict import write_row

ROOT = Path(__file__).resolve().parents[2]
DRIVER = ROOT / "tests" / "peer" / "selection" / "driver.py"
Answer = dict[str, str | int]
Call = dict[str, object]


def main() -> int:
    """Compare, print what differs and a summary, and give the exit code."""
    arguments = _arguments()
    cibuildwheel = arguments.cibuildwheel_python or cibuildwheel_python()
    cases = _cases(arguments)
    with TemporaryDirectory() as directory:
        answers = list(_ask_both(cases, Path(directory), cibuildwheel))
    kinds: Counter[str] = Counter()
    real: Counter[str] = Counter()
    for case, answer in zip(cases, answers, strict=True):
        kind = _kind(case, answer)
        kinds[kind] += 1
        real[kind] += case.directory is not None
        if kind == "DIFFERENT":
            _show(case, answer)
    for kind, count in kinds.most_common():
        print(f"{count:5} {kind}")
    if arguments.write_table:
        write_row("selection of builds", len({case.directory for case in cases if case.directory}), +real)
    return 1 if kinds["DIFFERENT"] else 0


def _cases(arguments: Arguments) -> list[Case]:
    sources: dict[str, Callable[[], Iterable[Case]]] = {
        "random": lambda: make_cases(arguments.count, arguments.seed),
        "matrix": matrix_cases,
        "projects": lambda: project_cases(configured_directories(RELEASES, arguments.more)),
    }
    asked = arguments.what or list(sources)
    cases = [case for what in asked for case in sources[what]()]
    return [replace(case, number=number) for number, case in enumerate(cases)]


class Arguments(argparse.Namespace):
    """What the command line says."""

    what: list[str]
    count: int
    seed: int
    more: Path | None
    write_table: bool
    cibuildwheel_python: str


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    # An empty list is no choice to argparse, so the words are judged by what looks them up.
    parser.add_argument("what", nargs="*", metavar="random|matrix|projects", help="the configurations; all of them")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--more", type=Path, help="a directory of further projects")
    parser.add_argument("--write-table", action="store_true", help="write the numbers into docs/configurations.md")
    parser.add_argument(
        "--peer-python", default="", help="a Python that has cibuildwheel, instead of a new environment"
    )
    return parser.parse_args(namespace=Arguments())


def _ask_both(cases: Sequence[Case], directory: Path, cibuildwheel: str) -> Iterator[Answers]:
    printing = ["--print-build-identifiers"]
    calls = {
        "print": [_call(case, directory / "peer", "cibuildwheel", printing) for case in cases],
        "build": [_call(case, directory / "build", "cibuildwheel", []) for case in cases],
        "own": [
            _call(case, directory / "own", "cibw" if case.number % 2 else "cibuildwheel", printing) for case in cases
        ],
    }
    with ThreadPoolExecutor(2) as pool:
        prints = pool.submit(_drive, cibuildwheel, "cibuildwheel", calls["print"])
        builds = pool.submit(_drive, cibuildwheel, "cibuildwheel", calls["build"])
        cibw = pool.submit(_drive, sys.executable, "cibw", calls["own"])
    for printed, built, ours in zip(prints.result(), builds.result(), cibw.result(), strict=True):
        yield Answers(
            cibuildwheel_lines=str(printed["stdout"]).split(),
            cibuildwheel_print_code=int(printed["code"]),
            cibuildwheel_build_code=int(built["code"]),
            cibuildwheel_errors=str(built["stderr"]),
            cibw_lines=str(ours["stdout"]).split(),
            cibw_code=int(ours["code"]),
            cibw_errors=str(ours["stderr"]),
        )


def _call(case: Case, parent: Path, tool: str, more: list[str]) -> Call:
    place = case.directory or parent / str(case.number)
    if not case.directory:
        place.mkdir(parents=True)
        for name, text in (("pyproject.toml", case.pyproject(tool)), *case.files.items()):
            (place / name).write_text(text, encoding="utf-8")
    return {
        "directory": str(place),
        "arguments": [*case.arguments, *more],
        "environment": case.environment,
        "stubbed": not more,
    }


def _drive(python: str, module: str, calls: Sequence[Call]) -> list[Answer]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CIBW_")}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        "CIBW_CACHE_PATH": str(CIBUILDWHEEL_CACHE / "cache"),
    }
    done = subprocess.run(
        [python, str(DRIVER), module],
        input=json.dumps(calls),
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    found: list[Answer] = json.loads(done.stdout)
    return found


def _kind(case: Case, answers: Answers) -> str:
    if answers.is_stricter:
        return "wanted: --print-build-identifiers checks what a build checks"
    if answers.is_equal:
        return "equal, both refuse" if answers.cibw_code else "equal"
    wanted = wanted_difference(case, answers)
    return f"wanted: {wanted}" if wanted else "DIFFERENT"


def _show(case: Case, answers: Answers) -> None:
    print(f"--- case {case.number}: {' '.join(case.arguments)} {case.environment} {case.files}")
    print(case.directory or case.pyproject("cibw").strip())
    codes = f"{answers.cibuildwheel_print_code} (build {answers.cibuildwheel_build_code})"
    print(f"exit codes: peer {codes}, cibw {answers.cibw_code}")
    print(f"only the peer: {' '.join(x for x in answers.cibuildwheel_lines if x not in answers.cibw_lines)}")
    print(f"only cibw: {' '.join(x for x in answers.cibw_lines if x not in answers.cibuildwheel_lines)}")
    print(answers.cibw_errors)


if __name__ == "__main__":
    sys.exit(main())
