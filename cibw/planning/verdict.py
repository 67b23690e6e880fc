"""What is wrong with a selection, gathered so that a user reads all of it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cibw.errors import ConfigurationError, DeprecatedError, Mistake, UnfitArchitectureError


@dataclass(slots=True)
class Verdict:
    """Mistakes, architectures that do not fit, things of past releases, and notes that stop nothing."""

    mistakes: list[Mistake] = field(default_factory=list)
    unfit: list[Mistake] = field(default_factory=list)
    ended: list[Mistake] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_bad(self) -> bool:
        """Whether something is wrong."""
        return bool(self.mistakes or self.unfit or self.ended)

    def add(self, other: Verdict) -> None:
        """Take over what another verdict found."""
        self.mistakes += other.mistakes
        self.unfit += other.unfit
        self.ended += other.ended
        self.notes += other.notes

    def raise_if_bad(self, places: Mapping[str, str]) -> None:
        """End with ConfigurationError, UnfitArchitectureError or DeprecatedError where something is wrong.

        The first of them that applies decides the exit code, and carries everything that was found.
        `places` says where an option was set, by its name.
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
