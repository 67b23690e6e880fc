"""Explains why a wheel does not match its platform tag."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from cibw.errors import CibwError, CommandFailedError, PlatformTagError
from cibw.model.plan import StepName
from cibw.model.wheel import WheelName
from cibw.running.glibc import has_native_files, newer_symbols
from cibw.running.linked import newer_in_libraries
from cibw.running.machine import Machine
from cibw.running.scratch import scratch_directory

_POLICY = re.compile(r"manylinux(?:2014|_(?P<major>[0-9]+)_(?P<minor>[0-9]+))_(?P<architecture>[a-z0-9_]+)")
_MOST_SHOWN = 8
_NO_NATIVE_FILE = "This does not look like a platform wheel"


def explain_repair(
    error: CommandFailedError, machine: Machine, wheel: str, platform_tag: str, environment: Mapping[str, str]
) -> None:
    """Raise PlatformTagError if a wheel needs newer libraries than a platform tag guarantees; otherwise do nothing.

    `environment` is the environment of the repair step, which determines where the wheel's libraries are found.
    """
    glibc = _glibc(platform_tag)
    if not glibc:
        return
    with scratch_directory("wheel") as directory:
        copy = directory / wheel.rpartition("/")[2]
        machine.get(wheel, copy)
        found = newer_symbols(copy, glibc)
        found += newer_in_libraries(machine, copy, glibc, environment, _architecture(platform_tag))
    if not found:
        return
    shown = [str(one) for one in found[:_MOST_SHOWN]]
    more = [f"and {len(found) - _MOST_SHOWN} more"] if len(found) > _MOST_SHOWN else []
    raise PlatformTagError(
        f"The wheel cannot be tagged {platform_tag}, which guarantees only glibc {glibc}: "
        + "; ".join([*shown, *more]),
        hint="Build the library that needs it against the older glibc too (in before-all, with the compiler in CC), "
        "or choose a newer policy with the image option, such as manylinux_2_28 or manylinux_2_34.",
        context=error.context,
    ) from error


def found_no_native_file(error: CommandFailedError) -> bool:
    """Return whether auditwheel failed because the wheel has no native files."""
    return any(_NO_NATIVE_FILE in line for line in error.context.last_lines)


def pass_unrepaired(machine: Machine, wheel: str, directory: str) -> bool:
    """Copy a wheel without native files to the repaired wheels unchanged, and return whether it was one.

    Such a wheel needs no repair, but auditwheel reports an error for it.
    """
    name = wheel.rpartition("/")[2]
    with scratch_directory("wheel") as folder:
        copy = folder / name
        machine.get(wheel, copy)
        if has_native_files(copy):
            return False
        machine.put(copy, f"{directory}/{name}")
    return True


def missing_native_file(wheel: Path) -> str:
    """Return a warning if a wheel with a platform tag contains no native files, otherwise an empty string."""
    if WheelName.parse(wheel.name).is_pure or has_native_files(wheel):
        return ""
    return (
        f"{wheel.name} has a platform tag but contains no native files. The build may have skipped an optional "
        "extension because a library or a compiler was missing; check the output of the build step."
    )


def pure_repair(built: str, wheel: Path) -> str:
    """Return a warning if the repair step replaced a platform wheel with a pure one, else an empty string."""
    if not WheelName.parse(wheel.name).is_pure or WheelName.parse(built.rpartition("/")[2]).is_pure:
        return ""
    return f"The repair step replaced {built.rpartition('/')[2]} with {wheel.name}, a wheel for any platform."


def stray_libraries(error: CibwError, files: Iterable[str]) -> str:
    """Return a hint for a failed build or repair if the project contains compiled modules, else an empty string."""
    found = [name for name in files if name.endswith(".so") and ".git/" not in name]
    if not found or error.context.step not in (StepName.BUILD.value, StepName.REPAIR.value):
        return ""
    more = f" and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
    return (
        f"The project contains compiled modules: {', '.join(found[:_MOST_SHOWN])}{more}. Modules from an "
        "in-place build may be for another system; remove them, or build from a clean checkout."
    )


def _glibc(platform_tag: str) -> str:
    policy = _POLICY.match(platform_tag)
    if policy is None:
        return ""
    return f"{policy['major']}.{policy['minor']}" if policy["major"] else "2.17"


def _architecture(platform_tag: str) -> str:
    policy = _POLICY.match(platform_tag)
    return policy["architecture"] if policy else ""
