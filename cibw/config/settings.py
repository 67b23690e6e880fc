"""Options as a user gets to see them: values in the words of TOML, and the places that set them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cibw.config.cascade import Inherit
from cibw.config.toml import TomlValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place that sets an option; one that does not count is replaced by a stronger one."""

    origin: str
    value: TomlValue
    inherit: Inherit = Inherit.NONE
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """An option's value, where it came from, and the places that set it, the strongest first."""

    name: str
    value: TomlValue
    origin: str
    places: tuple[Place, ...]

    @property
    def is_default(self) -> bool:
        """Whether nobody set the option."""
        return self.origin == "default"

    def below(self, place: Place) -> Setting:
        """The option with a place that replaces all others."""
        others = tuple(replace(one, counts=False) for one in self.places)
        return Setting(name=self.name, value=place.value, origin=place.origin, places=(place, *others))

    def adding(self, place: Place, value: TomlValue) -> Setting:
        """The option with a place that adds to the others, which makes a new value."""
        added = replace(place, inherit=Inherit.APPEND)
        origin = place.origin if self.is_default else f"{self.origin} + {place.origin}"
        return Setting(name=self.name, value=value, origin=origin, places=(added, *self.places))
