"""Preparation of settings for display."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from cibw.config.options import Options
from cibw.config.plain import map_texts, plain
from cibw.config.settings import Place, Setting
from cibw.config.sources import Arguments
from cibw.config.toml import TomlValue

Settings = tuple[Setting, ...]


def run_settings(options: Options, arguments: Arguments) -> Settings:
    """The options of the run, including command-line arguments."""
    return tuple(_with_arguments(setting, options, arguments) for setting in options.resolver.settings(None))


def _with_arguments(setting: Setting, options: Options, arguments: Arguments) -> Setting:
    if setting.name == "archs" and arguments.archs:
        return setting.below(Place(origin="--archs", value=options.archs))
    if setting.name == "enable" and arguments.enable:
        return setting.adding(Place(origin="--enable", value=arguments.enable), plain(options.enable))
    return setting


def masked(settings: Settings, mask: Callable[[str], str]) -> Settings:
    """The settings with a mask applied to each text."""
    return tuple(
        replace(
            setting,
            value=map_texts(setting.value, mask),
            places=tuple(replace(place, value=map_texts(place.value, mask)) for place in setting.places),
        )
        for setting in settings
    )


def named_texts(settings: Settings) -> Iterator[tuple[str, str]]:
    """Each text in the settings, with its key or, without one, its option."""
    for setting in settings:
        yield from _texts(setting.name, (setting.value, *(place.value for place in setting.places)))


def _texts(name: str, values: Iterable[TomlValue]) -> Iterator[tuple[str, str]]:
    for value in values:
        match value:
            case str():
                # Pairs in create-args and settings can be written as `NAME=value`.
                key, separator, text = value.partition("=")
                yield from ((name, value), (key, text))[: 2 if separator else 1]
            case tuple():
                yield from _texts(name, value)
            case Mapping():
                for key, item in value.items():
                    yield from _texts(key, (item,))
            case _:
                pass
