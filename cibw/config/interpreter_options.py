"""The option that says where interpreters of the host come from."""

from __future__ import annotations

from cibw.config.kinds_of_tools import choice
from cibw.config.option import Facts, Option, Places
from cibw.config.options import PythonSource
from cibw.model.target import Platform

_PLATFORMS = frozenset({Platform.MACOS, Platform.WINDOWS})
PYTHON_SOURCE = Option(
    kind=choice(PythonSource),
    facts=Facts(
        name="python-source",
        description="Where the Pythons of macOS and Windows come from: `catalog` takes those of python.org, NuGet, "
        "PyPy and GraalPy, `uv` those that uv manages, which need no installer.",
        default="catalog",
        places=Places(tables=_PLATFORMS, suffixes=_PLATFORMS),
        is_own=True,
    ),
)
