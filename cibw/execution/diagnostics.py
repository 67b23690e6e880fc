"""Explains why a wheel does not run everywhere: stray libraries, mixed C++ runtimes."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from cibw.errors import CibwError, CommandFailedError, PlatformTagError
from cibw.execution.elf import broken_files_skipped, elf_members, has_native_files, newer_in_libraries, newer_symbols
from cibw.execution.files import scratch_directory
from cibw.execution.machine import Machine
from cibw.model.plan import StepName
from cibw.model.release import WheelName
from cibw.untrusted.zips import open_zip

if TYPE_CHECKING:
    from elftools.elf.dynamic import DynamicSection, DynamicSegment
    from elftools.elf.elffile import ELFFile
    from elftools.elf.sections import Symbol


# Finds objects of a wheel that have separate C++ libraries and exchange C++ objects.
#
# zig links its C++ library, libc++, into each object. Two copies of it are incompatible: an exception thrown by one
# is not caught by the other, and a stream created by one breaks in the other. Objects that are not linked with each
# other are not affected. Objects that call each other through dlopen or a capsule cannot be detected in the files.

RUNTIME_NAME = "libc++-cibw"
"""The beginning of the file name of the shared C++ library."""
_HAS_RUNTIME = (b"N10__cxxabiv117__class_type_infoE", b"libc++abi: ")
"""Present in every object that contains libc++'s support for exceptions, even if its symbols are stripped."""
_GNU_RUNTIME = "libstdc++.so."
_CPP = "_Z"
_LIBCPP_NAMESPACE = "St3__1"
_GNU_NAMESPACE = "7__cxx11"
_MOST_SYMBOLS = 1_000_000
_MOST_TAGS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Object:
    """A library or program in a wheel. `defined` and `missing` are C++ symbols; `missing` has no weak ones."""

    path: str
    needed: tuple[str, ...]
    names: tuple[str, ...]
    has_runtime: bool
    defined: frozenset[str]
    missing: frozenset[str]

    @property
    def uses_libcpp(self) -> bool:
        return self.has_runtime or any(name.startswith((RUNTIME_NAME, "libc++.so")) for name in self.needed)

    @property
    def uses_gnu(self) -> bool:
        return any(name.startswith(_GNU_RUNTIME) for name in self.needed)


def mixed_runtimes(wheel: Path) -> str:
    """Describe incompatible C++ libraries among the objects of a wheel in a sentence, or return an empty string."""
    objects = _objects(wheel)
    if not any(one.uses_libcpp for one in objects):
        return ""
    linked = _Links(objects)
    for root in objects:
        together = linked.together_with(root)
        fault = _several_runtimes(together) or _crossing(together) or _unprovided(together)
        if fault:
            return fault
    return ""


class _Links:
    """Finds the objects of a wheel that are loaded together."""

    def __init__(self, objects: Iterable[_Object]) -> None:
        self._providers: defaultdict[str, list[_Object]] = defaultdict(list)
        self._definers: defaultdict[str, list[_Object]] = defaultdict(list)
        for one in objects:
            for name in one.names:
                self._providers[name].append(one)
            for symbol in one.defined:
                self._definers[symbol].append(one)

    def together_with(self, root: _Object) -> list[_Object]:
        """Return an object and everything that it needs, directly or indirectly.

        A symbol that none of these defines may be found in an object that was loaded before.
        """
        found = {root.path: root}
        waiting = [root]
        while waiting:
            one = waiting.pop()
            others = [other for name in one.needed for other in self._providers.get(name, ())]
            new = _new_ones(found, others)
            if not new and not waiting:
                new = _new_ones(found, self._loaded_before(found.values()))
            waiting += new
        return list(found.values())

    def _loaded_before(self, found: Collection[_Object]) -> list[_Object]:
        known = {symbol for one in found for symbol in one.defined}
        missing = {symbol for one in found if one.uses_libcpp for symbol in one.missing} - known
        return [other for symbol in sorted(missing) for other in self._definers.get(symbol, ())]


def _new_ones(found: dict[str, _Object], others: Iterable[_Object]) -> list[_Object]:
    new = {other.path: other for other in others if other.path not in found}
    found.update(new)
    return list(new.values())


def _several_runtimes(together: list[_Object]) -> str:
    holders = [one for one in together if one.has_runtime]
    if len(holders) < 2:
        return ""
    names = " and ".join(sorted(one.path for one in holders)[:2])
    return f"{names} are linked with each other, but each contains its own C++ library"


def _crossing(together: list[_Object]) -> str:
    """Describe C++ symbols that pass between an object with libc++ and one with libstdc++."""
    for one in together:
        for other in together:
            if not (one.uses_libcpp and other.uses_gnu) or one is other:
                continue
            if one.missing & other.defined or other.missing & one.defined:
                return f"{one.path} uses libc++ and {other.path} uses libstdc++, and they call each other in C++"
    return ""


def _unprovided(together: list[_Object]) -> str:
    """Describe a missing C++ library, or a C++ symbol that no object defines."""
    known = frozenset[str]().union(*(one.defined for one in together))
    names = {name for one in together for name in one.names}
    for one in together:
        absent = [name for name in one.needed if name.startswith(RUNTIME_NAME) and name not in names]
        if absent:
            return f"{one.path} needs {absent[0]}, but the repair step did not copy it into the wheel"
        foreign = () if one.uses_gnu or not one.uses_libcpp else sorted(one.missing - known)
        for symbol in foreign:
            if _LIBCPP_NAMESPACE in symbol or _GNU_NAMESPACE in symbol:
                return f"nothing in the wheel defines {symbol}, which {one.path} needs"
    return ""


def _objects(wheel: Path) -> list[_Object]:
    with open_zip(wheel) as archive:
        return [one for path, content in elf_members(archive) for one in _read(path, content)]


def _read(path: str, content: bytes) -> Iterator[_Object]:
    """Yield the object in a file of a wheel. A broken object cannot be loaded, so it is skipped."""
    from elftools.elf.elffile import ELFFile  # slow to import

    with broken_files_skipped():
        elf = ELFFile(io.BytesIO(content))
        dynamic = _dynamic(elf)
        tags = _tags(dynamic) if dynamic is not None else {}
        defined, missing = _names_of_cpp(_symbols(elf, dynamic))
        yield _Object(
            path=path,
            needed=tuple(tags.get("DT_NEEDED", ())),
            names=tuple(dict.fromkeys((path.rpartition("/")[2], *tags.get("DT_SONAME", ())))),
            has_runtime=all(sign in content for sign in _HAS_RUNTIME),
            defined=frozenset(defined),
            missing=frozenset(missing),
        )


def _dynamic(elf: ELFFile) -> DynamicSection | DynamicSegment | None:
    from elftools.elf.dynamic import DynamicSection, DynamicSegment

    section = elf.get_section_by_name(".dynamic")
    if isinstance(section, DynamicSection):
        return section
    # Sections are not needed for loading a file.
    return next((segment for segment in elf.iter_segments() if isinstance(segment, DynamicSegment)), None)


def _tags(dynamic: DynamicSection | DynamicSegment) -> Mapping[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    attributes = {"DT_NEEDED": "needed", "DT_SONAME": "soname"}
    for tag in islice(dynamic.iter_tags(), _MOST_TAGS):
        kind = tag.entry.d_tag
        if kind in attributes:
            found[kind].append(str(getattr(tag, attributes[kind])))
    return found


def _symbols(elf: ELFFile, dynamic: DynamicSection | DynamicSegment | None) -> Iterator[Symbol]:
    from elftools.elf.dynamic import DynamicSegment
    from elftools.elf.sections import SymbolTableSection

    section = elf.get_section_by_name(".dynsym")
    if isinstance(section, SymbolTableSection):
        return islice(section.iter_symbols(), _MOST_SYMBOLS)
    return islice(dynamic.iter_symbols(), _MOST_SYMBOLS) if isinstance(dynamic, DynamicSegment) else iter(())


def _names_of_cpp(symbols: Iterable[Symbol]) -> tuple[set[str], set[str]]:
    defined: set[str] = set()
    missing: set[str] = set()
    for symbol in symbols:
        if not symbol.name.startswith(_CPP):
            continue
        if symbol["st_shndx"] != "SHN_UNDEF":
            defined.add(symbol.name)
        elif symbol["st_info"]["bind"] != "STB_WEAK":
            missing.add(symbol.name)
    return defined, missing


# Explains why a wheel does not match its platform tag.

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
