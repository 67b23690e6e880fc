"""Checks the libraries outside a wheel that a repair would copy into it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from cibw.running.glibc import NewerSymbols, broken_files_skipped, elf_members, newer_in_file, promised_libraries
from cibw.running.machine import Machine
from cibw.running.scratch import scratch_directory
from cibw.untrusted.zips import open_zip

_NEEDED = "needed"
"""pyelftools' name of this entry, whose attribute is created at run time."""
_MOST_NEEDED = 1_000
_VARIABLES = ("AUDITWHEEL_LD_LIBRARY_PATH", "LD_LIBRARY_PATH")
_MULTIARCH = {"i686": "i386-linux-gnu", "armv7l": "arm-linux-gnueabihf", "ppc64le": "powerpc64le-linux-gnu"}


def newer_in_libraries(
    machine: Machine, wheel: Path, glibc: str, environment: Mapping[str, str], architecture: str
) -> tuple[NewerSymbols, ...]:
    """Return symbol versions newer than a glibc policy allows, in the external libraries of a wheel.

    Libraries are found as by the loader: in LD_LIBRARY_PATH, then in the system's directories.
    """
    folders = tuple(_folders(environment, architecture))
    waiting, inside = _links(wheel)
    seen = {*inside, *promised_libraries(glibc)}
    found: list[NewerSymbols] = []
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        path = _find(machine, name, folders)
        if path:
            content = _read(machine, path)
            found += newer_in_file(path, content, glibc)
            waiting += _needed(content)
    return tuple(found)


def _links(wheel: Path) -> tuple[list[str], set[str]]:
    """Return the libraries that a wheel's libraries link to, and the names of those in the wheel."""
    needed: list[str] = []
    inside: set[str] = set()
    with open_zip(wheel) as archive:
        for member, content in elf_members(archive):
            inside.add(member.rpartition("/")[2])
            needed += _needed(content)
    return needed, inside


def _needed(content: bytes) -> list[str]:
    from elftools.elf.dynamic import DynamicSection  # slow to import
    from elftools.elf.elffile import ELFFile

    with broken_files_skipped():
        section = ELFFile(io.BytesIO(content)).get_section_by_name(".dynamic")
        if isinstance(section, DynamicSection):
            return [str(getattr(entry, _NEEDED)) for entry in islice(section.iter_tags("DT_NEEDED"), _MOST_NEEDED)]
    return []


def _folders(environment: Mapping[str, str], architecture: str) -> Iterator[str]:
    for variable in _VARIABLES:
        yield from filter(None, environment.get(variable, "").split(":"))
    multiarch = _MULTIARCH.get(architecture, f"{architecture}-linux-gnu")
    for system in ("/usr/local/", "/", "/usr/"):
        yield from (f"{system}lib/{multiarch}", f"{system}lib64", f"{system}lib")


def _find(machine: Machine, name: str, folders: Iterable[str]) -> str:
    return next((path for folder in folders for path in machine.find(folder, name)), "")


def _read(machine: Machine, path: str) -> bytes:
    with scratch_directory("library") as directory:
        copy = directory / "library"
        machine.get(path, copy)
        return copy.read_bytes()
