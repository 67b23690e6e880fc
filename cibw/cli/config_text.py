"""Format options as text and JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cibw.config.cascade import Inherit
from cibw.config.settings import Place, Setting
from cibw.config.toml import TomlValue
from cibw.model.identifier import BuildIdentifier
from cibw.model.target import Platform
from cibw.reporting.json_text import json_text
from cibw.reporting.look import Look
from cibw.reporting.wording import count

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
_Builds = Sequence[tuple[BuildIdentifier, tuple[Setting, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The options of a run and those of each of its builds."""

    platform: Platform
    run: tuple[Setting, ...]
    builds: tuple[tuple[BuildIdentifier, tuple[Setting, ...]], ...]


def overview_text(overview: Overview, look: Look, *, explains: bool) -> str:
    """The options as TOML-like lines; options that all builds share are shown once."""
    lines = [*_section(f"the run, on {overview.platform.value}", overview.run, look, explains=explains)]
    shared = _shared(overview.builds)
    if len(overview.builds) > 1:
        lines.extend(_section(f"all {count(len(overview.builds), 'build')}", shared, look, explains=explains))
    for identifiers, settings in _groups(overview.builds, shared):
        lines.extend(_section(", ".join(map(str, identifiers)), settings, look, explains=explains))
    if not overview.builds:
        lines.append("# No build is selected; `cibw plan` explains why.")
    return "\n".join(lines).rstrip("\n") + "\n"


def _shared(builds: _Builds) -> tuple[Setting, ...]:
    if len(builds) < 2:
        return ()
    (_, first), *others = builds
    return tuple(setting for setting in first if all(setting in settings for _, settings in others))


def _groups(
    builds: _Builds, shared: tuple[Setting, ...]
) -> Iterator[tuple[list[BuildIdentifier], tuple[Setting, ...]]]:
    groups: list[tuple[list[BuildIdentifier], tuple[Setting, ...]]] = []
    for identifier, settings in builds:
        rest = tuple(setting for setting in settings if setting not in shared)
        known = next((identifiers for identifiers, others in groups if others == rest), None)
        if known is None:
            groups.append(([identifier], rest))
        else:
            known.append(identifier)
    yield from (group for group in groups if group[1])


def _section(title: str, settings: Sequence[Setting], look: Look, *, explains: bool) -> Iterator[str]:
    wrapped = textwrap.wrap(title, max(look.width, 40) - 2, initial_indent="# ", subsequent_indent="# ")
    yield from (look.bold(line) for line in wrapped)
    for setting in settings:
        line = f"{setting.name} = {toml_text(setting.value)}"
        has_more = explains and len(setting.places) > 1
        says_more = not has_more and (explains or not setting.is_default)
        yield f"{line}  {look.dim(f'# {setting.origin}')}" if says_more else line
        if has_more:
            yield from (look.dim(f"    # {line}") for line in _explanation(setting))
    yield ""


def _explanation(setting: Setting) -> Iterator[str]:
    counting = [place for place in setting.places if place.counts]
    for place in setting.places:
        is_alone = place.counts and len(counting) == 1
        yield _rule(place) + (place.origin if is_alone else f"{place.origin}: {toml_text(place.value)}")


def _rule(place: Place) -> str:
    if not place.counts:
        return "over "
    return "" if place.inherit is Inherit.NONE else f"{place.inherit.value}ed: "


def toml_text(value: TomlValue) -> str:
    """A value as TOML on one line."""
    match value:
        case tuple():
            return f"[{', '.join(toml_text(item) for item in value)}]"
        case Mapping():
            pairs = ", ".join(f"{_key(key)} = {toml_text(item)}" for key, item in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if name and _BARE.issuperset(name) else json.dumps(name, ensure_ascii=False)


def overview_json(overview: Overview) -> str:
    """The options as JSON: `platform`, `run`, and `builds` by identifier."""
    builds = {str(identifier): _settings(settings) for identifier, settings in overview.builds}
    return json_text({"platform": overview.platform.value, "run": _settings(overview.run), "builds": builds})


def _settings(settings: Sequence[Setting]) -> dict[str, object]:
    return {
        setting.name: {
            "value": _data(setting.value),
            "origin": setting.origin,
            "places": [_place(place) for place in setting.places],
        }
        for setting in settings
    }


def _place(place: Place) -> dict[str, object]:
    return {
        "origin": place.origin,
        "value": _data(place.value),
        "inherit": place.inherit.value,
        "counts": place.counts,
    }


def _data(value: TomlValue) -> object:
    match value:
        case tuple():
            return [_data(item) for item in value]
        case Mapping():
            return {key: _data(item) for key, item in value.items()}
        case _:
            return value
