"""Compare resolved options with cibuildwheel's, value by value: for random configurations and for real projects.

Every configuration is read on every platform, and its options are compared for each identifier that cibuildwheel
selects. The exit code is 1 where they differ and docs/differences.md does not say so.

python -m tests.peer.compare_options --count 300 --seed 1
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.peer.options.calls import Answer, Call
from tests.peer.options.cases import GROUPS, PLATFORMS, make_option_cases
from tests.peer.options.cibw_side import cibw_answer
from tests.peer.options.differences import judge
from tests.peer.peer import cibuildwheel_python
from tests.peer.selection.cases import Case
from tests.peer.selection.projects import RELEASES, configured_directories
from tests.peer.verdict import write_row

CIBUILDWHEEL_SIDE = Path(__file__).resolve().parent / "options" / "cibuildwheel_side.py"


def main() -> int:
    """Compare, print what differs and a summary, and give the exit code."""
    arguments = _arguments()
    cibuildwheel = arguments.cibuildwheel_python or cibuildwheel_python()
    projects = list(configured_directories(tuple(arguments.projects), arguments.more))
    real = _compared(cibuildwheel, [call for place in projects for call in _on_every_platform(place, Case(0, ""))])
    with TemporaryDirectory() as directory:
        kinds = real + _compared(cibuildwheel, list(_random_calls(arguments, Path(directory))))
    for kind, count in kinds.most_common():
        print(f"{count:7} {kind}")
    if arguments.write_table:
        write_row("values of options", len(projects), real)
    return 1 if kinds["DIFFERENT"] else 0


def _compared(cibuildwheel: str, calls: Sequence[Call]) -> Counter[str]:
    """How often what both say of some configurations is equal, or differs and why; what is unexplained is shown."""
    kinds: Counter[str] = Counter()
    for call, answer in zip(calls, _ask_cibuildwheel(cibuildwheel, calls), strict=True):
        cibw = cibw_answer(call, answer.get("options", ()))
        found = judge(call, answer, cibw)
        kinds.update(found.kinds)
        _show(call, found.unexplained)
    return kinds


class Arguments(argparse.Namespace):
    """What the command line says."""

    count: int
    seed: int
    projects: list[str]
    more: Path | None
    write_table: bool
    cibuildwheel_python: str


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--projects", nargs="*", default=list(RELEASES), metavar="NAME==VERSION")
    parser.add_argument("--more", type=Path, help="a directory of further projects")
    parser.add_argument("--write-table", action="store_true", help="write the numbers into docs/configurations.md")
    parser.add_argument(
        "--peer-python", default="", help="a Python that has cibuildwheel, instead of a new environment"
    )
    return parser.parse_args(namespace=Arguments())


def _random_calls(arguments: Arguments, directory: Path) -> Iterator[Call]:
    for case in make_option_cases(arguments.count, arguments.seed):
        place = directory / str(case.number)
        place.mkdir()
        for name, text in (("pyproject.toml", case.pyproject("cibuildwheel") + GROUPS), *case.files.items()):
            (place / name).write_text(text, encoding="utf-8")
        yield from _on_every_platform(place, case)


def _on_every_platform(directory: Path, case: Case) -> Iterator[Call]:
    for platform in PLATFORMS:
        yield {
            "directory": str(directory),
            "platform": platform,
            "environment": case.environment,
            "is_odd": "odd" in case.traits,
        }


def _ask_cibuildwheel(python: str, calls: Sequence[Call]) -> list[Answer]:
    done = subprocess.run(
        [python, str(CIBUILDWHEEL_SIDE)], input=json.dumps(calls), check=True, capture_output=True, text=True
    )
    answers: list[Answer] = json.loads(done.stdout)
    return answers


def _show(call: Call, lines: Sequence[str]) -> None:
    if lines:
        directory = Path(call["directory"])
        print(f"--- {directory.name} on {call['platform']} {call['environment']}")
        if directory.name.isdecimal():
            print((directory / "pyproject.toml").read_text(encoding="utf-8"))
        print("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
