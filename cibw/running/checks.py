"""Checks on the results of steps."""

from __future__ import annotations

from collections.abc import Callable, Collection

from cibw.errors import CibwError, DuplicateWheelError, NoWheelError, PureWheelError, RepairedWheelError
from cibw.exhaustive import assert_never
from cibw.model.layout import BUILT_DIR, REPAIRED_DIR
from cibw.model.plan import Check
from cibw.model.template import Late
from cibw.model.wheel import WheelName
from cibw.running.workbench import Workbench

Claim = Callable[[str], bool]
"""Claims a file name for this build's wheel. Returns False if another build has already claimed it."""


def check(obligation: Check, bench: Workbench, claim: Claim) -> None:
    """Run a check and bind the wheels that it finds. Raise the matching error if it fails."""
    match obligation:
        case Check.ONE_BUILT_WHEEL:
            _one_built(bench)
        case Check.ONE_REPAIRED_WHEEL:
            _one_repaired(bench)
        case Check.NOT_PURE:
            _not_pure(bench)
        case Check.NEW_NAME:
            _new_name(bench, claim)
        case _:
            assert_never(obligation)


def wheel_name(path: str) -> WheelName:
    """Parse the wheel name from a path on a machine. Raise CibwError if the name is invalid."""
    filename = path.rpartition("/")[2]
    try:
        return WheelName.parse(filename)
    except ValueError as error:
        raise CibwError(
            f"{filename} is not a valid wheel name: {error}",
            hint="A wheel name consists of project, version, optional build number, and the Python, ABI and "
            "platform tags.",
        ) from error


def _one_built(bench: Workbench) -> None:
    found = bench.machine.find(BUILT_DIR.render(bench.bindings), "*.whl")
    if not found:
        raise NoWheelError(
            "The build frontend produced no wheel.",
            hint="Check the output of the build step. The build backend may have written the wheel to another "
            "directory.",
        )
    if len(found) > 1:
        raise NoWheelError(f"The build frontend produced several wheels: {_names(found)}.")
    bench.bindings[Late.BUILT_WHEEL] = bench.bindings[Late.WHEEL] = found[0]


def _one_repaired(bench: Workbench) -> None:
    found = bench.machine.find(REPAIRED_DIR.render(bench.bindings), "*.whl")
    hint = "repair-wheel-command must put exactly one wheel into {dest_dir}."
    if not found:
        raise RepairedWheelError("The repair step produced no wheel.", hint=hint)
    if len(found) > 1:
        raise RepairedWheelError(f"The repair step produced several wheels: {_names(found)}.", hint=hint)
    bench.bindings[Late.WHEEL] = found[0]


def _not_pure(bench: Workbench) -> None:
    name = wheel_name(bench.bindings[Late.WHEEL])
    if name.is_pure:
        raise PureWheelError(
            f"The build produced a pure Python wheel: {name.filename}.",
            hint="A pure wheel works on every platform and is built only once, with `cibw sdist --wheel`. If the "
            "project has extension modules, check why the build skipped them.",
        )


def _new_name(bench: Workbench, claim: Claim) -> None:
    filename = wheel_name(bench.bindings[Late.WHEEL]).filename
    if not claim(filename):
        raise DuplicateWheelError(
            f"Another build in this run already produced {filename}.",
            hint="Both builds produce wheels with the same tags. If the project uses the stable ABI, tag its wheels "
            "abi3; if it does not need Python at all, tag them py3-none.",
        )


def _names(paths: Collection[str]) -> str:
    return ", ".join(path.rpartition("/")[2] for path in paths)
