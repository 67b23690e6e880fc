"""Compare the commands of builds with cibuildwheel's: for each option, and for random configurations.

cibuildwheel's own functions run on a computer that is made up, and so does the plan of cibw; no command is started.
What a user sees is compared: the commands, their directories, and their environment. The exit code is 1 where they
differ and docs/differences.md does not say so.

python -m tests.peer.compare_commands --count 20 --seed 1
python -m tests.peer.compare_commands --only 'frontend build' --platform macos
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.peer.commands.calls import Answer, Call
from tests.peer.commands.cases import fixed_calls, random_calls
from tests.peer.commands.cibw_side import cibw_answer
from tests.peer.commands.differences import LIST_OF_PINS, RULES
from tests.peer.commands.judge import DIFFERENT, judge
from tests.peer.peer import cibuildwheel_python

ROOT = Path(__file__).resolve().parents[2]
CIBUILDWHEEL_SIDE = ROOT / "tests" / "peer" / "commands" / "cibuildwheel_side.py"
PLATFORMS = ("linux", "macos", "windows")


def main() -> int:
    """Compare, print what differs and a summary, and give the exit code."""
    arguments = _arguments()
    kinds: Counter[str] = Counter()
    _require_headings()
    with TemporaryDirectory(prefix="commands-") as directory:
        root = Path(directory).resolve()
        calls = [*fixed_calls(root), *random_calls(root, arguments.count, arguments.seed)]
        calls = [call for call in calls if arguments.only in call["name"] and call["platform"] in arguments.platform]
        for call, cibuildwheel in zip(
            calls, _ask_cibuildwheel(arguments.cibuildwheel_python or cibuildwheel_python(), calls), strict=True
        ):
            verdict = judge(call, cibuildwheel, cibw_answer(call))
            kinds.update(verdict.kinds)
            _show(call, verdict.unexplained)
    for kind, count in kinds.most_common():
        print(f"{count:7} {kind}")
    print(f"{len(calls):7} configurations on made-up computers")
    return 1 if kinds[DIFFERENT] else 0


class Arguments(argparse.Namespace):
    """What the command line says."""

    count: int
    seed: int
    only: str
    platform: list[str]
    cibuildwheel_python: str


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20, help="how many random configurations")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="a part of the names of the configurations")
    parser.add_argument("--platform", nargs="+", choices=PLATFORMS, default=list(PLATFORMS))
    parser.add_argument(
        "--peer-python", default="", help="a Python that has cibuildwheel, instead of a new environment"
    )
    return parser.parse_args(namespace=Arguments())


def _require_headings() -> None:
    text = (ROOT / "docs" / "differences.md").read_text(encoding="utf-8")
    headings = {line.lstrip("# ") for line in text.splitlines() if line.startswith("##")}
    missing = [name for name in (*RULES, LIST_OF_PINS) if name not in headings]
    if missing:
        sys.exit(f"docs/differences.md has no heading {', '.join(missing)}")


def _ask_cibuildwheel(python: str, calls: Sequence[Call]) -> list[Answer]:
    done = subprocess.run(
        [python, str(CIBUILDWHEEL_SIDE)],
        input=json.dumps(calls),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    answers: list[Answer] = json.loads(done.stdout)
    return answers


def _show(call: Call, lines: Sequence[str]) -> None:
    if lines:
        print(f"--- {call['name']} on {call['platform']} {call['machine']}")
        print("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
