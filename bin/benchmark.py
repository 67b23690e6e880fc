#!/usr/bin/env python3
"""Measure cibw beside cibuildwheel, the peer, and beside the limit: the same work by plain commands.

python bin/benchmark.py --list
python bin/benchmark.py                           # all cases but the slow ones, five rounds
python bin/benchmark.py --only warm --runs 3
python bin/benchmark.py --update-docs             # also write the figures into docs/performance.md
python bin/benchmark.py profile --update-docs     # where the time of one warm run goes

The figures of each case stay in a file, so that cases may be measured one by one. No goal makes the exit code 1.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.cases import cases
from benchmarks.environment import CACHE, ROOT
from benchmarks.measuring import measure
from benchmarks.profile import profile
from benchmarks.programs import MeasureError
from benchmarks.storage import load, replace_part, save
from benchmarks.tables import tables

from tests.downloads import DownloadError

DOCUMENT = ROOT / "docs" / "performance.md"


class Arguments(argparse.Namespace):
    """What the command line says."""

    command: str
    lists: bool
    runs: int
    only: list[str]
    json: Path
    update_docs: bool
    no_warm_up: bool


def main() -> int:
    """Measure, print the tables, and give the exit code."""
    arguments = _arguments()
    try:
        if arguments.lists:
            print("\n".join(f"{name:12} {case.title}" for name, case in cases().items()))
        elif arguments.command == "profile":
            _publish(arguments, "profile", profile())
        else:
            _measure(arguments)
    except (MeasureError, DownloadError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> Arguments:
    known = cases()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="?", choices=["run", "profile"], default="run")
    parser.add_argument("--list", dest="lists", action="store_true", help="print the cases, and do nothing")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="rounds that count; default: 5")
    parser.add_argument("--only", action="append", default=[], choices=known, help="a case; may be repeated")
    parser.add_argument("--json", type=Path, default=CACHE / "results.json", metavar="FILE", help="keeps the figures")
    parser.add_argument("--update-docs", action="store_true", help=f"write into docs/{DOCUMENT.name}")
    parser.add_argument("--no-warm-up", action="store_true", help="count the first round")
    return parser.parse_args(namespace=Arguments())


def _measure(arguments: Arguments) -> None:
    known = cases()
    chosen = arguments.only or [name for name, case in known.items() if case.is_default]
    results = load(arguments.json)
    for name in chosen:
        results[name] = measure(known[name], arguments.runs, warms_up=not arguments.no_warm_up)
        save(results, arguments.json)
    _publish(arguments, "figures", tables(results, known))


def _publish(arguments: Arguments, part: str, text: str) -> None:
    print(text)
    if arguments.update_docs:
        replace_part(DOCUMENT, part, text)


if __name__ == "__main__":
    sys.exit(main())
