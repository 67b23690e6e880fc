"""The option for the source of interpreters on the host."""

from __future__ import annotations

from cibw.config.kinds_of_tools import choice
from cibw.config.option import Facts, Option, Places
from cibw.config.options import PythonSource
from cibw.model.target import Platform

_PLATFORMS = frozenset(Platform) - {Platform.LINUX}
PYTHON_SOURCE = Option(
    kind=choice(PythonSource),
    facts=Facts(
        name="python-source",
        description="Source of the Pythons for builds outside of containers: `catalog` uses those of python.org, "
        "NuGet, PyPy, GraalPy and python-build-standalone; `uv` uses Pythons managed by uv, which need no installer. "
        "On Linux, it applies to builds for Android and Pyodide.",
        default="catalog",
        places=Places(tables=_PLATFORMS, suffixes=_PLATFORMS),
        is_own=True,
    ),
)
