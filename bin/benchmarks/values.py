"""What is measured: samples, what they are compared with, and what a comparison says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

SECONDS = "seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run: its wall time, and further quantities by their names."""

    seconds: float
    details: Mapping[str, float] = field(default_factory=dict)

    def value(self, quantity: str) -> float:
        """A quantity of the run; nan where the run does not tell it."""
        return self.seconds if quantity == SECONDS else self.details.get(quantity, math.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """Something that each run of a subject tells."""

    subject: str
    name: str = SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a case must reach: a quantity, alone or divided by the sum of others, up to a limit."""

    text: str
    of: Quantity
    at_most: float
    by: tuple[Quantity, ...] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The median of some values, the least and the greatest."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value."""
        return cls(median=median(values), least=min(values), greatest=max(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The samples of a case by subject, one per round; when, beside what load, and on what they were taken."""

    case: str
    measured: str
    circumstances: str
    samples: Mapping[str, tuple[Sample, ...]]

    def spread(self, quantity: Quantity) -> Spread:
        """The spread of one quantity."""
        return Spread.of([sample.value(quantity.name) for sample in self.samples[quantity.subject]])


def judge(goal: Goal, result: Result) -> Spread | None:
    """How a goal's value spreads over the rounds; None where a subject of it was not measured."""
    if not {goal.of.subject, *(base.subject for base in goal.by)} <= set(result.samples):
        return None
    rounds = zip(*(result.samples[one.subject] for one in (goal.of, *goal.by)), strict=True)
    return Spread.of([_value(goal, samples) for samples in rounds])


def _value(goal: Goal, samples: Sequence[Sample]) -> float:
    own, *others = samples
    value = own.value(goal.of.name)
    if not goal.by:
        return value
    return value / sum(other.value(base.name) for other, base in zip(others, goal.by, strict=True))
