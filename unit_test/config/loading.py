"""Load options from texts, for tests of the configuration."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cibw.config.cascade import Arguments, Sources
from cibw.config.load import load_options
from cibw.config.options import BuildOptions, Options
from cibw.errors import ConfigurationError, Mistake
from cibw.model.identifiers import BuildIdentifier, Platform

CP312 = "cp312-manylinux_x86_64"
MUSL = "cp312-musllinux_x86_64"
PYODIDE = "cp313-pyodide_wasm32"


def sources(
    text: str | None = None,
    environ: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    arguments: Arguments | None = None,
) -> Sources:
    return Sources(
        config_text=text, environ=environ or {}, arguments=arguments or Arguments(), read_text=dict(files or {}).get
    )


def load(text: str | None = None, platform: Platform = Platform.LINUX, **environ: str) -> Options:
    return load_options(sources(text, environ), platform)


def build(text: str | None = None, identifier: str = CP312, **environ: str) -> BuildOptions:
    parsed = BuildIdentifier.parse(identifier)
    return load(text, parsed.platform, **environ).for_identifier(parsed)


def mistakes_in(given: Sources, platform: Platform = Platform.LINUX) -> tuple[Mistake, ...]:
    with pytest.raises(ConfigurationError) as caught:
        load_options(given, platform)
    return caught.value.mistakes


def mistakes(text: str | None = None, platform: Platform = Platform.LINUX, **environ: str) -> tuple[Mistake, ...]:
    return mistakes_in(sources(text, environ), platform)


def mistake(text: str | None = None, platform: Platform = Platform.LINUX, **environ: str) -> Mistake:
    (only,) = mistakes(text, platform, **environ)
    return only
