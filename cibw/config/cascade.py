"""Sources of options, and the layers of values of one option."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Generic, TypeVar

from cibw.config.selectors import Selector
from cibw.config.toml import TomlValue
from cibw.errors import assert_never
from cibw.model.identifiers import BuildIdentifier

# The sources of a configuration, as values; only `read_text` accesses the disk.


def no_files(_path: str) -> str | None:
    """Find no files."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """The command-line arguments that affect options; empty or 0 if not given.

    `package_dir` is a POSIX path relative to the project directory. `archs` is the text as given, `enable` has
    one entry per use. `engine` replaces only the name in container-engine.
    """

    package_dir: str = "."
    output_dir: str = ""
    archs: str = ""
    enable: tuple[str, ...] = ()
    only: str = ""
    allow_empty: bool = False
    engine: str = ""
    jobs: int = 0
    offline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Configuration file, environment variables, arguments and a reader of the project's files.

    `config_text` is the TOML text of the configuration file, or None if there is none, and `config_label` is its
    name in messages. `read_text` takes a POSIX path relative to the project directory and returns the file's text,
    or None if it does not exist. It raises UnreadableFileError if the file cannot be read.
    """

    config_label: str = "pyproject.toml"
    config_text: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    arguments: Arguments = Arguments()
    read_text: Callable[[str], str | None] = no_files


# Layers of values of one option. Later layers override earlier ones or merge with them.

T = TypeVar("T")


class Inherit(Enum):
    """How a layer merges with the layers before it."""

    NONE = "none"
    APPEND = "append"
    PREPEND = "prepend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer(Generic[T]):
    """A value and its origin; with `select`, it applies only to matching identifiers."""

    value: T
    origin: str
    inherit: Inherit = Inherit.NONE
    select: Selector | None = None

    def holds_for(self, identifier: BuildIdentifier | None) -> bool:
        """Whether the layer applies to an identifier, or to the whole run for None."""
        return self.select is None or (identifier is not None and self.select.matches(str(identifier)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeStep:
    """A layer that applies to an identifier; if it does not count, a later layer overrides it."""

    origin: str
    value: object
    inherit: Inherit
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade(Generic[T]):
    """All layers of an option, lowest priority first; `first` always applies.

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
        """The origin of the value for an identifier; several places are separated by ` + `."""
        lowest, *others = self._holding(identifier)
        return " + ".join(layer.origin for layer in _in_order(lowest, others))

    def places(self, identifier: BuildIdentifier | None = None) -> tuple[CascadeStep, ...]:
        """Every layer that applies to an identifier, highest priority first, including overridden ones."""
        holding = self._holding(identifier)
        counting = {id(layer) for layer in holding[not self.merge and len(holding) > 1 :]}
        steps: list[CascadeStep] = []
        for layer in (*reversed(self.layers), self.first):
            if layer.holds_for(identifier):
                counts = id(layer) in counting
                steps.append(CascadeStep(origin=layer.origin, value=layer.value, inherit=layer.inherit, counts=counts))
        return tuple(steps)

    def _holding(self, identifier: BuildIdentifier | None) -> list[Layer[T]]:
        """The layers that count: the last one that overrides earlier layers, and those that merge with it."""
        merging: list[Layer[T]] = []
        for layer in reversed(self.layers):
            if layer.holds_for(identifier):
                merging.append(layer)
                if layer.inherit is Inherit.NONE:
                    return merging[::-1]
        return [self.first, *reversed(merging)]


def _in_order(lowest: Layer[T], others: Sequence[Layer[T]]) -> list[Layer[T]]:
    """The merging layers, in the order of their values in the result."""
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
    # Merging in pairs avoids copying the accumulated values once per layer.
    while len(values) > 1:
        pairs = [merge(*values[place : place + 2]) for place in range(0, len(values) - 1, 2)]
        values = [*pairs, *values[len(pairs) * 2 :]]
    return values[0]


# Options for display: values in TOML form, and the places that set them.


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingPlace:
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
    places: tuple[SettingPlace, ...]

    @property
    def is_default(self) -> bool:
        """Whether the option has its default value."""
        return self.origin == "default"

    def below(self, place: SettingPlace) -> Setting:
        """The setting with a place that overrides all others."""
        others = tuple(replace(one, counts=False) for one in self.places)
        return Setting(name=self.name, value=place.value, origin=place.origin, places=(place, *others))

    def adding(self, place: SettingPlace, value: TomlValue) -> Setting:
        """The setting with an additional place, and the resulting value."""
        added = replace(place, inherit=Inherit.APPEND)
        origin = place.origin if self.is_default else f"{self.origin} + {place.origin}"
        return Setting(name=self.name, value=value, origin=origin, places=(added, *self.places))
