"""What this machine can run, and whether a test that needs more may be skipped."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable

import pytest

from cibw.errors import CibwError
from cibw.execution.container.connection import connect
from cibw.execution.container.emulation import Processor, check_emulation
from cibw.execution.container.images import PullSettings, ensure_image
from cibw.model.machines import EngineName
from tests import pyodide_parts, windows_parts
from tests.foreign.tools import missing_mac_tools
from tests.image_settings import image


def _engine(name: EngineName) -> str:
    try:
        connect(name, os.environ).close()
    except CibwError as error:
        return error.message
    return ""


def _host() -> str:
    return "" if sys.platform == "linux" else f"the host is {sys.platform}, not Linux"


def _mac() -> str:
    return "" if sys.platform == "darwin" else f"this is {sys.platform}, no Mac"


def _windows() -> str:
    return "" if sys.platform == "win32" else f"this is {sys.platform}, not Windows"


def _qemu() -> str:
    try:
        check_emulation(Processor(machine=platform.machine()), "linux/arm64")
    except CibwError as error:
        return error.message
    return ""


def _musl() -> str:
    faults = [_fault_of_musl_image(name) for name in (EngineName.DOCKER, EngineName.PODMAN)]
    return "" if "" in faults else "; ".join(faults)


def _macho() -> str:
    return missing_mac_tools() or _host()


def _fault_of_musl_image(name: EngineName) -> str:
    try:
        with connect(name, os.environ) as engine:
            ensure_image(engine.client, image("musllinux_x86_64"), PullSettings(attempts=1))
    except CibwError as error:
        return error.message
    return ""


_FAULTS: dict[str, Callable[[], str]] = {
    "docker": lambda: _engine(EngineName.DOCKER),
    "podman": lambda: _engine(EngineName.PODMAN),
    "host": _host,
    "mac": _mac,
    "windows": _windows,
    "qemu": _qemu,
    "musl": _musl,
    "macho": _macho,
    "pyodide": pyodide_parts.fault,
    "wine": windows_parts.fault,
}


class Needs:
    """Finds out once what is missing; TESTS_REQUIRE (a comma list of names) forbids to skip for it."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    def need(self, name: str) -> None:
        """Skip the test, or fail it where that is forbidden, unless `name` is at hand."""
        if name not in self._found:
            self._found[name] = _FAULTS[name]()
        if self._found[name]:
            self.miss(name, self._found[name])

    def miss(self, name: str, reason: str) -> None:
        """Skip the test for a reason of its own, or fail it where TESTS_REQUIRE names `name`."""
        if name in required():
            pytest.fail(f"TESTS_REQUIRE names {name}, but {reason}", pytrace=False)
        pytest.skip(f"needs {name}: {reason}")

    @property
    def names(self) -> tuple[str, ...]:
        """What can be needed."""
        return tuple(_FAULTS)


def required() -> frozenset[str]:
    """The names in TESTS_REQUIRE."""
    return frozenset(name.strip() for name in os.environ.get("TESTS_REQUIRE", "").split(",") if name.strip())
