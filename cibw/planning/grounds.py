"""The setup function of each platform; only the module of the requested platform is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cibw.model.not_built import NotBuilt
from cibw.model.target import Platform
from cibw.planning.ground import Circumstances, Ground, MissingPython, Refused

Decision = Ground | MissingPython | NotBuilt | Refused


def _linux(given: Circumstances) -> Decision:
    from cibw.planning.platforms import linux

    return linux.ground(given)


def _macos(given: Circumstances) -> Decision:
    from cibw.planning.platforms import macos

    return macos.ground(given)


def _windows(given: Circumstances) -> Decision:
    from cibw.planning.platforms import windows

    return windows.ground(given)


def _pyodide(given: Circumstances) -> Decision:
    from cibw.planning.platforms import pyodide

    return pyodide.ground(given)


def _android(given: Circumstances) -> Decision:
    from cibw.planning.platforms import android

    return android.ground(given)


def _ios(given: Circumstances) -> Decision:
    from cibw.planning.platforms import ios

    return ios.ground(given)


GROUNDS: Mapping[Platform, Callable[[Circumstances], Decision]] = {
    Platform.LINUX: _linux,
    Platform.MACOS: _macos,
    Platform.WINDOWS: _windows,
    Platform.PYODIDE: _pyodide,
    Platform.ANDROID: _android,
    Platform.IOS: _ios,
}
