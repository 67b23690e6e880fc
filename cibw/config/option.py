"""The declaration of an option: name, description, default, and the places where it can be set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, Protocol, TypeVar

from cibw.config.kinds import Form, Kind
from cibw.config.toml import TomlValue
from cibw.model.target import Platform

T = TypeVar("T")
EVERYWHERE = frozenset(Platform)
NOWHERE: frozenset[Platform] = frozenset()
LINUX = frozenset({Platform.LINUX})
Defaults = Mapping[Platform, TomlValue]


class Scope(Enum):
    """The places in a configuration file where an option can be set."""

    RUN = "the main table only"
    PLATFORM = "the main table and the platform tables"
    BUILD = "the main table, the platform tables, and overrides"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where an option can be set: its scope, platform tables, and variable suffixes."""

    scope: Scope = Scope.BUILD
    tables: frozenset[Platform] = EVERYWHERE
    suffixes: frozenset[Platform] = EVERYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The declaration of an option, except for the type of its value.

    `default` is written as in a configuration file. With `env_adds`, a variable adds to the value of the file. With
    `ignore_empty`, an empty value is ignored. An option that `is_own` is allowed only in [tool.cibw], because
    cibuildwheel does not have it.
    """

    name: str
    description: str
    default: TomlValue = ""
    platform_defaults: Defaults = field(default_factory=dict)
    places: Places = Places()
    env_adds: bool = False
    ignore_empty: bool = False
    is_own: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that sets the option for every platform."""
        return f"CIBW_{self.name.upper().replace('-', '_')}"

    def variable_for(self, platform: Platform) -> str:
        """The environment variable that sets the option for one platform."""
        return f"{self.variable}_{platform.value.upper()}"


class AnyOption(Protocol):
    """An option, whatever the type of its values."""

    @property
    def facts(self) -> Facts:
        """The declaration of the option."""

    @property
    def form(self) -> Form:
        """The form of its values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option(Generic[T]):
    """An option whose values have the type T."""

    facts: Facts
    kind: Kind[T]

    @property
    def form(self) -> Form:
        """The form of its values."""
        return self.kind.form
