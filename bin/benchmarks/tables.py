"""Results as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.cases import Case
from benchmarks.values import SECONDS, Goal, Quantity, Result, Spread, judge


def tables(results: Mapping[str, Result], cases: Mapping[str, Case]) -> str:
    """The goals, then the times of every subject, then what they were measured on."""
    chosen = {name: cases[name] for name in cases if name in results}
    lines = [*_goals(results, chosen), "", *_times(results, chosen), "", *_circumstances(results, chosen)]
    return "\n".join(lines) + "\n"


def _goals(results: Mapping[str, Result], cases: Mapping[str, Case]) -> Iterator[str]:
    yield "| work | compared | goal | median | least to greatest | reached |"
    yield "|---|---|---|---|---|---|"
    for name, case in cases.items():
        for goal in case.goals:
            spread = judge(goal, results[name])
            if spread is not None:
                yield _goal(case, goal, spread)


def _goal(case: Case, goal: Goal, spread: Spread) -> str:
    unit = f" {goal.unit}" if goal.unit else ""
    reached = "yes" if spread.median <= goal.at_most else "**no**"
    cells = (
        case.title,
        goal.text,
        f"at most {_figure(goal.at_most)}{unit}",
        f"{_figure(spread.median)}{unit}",
        f"{_figure(spread.least)} to {_figure(spread.greatest)}",
        reached,
    )
    return f"| {' | '.join(cells)} |"


def _times(results: Mapping[str, Result], cases: Mapping[str, Case]) -> Iterator[str]:
    yield "| work | what | seconds, median | least to greatest | runs | also |"
    yield "|---|---|---|---|---|---|"
    for name, case in cases.items():
        for subject, samples in results[name].samples.items():
            spread = results[name].spread(Quantity(subject=subject))
            cells = (
                case.title,
                subject,
                _figure(spread.median),
                f"{_figure(spread.least)} to {_figure(spread.greatest)}",
                str(len(samples)),
                _others(results[name], subject),
            )
            yield f"| {' | '.join(cells)} |"


def _others(result: Result, subject: str) -> str:
    names = dict.fromkeys(name for sample in result.samples[subject] for name in sample.details)
    shown = {name: result.spread(Quantity(subject=subject, name=name)).median for name in names if name != SECONDS}
    return ", ".join(f"{name} {_figure(value)}" for name, value in shown.items() if value)


def _circumstances(results: Mapping[str, Result], cases: Mapping[str, Case]) -> Iterator[str]:
    yield "Measured on:"
    yield ""
    groups: dict[str, list[str]] = {}
    for name in cases:
        result = results[name]
        groups.setdefault(result.circumstances, []).append(f"{name} ({result.measured})")
    for circumstances, names in groups.items():
        yield f"* {', '.join(names)}: {circumstances}"


def _figure(value: float) -> str:
    if value == int(value):
        return str(int(value))
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"
