"""Runs the subjects of a case in alternation."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cases import Case
from benchmarks.computer import circumstances, load
from benchmarks.environment import CACHE
from benchmarks.values import Result, Sample


def measure(case: Case, rounds: int, *, warms_up: bool) -> Result:
    """The samples of each subject over the rounds; a first round more is not counted. MeasureError."""
    CACHE.mkdir(parents=True, exist_ok=True)
    surroundings = circumstances()
    measured = f"{time.strftime('%Y-%m-%d %H:%M')}, {load()}"
    with ExitStack() as stack:
        subjects = case.subjects(stack)
        samples: dict[str, list[Sample]] = {name: [] for name in subjects}
        turns = [(number, name) for number in range(0 if warms_up else 1, rounds + 1) for name in subjects]
        for number, name in turns:
            with TemporaryDirectory(prefix="run-", dir=CACHE, ignore_cleanup_errors=True) as place:
                sample = subjects[name](Path(place))
            _say(f"{case.name}, {_name(number, rounds)}: {name} {sample.seconds:.2f} s")
            if number:
                samples[name].append(sample)
    return Result(
        case=case.name,
        measured=measured,
        circumstances=surroundings,
        samples={name: tuple(taken) for name, taken in samples.items()},
    )


def _name(number: int, rounds: int) -> str:
    return f"round {number} of {rounds}" if number else "to warm up"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
