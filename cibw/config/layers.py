"""Unparsed option values, by the place that sets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cibw.config.cascade import Inherit
from cibw.config.inherit import parse_variable_inherit
from cibw.config.option_list import ALL_OPTIONS
from cibw.config.problems import Findings, did_you_mean
from cibw.config.selectors import Selector
from cibw.config.switches import REMOVED_VARIABLES, SWITCHES
from cibw.config.toml import TomlTable
from cibw.model.target import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLayer:
    """Unparsed values of options by name, all from one place.

    `place` and `origin` return the location of an option for error messages and explanations. `platform` is the
    platform that the values apply to, or None for any. A layer that does not count is validated but not used;
    errors in a layer that `is_lenient` become notes.
    """

    values: TomlTable
    place: Callable[[str], str]
    origin: Callable[[str], str]
    inherit: Mapping[str, Inherit] = field(default_factory=dict)
    platform: Platform | None = None
    select: Selector | None = None
    counts: bool = True
    is_lenient: bool = False


def variable_layers(environ: Mapping[str, str], platform: Platform, findings: Findings) -> tuple[RawLayer, ...]:
    """The layers of CIBW_ variables: first those for every platform, then the platform-specific ones.

    Unknown variables that begin with CIBW_ are errors.
    """
    _judge_names(environ, findings)
    rules = parse_variable_inherit(environ.get("CIBW_INHERIT", ""), findings)
    always = {option.facts.name: Inherit.APPEND for option in ALL_OPTIONS if option.facts.env_adds}
    general = _variable_layer(environ, None, {**always, **rules.get(None, {})}, platform)
    special = (_variable_layer(environ, other, rules.get(other, {}), platform) for other in Platform)
    return (general, *(layer for layer in special if layer.values))


def _variable_layer(
    environ: Mapping[str, str], suffix: Platform | None, inherit: Mapping[str, Inherit], platform: Platform
) -> RawLayer:
    names = _variables(suffix)
    return RawLayer(
        values={option: environ[name] for option, name in names.items() if name in environ},
        place=names.__getitem__,
        origin=names.__getitem__,
        inherit=inherit,
        platform=suffix or platform,
        counts=suffix in (None, platform),
    )


def _variables(suffix: Platform | None) -> dict[str, str]:
    facts = [option.facts for option in ALL_OPTIONS]
    if suffix is None:
        return {fact.name: fact.variable for fact in facts}
    return {fact.name: fact.variable_for(suffix) for fact in facts if suffix in fact.places.suffixes}


def known_variables() -> frozenset[str]:
    """The names of all known CIBW_ variables."""
    names = (name for suffix in (None, *Platform) for name in _variables(suffix).values())
    return frozenset((*names, *SWITCHES))


def _judge_names(environ: Mapping[str, str], findings: Findings) -> None:
    known = known_variables()
    for name in sorted(environ):
        if name.startswith("CIBW_") and name not in known and not findings.is_full:
            hint = REMOVED_VARIABLES.get(name) or _without_suffix(name, known)
            hint = hint or did_you_mean(name, known, fallback="unset it")
            findings.add(name, "unknown variable", hint)


def _without_suffix(name: str, known: frozenset[str]) -> str:
    """A hint for a variable with a platform suffix that its option does not support; empty otherwise."""
    start, _, suffix = name.rpartition("_")
    platforms = {platform.value.upper(): platform for platform in Platform}
    if start not in known or suffix not in platforms:
        return ""
    facts = next((option.facts for option in ALL_OPTIONS if option.facts.variable == start), None)
    if facts is None:
        return f"use {start}"
    table = platforms[suffix].value
    if platforms[suffix] in facts.places.tables:
        return f"set {start} in the jobs for this platform, or {facts.name} in [tool.cibw.{table}]"
    return (
        f"unset it: {facts.name} does not differ by platform"
        if not facts.places.tables
        else (f"unset it: {facts.name} has no effect on {table}")
    )
