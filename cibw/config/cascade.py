"""Layers of values of one option, of which the later go before the earlier or merge with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from typing_extensions import assert_never

from cibw.config.selectors import Selector
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
class Cascade(Generic[T]):
    """All layers of an option, the least important first; `first` always holds.

    Only layers of an option with a merger have an `inherit` other than NONE.
    """

    first: Layer[T]
    layers: tuple[Layer[T], ...] = ()
    merge: Callable[[T, T], T] | None = None

    def value(self, identifier: BuildIdentifier | None = None) -> T:
        """The value for an identifier."""
        value = self.first.value
        for layer in self.layers:
            if layer.holds_for(identifier):
                value = self._combine(value, layer)
        return value

    def origin(self, identifier: BuildIdentifier | None = None) -> str:
        """Where the value for an identifier came from; several places stand apart by ` + `."""
        origin = self.first.origin
        for layer in self.layers:
            if layer.holds_for(identifier):
                origin = _combine_origins(origin, layer)
        return origin

    def _combine(self, value: T, layer: Layer[T]) -> T:
        if self.merge is None:
            return layer.value
        match layer.inherit:
            case Inherit.NONE:
                return layer.value
            case Inherit.APPEND:
                return self.merge(value, layer.value)
            case Inherit.PREPEND:
                return self.merge(layer.value, value)
            case _:
                assert_never(layer.inherit)


def _combine_origins(origin: str, layer: Layer[T]) -> str:
    match layer.inherit:
        case Inherit.NONE:
            return layer.origin
        case Inherit.APPEND:
            return f"{origin} + {layer.origin}"
        case Inherit.PREPEND:
            return f"{layer.origin} + {origin}"
        case _:
            assert_never(layer.inherit)
