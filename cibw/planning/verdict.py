"""Errors in a selection, collected to report all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cibw.errors import ConfigurationError, DeprecatedError, Mistake, UnfitArchitectureError


@dataclass(slots=True)
class Verdict:
    """Errors, unsupported architectures, deprecated selectors, and notes."""

    mistakes: list[Mistake] = field(default_factory=list)
    unfit: list[Mistake] = field(default_factory=list)
    ended: list[Mistake] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_bad(self) -> bool:
        """Whether there are errors."""
        return bool(self.mistakes or self.unfit or self.ended)

    def add(self, other: Verdict) -> None:
        """Add the findings of another verdict."""
        self.mistakes += other.mistakes
        self.unfit += other.unfit
        self.ended += other.ended
        self.notes += other.notes

    def raise_if_bad(self, places: Mapping[str, str]) -> None:
        """Raise ConfigurationError, UnfitArchitectureError or DeprecatedError if there are errors.

        The first of them that applies determines the exit code, and contains all errors.
        `places` maps option names to where they were set.
        """
        everything = tuple(_placed(mistake, places) for mistake in (*self.mistakes, *self.unfit, *self.ended))
        if self.mistakes:
            raise ConfigurationError("the build selection is invalid", mistakes=everything)
        if self.unfit:
            raise UnfitArchitectureError("archs does not fit the platform", mistakes=everything)
        if self.ended:
            message = "; ".join(f"{mistake.place}: {mistake.message}" for mistake in everything)
            raise DeprecatedError(message, hint="; ".join(dict.fromkeys(mistake.hint for mistake in everything)))


def _placed(mistake: Mistake, places: Mapping[str, str]) -> Mistake:
    place = places.get(mistake.place, "default")
    return mistake if place == "default" else replace(mistake, place=place)
