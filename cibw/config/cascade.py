"""Layers of values of one option, of which the later go before the earlier or merge with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from cibw.config.selectors import Selector
from cibw.exhaustive import assert_never
from cibw.model.identifier import BuildIdentifier

T = TypeVar("T")


class Inherit(Enum):
    """What a layer does with the value of the layers before it."""

    NONE = "none"
    APPEND = "append"
    PREPEND = "prepend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer(Generic[T]):
    """A value and where it came from; with `select` it holds for the identifiers that match alone."""

    value: T
    origin: str
    inherit: Inherit = Inherit.NONE
    select: Selector | None = None

    def holds_for(self, identifier: BuildIdentifier | None) -> bool:
        """Whether the layer counts for an identifier; None asks for what holds for the whole run."""
        return self.select is None or (identifier is not None and self.select.matches(str(identifier)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A layer that holds for an identifier, whatever its type; one that does not count is replaced by a later one."""

    origin: str
    value: object
    inherit: Inherit
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade(Generic[T]):
    """All layers of an option, the least important first; `first` always holds.

    Only layers of an option with a merger have an `inherit` other than NONE.
    """

    first: Layer[T]
    layers: tuple[Layer[T], ...] = ()
    merge: Callable[[T, T], T] | None = None

    def value(self, identifier: BuildIdentifier | None = None) -> T:
        """The value for an identifier."""
        lowest, *others = self._holding(identifier)
        if self.merge is None:
            return (others or [lowest])[-1].value
        return _merged([layer.value for layer in _in_order(lowest, others)], self.merge)

    def origin(self, identifier: BuildIdentifier | None = None) -> str:
        """Where the value for an identifier came from; several places stand apart by ` + `."""
        lowest, *others = self._holding(identifier)
        return " + ".join(layer.origin for layer in _in_order(lowest, others))

    def places(self, identifier: BuildIdentifier | None = None) -> tuple[Step, ...]:
        """Every layer that holds for an identifier, the strongest first, and below it those that do not count."""
        holding = self._holding(identifier)
        counting = {id(layer) for layer in holding[not self.merge and len(holding) > 1 :]}
        steps: list[Step] = []
        for layer in (*reversed(self.layers), self.first):
            if layer.holds_for(identifier):
                counts = id(layer) in counting
                steps.append(Step(origin=layer.origin, value=layer.value, inherit=layer.inherit, counts=counts))
        return tuple(steps)

    def _holding(self, identifier: BuildIdentifier | None) -> list[Layer[T]]:
        """The layers that count: the last one that replaces those before it, and those that merge with it."""
        merging: list[Layer[T]] = []
        for layer in reversed(self.layers):
            if layer.holds_for(identifier):
                merging.append(layer)
                if layer.inherit is Inherit.NONE:
                    return merging[::-1]
        return [self.first, *reversed(merging)]


def _in_order(lowest: Layer[T], others: Sequence[Layer[T]]) -> list[Layer[T]]:
    """The layers that merge, in the order in which their values follow each other."""
    before: list[Layer[T]] = []
    after: list[Layer[T]] = []
    for layer in others:
        match layer.inherit:
            case Inherit.PREPEND:
                before.append(layer)
            case Inherit.APPEND | Inherit.NONE:
                after.append(layer)
            case _:
                assert_never(layer.inherit)
    return [*reversed(before), lowest, *after]


def _merged(values: list[T], merge: Callable[[T, T], T]) -> T:
    # In pairs: merged one after the other, the values of many layers would be copied anew for each of them.
    while len(values) > 1:
        pairs = [merge(*values[place : place + 2]) for place in range(0, len(values) - 1, 2)]
        values = [*pairs, *values[len(pairs) * 2 :]]
    return values[0]
