"""Conversion of raw layers to typed cascades, option by option."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from cibw.config.cascade import Cascade, Inherit, Layer, Step
from cibw.config.kinds import Context, forget, refuse_unprintable
from cibw.config.layers import RawLayer
from cibw.config.option import Facts, Option
from cibw.config.problems import Findings
from cibw.config.toml import TomlValue
from cibw.model.identifier import BuildIdentifier
from cibw.model.target import Platform

T = TypeVar("T")


class Explains(Protocol):
    """A value with its origin."""

    def origin(self, identifier: BuildIdentifier | None = None) -> str:
        """The origin of the value for an identifier."""

    def value(self, identifier: BuildIdentifier | None = None) -> object:
        """The value for an identifier."""

    def places(self, identifier: BuildIdentifier | None = None) -> tuple[Step, ...]:
        """The places that set the option for an identifier, highest priority first, including overridden ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Parses every layer of an option, including overridden ones, and collects errors.

    `origins` maps option names to their cascades.
    """

    layers: tuple[RawLayer, ...]
    platform: Platform
    context: Context
    findings: Findings
    origins: dict[str, Explains] = field(default_factory=dict)

    def cascade(self, option: Option[T]) -> Cascade[T]:
        """The typed layers of an option; an invalid value is left out and reported as an error."""
        default = option.kind.parse(_default(option.facts, self.platform), self._context(self.platform))
        parsed = (self._layer(option, raw) for raw in self.layers if option.facts.name in raw.values)
        cascade = Cascade(
            first=Layer(value=default, origin="default"),
            layers=tuple(layer for layer in parsed if layer is not None),
            merge=option.kind.merge,
        )
        self.origins[option.facts.name] = cascade
        return cascade

    def _layer(self, option: Option[T], raw: RawLayer) -> Layer[T] | None:
        name = option.facts.name
        try:
            refuse_unprintable(raw.values[name])
            context = self._context(raw.platform)
            value = option.kind.parse(raw.values[name], context if raw.counts else replace(context, note=forget))
        except ValueError as error:
            if raw.is_lenient:
                self.findings.note(f"{raw.place(name)} has no effect on {self.platform.value}: {error}")
            else:
                self.findings.add_error(raw.place(name), error)
            return None
        if not raw.counts or (option.facts.ignore_empty and not value):
            return None
        inherit = raw.inherit.get(name, Inherit.NONE)
        return Layer(value=value, origin=raw.origin(name), inherit=inherit, select=raw.select)

    def _context(self, platform: Platform | None) -> Context:
        return replace(self.context, platform=platform)


def _default(facts: Facts, platform: Platform) -> TomlValue:
    return facts.platform_defaults.get(platform, facts.default)
