"""Settings to show to a user, from cascades."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cibw.config.cascade import Step
from cibw.config.option import LINUX, AnyOption, Facts, Scope
from cibw.config.option_list import ALL_OPTIONS
from cibw.config.plain import plain
from cibw.config.reader import Explains
from cibw.config.settings import Place, Setting
from cibw.config.toml import TomlValue
from cibw.model.identifier import BuildIdentifier
from cibw.model.target import Platform

_OF_THE_RUN = frozenset({Scope.RUN, Scope.PLATFORM})


def settings_of(
    cascades: Mapping[str, Explains], identifier: BuildIdentifier | None, *, leaves_out: Collection[str] = ()
) -> tuple[Setting, ...]:
    """The options of an identifier, or of the run for None, in the order of the option list.

    Linux-only options are left out for identifiers of other platforms.
    """
    return tuple(
        _setting(option, cascades[option.facts.name], identifier)
        for option in ALL_OPTIONS
        if option.facts.name not in leaves_out and _is_for(option.facts, identifier)
    )


def _is_for(facts: Facts, identifier: BuildIdentifier | None) -> bool:
    if identifier is None:
        return _is_of_the_run(facts)
    only_linux = facts.places.tables == LINUX and identifier.platform is not Platform.LINUX
    return not _is_of_the_run(facts) and not only_linux


def _is_of_the_run(facts: Facts) -> bool:
    return facts.places.scope in _OF_THE_RUN


def _setting(option: AnyOption, cascade: Explains, identifier: BuildIdentifier | None) -> Setting:
    return Setting(
        name=option.facts.name,
        value=_plain(cascade.value(identifier), option),
        origin=cascade.origin(identifier),
        places=tuple(_place(step, option) for step in cascade.places(identifier)),
    )


def _place(step: Step, option: AnyOption) -> Place:
    return Place(origin=step.origin, value=_plain(step.value, option), inherit=step.inherit, counts=step.counts)


def _plain(value: object, option: AnyOption) -> TomlValue:
    """The value in the same form as the option's default: a single command is a string, no variables an empty table."""
    default = option.facts.default
    if value is None:
        return default
    shown = plain(value, option.form.placeholders)
    if shown == () and isinstance(default, Mapping):
        return {}
    if isinstance(shown, tuple) and isinstance(default, str) and len(shown) < 2:
        return "".join(map(str, shown))
    return shown
