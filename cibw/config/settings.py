"""Options for display: values in TOML form, and the places that set them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cibw.config.cascade import Inherit
from cibw.config.toml import TomlValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place that sets an option; if it does not count, a place with higher priority overrides it."""

    origin: str
    value: TomlValue
    inherit: Inherit = Inherit.NONE
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """An option's value, its origin, and the places that set it, highest priority first."""

    name: str
    value: TomlValue
    origin: str
    places: tuple[Place, ...]

    @property
    def is_default(self) -> bool:
        """Whether the option has its default value."""
        return self.origin == "default"

    def below(self, place: Place) -> Setting:
        """The setting with a place that overrides all others."""
        others = tuple(replace(one, counts=False) for one in self.places)
        return Setting(name=self.name, value=place.value, origin=place.origin, places=(place, *others))

    def adding(self, place: Place, value: TomlValue) -> Setting:
        """The setting with an additional place, and the resulting value."""
        added = replace(place, inherit=Inherit.APPEND)
        origin = place.origin if self.is_default else f"{self.origin} + {place.origin}"
        return Setting(name=self.name, value=value, origin=origin, places=(added, *self.places))
