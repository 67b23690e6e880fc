"""Reads the libraries and the versions of glibc symbols that ELF files need."""

from __future__ import annotations

import io
import json
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from cibw.execution.files import scratch_directory
from cibw.execution.machine import Machine
from cibw.untrusted.zips import CheckedZip, open_zip

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile


# Checks the system library versions that a wheel requires.

ELF_MAGIC = b"\x7fELF"
_NATIVE_MAGICS = (
    *(ELF_MAGIC, b"\0asm", b"MZ"),
    *(b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"),
)
"""Magic numbers of native files: Linux, WebAssembly, Windows, and macOS with one and several architectures."""
_LONGEST_MAGIC = max(map(len, _NATIVE_MAGICS))
_LARGEST = 1 << 30
"""The largest library, in bytes, that is read into memory."""
_MOST_SYMBOLS = 1_000_000
_MOST_VERSIONS = 1_000
_GLIBC = "GLIBC"
_ARCHITECTURE = {
    "AArch64": "aarch64",
    "ARM": "armv7l",
    "IBM S/390": "s390x",
    "RISC-V": "riscv64",
    "64-bit PowerPC": "ppc64le",
    "x64": "x86_64",
    "x86": "i686",
}
"""pyelftools' architecture names, mapped to those in platform tags."""

_NOTHING: Mapping[str, Sequence[str]] = {}


class _Policy(TypedDict):
    name: str
    lib_whitelist: list[str]
    symbol_versions: dict[str, dict[str, list[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewerSymbols:
    """A symbol version that a library file needs and the platform tag does not guarantee."""

    file: str
    """The path inside the wheel, or on the machine for a library outside the wheel."""
    library: str
    """The system library that must provide the version, such as `libc.so.6`."""
    version: str
    """Such as `GLIBC_2.34` or `CXXABI_1.3.13`."""
    symbols: tuple[str, ...]
    """The symbols that the file imports at that version, in alphabetical order."""

    def __str__(self) -> str:
        """Return a line for an error message."""
        shown = ", ".join(self.symbols[:5]) + (", ..." if len(self.symbols) > 5 else "")
        return f"{self.file} needs {self.version} from {self.library}" + (f" ({shown})" if shown else "")


def has_native_files(wheel: Path) -> bool:
    """Return whether a wheel contains a native file of any system, regardless of its platform tag."""
    with open_zip(wheel) as archive:
        return any(archive.first_bytes(info, _LONGEST_MAGIC).startswith(_NATIVE_MAGICS) for info in archive.infos)


def newer_symbols(wheel: Path, glibc: str) -> tuple[NewerSymbols, ...]:
    """Return the symbol versions in a wheel that the `manylinux` policy of a glibc (such as `2.17`) does not allow."""
    found: list[NewerSymbols] = []
    with open_zip(wheel) as archive:
        for name, content in elf_members(archive):
            found += newer_in_file(name, content, glibc)
    return tuple(found)


def promised_libraries(glibc: str) -> frozenset[str]:
    """Return the libraries that are present on every system covered by the `manylinux` policy of a glibc."""
    newest = max(_policies_up_to(glibc), key=_glibc_of, default=None)
    return frozenset(newest["lib_whitelist"] if newest else ())


def elf_members(archive: CheckedZip) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of ELF files in a wheel."""
    for info in archive.infos:
        if info.file_size <= _LARGEST and archive.first_bytes(info, len(ELF_MAGIC)) == ELF_MAGIC:
            yield info.filename, b"".join(archive.pieces(info))


@contextmanager
def broken_files_skipped() -> Iterator[None]:
    """Skip broken ELF files, which cannot be checked."""
    from elftools.common.exceptions import ELFError
    from elftools.construct.core import ConstructError

    # pyelftools hardly validates the contents of a file.
    careless = (ArithmeticError, AssertionError, AttributeError, LookupError, OSError, TypeError, ValueError)
    with suppress(ELFError, ConstructError, struct.error, *careless):
        yield


def newer_in_file(name: str, content: bytes, glibc: str) -> list[NewerSymbols]:
    """Return the symbol versions in a library that a policy does not allow. `name` identifies it in the result.

    A broken library has none.
    """
    found: list[NewerSymbols] = []
    with broken_files_skipped():
        found += _newer_in_file(name, content, glibc)
    return found


def _newer_in_file(name: str, content: bytes, glibc: str) -> list[NewerSymbols]:
    from elftools.elf.elffile import ELFFile  # slow to import

    elf = ELFFile(io.BytesIO(content))
    allowed = _allowed_versions(glibc, _ARCHITECTURE.get(elf.get_machine_arch(), ""))
    needed = {
        index: (library, version)
        for index, library, version in _needed_versions(elf)
        if not _is_allowed(version, glibc, allowed)
    }
    symbols = _imported_symbols(elf) if needed else {}
    return [
        NewerSymbols(file=name, library=library, version=version, symbols=tuple(sorted(symbols.get(index, ()))))
        for index, (library, version) in sorted(needed.items(), key=lambda item: item[1])
    ]


def _is_allowed(version: str, glibc: str, allowed: Mapping[str, Sequence[str]]) -> bool:
    namespace, _, number = version.partition("_")
    if namespace == _GLIBC and _is_number(number):
        return _parts(number) <= _parts(glibc)
    # Only namespaces listed in a policy belong to the system. Others belong to libraries that repair adds to the wheel.
    return namespace not in allowed or number in allowed[namespace]


def _allowed_versions(glibc: str, architecture: str) -> Mapping[str, Sequence[str]]:
    """Return the versions of each namespace in the newest policy that requires no newer glibc than this one."""
    best: tuple[tuple[int, ...], Mapping[str, Sequence[str]]] = ((), _NOTHING)
    for policy in _policies_up_to(glibc):
        versions = policy["symbol_versions"].get(architecture, _NOTHING)
        if versions:
            best = max(best, (_glibc_of(policy), versions), key=lambda item: item[0])
    return best[1]


def _policies_up_to(glibc: str) -> Iterator[_Policy]:
    for policy in _policies():
        number = _glibc_of(policy)
        if number and number <= _parts(glibc):
            yield policy


def _glibc_of(policy: _Policy) -> tuple[int, ...]:
    """Return the glibc version of a policy, or an empty tuple for other policies."""
    number = policy["name"].removeprefix("manylinux_").replace("_", ".")
    return _parts(number) if _is_number(number) else ()


def _policies() -> list[_Policy]:
    # auditwheel's table, read as data, because importing auditwheel takes longer than checking a wheel.
    package = find_spec("auditwheel")
    for folder in (package.submodule_search_locations or ()) if package else ():
        table = Path(folder, "policy", "manylinux-policy.json")
        if table.is_file():
            policies: list[_Policy] = json.loads(table.read_text(encoding="utf-8"))
            return policies
    return []


def _needed_versions(elf: ELFFile) -> Iterator[tuple[int, str, str]]:
    """Yield index, library and version of each entry in the version table, except those of the loader itself."""
    from elftools.elf.gnuversions import GNUVerNeedSection

    section = elf.get_section_by_name(".gnu.version_r")
    if not isinstance(section, GNUVerNeedSection):
        return
    for library, versions in islice(section.iter_versions(), _MOST_VERSIONS):
        name = library.name or ""
        if name.startswith(("ld-linux", "ld64.so")):
            continue
        for version in islice(versions, _MOST_VERSIONS):
            yield version["vna_other"], name, version.name or ""


def _imported_symbols(elf: ELFFile) -> Mapping[int, list[str]]:
    """Return the imported symbols of a library by the index of their version."""
    from elftools.elf.gnuversions import GNUVerSymSection
    from elftools.elf.sections import SymbolTableSection

    names: defaultdict[int, list[str]] = defaultdict(list)
    symbols, versions = elf.get_section_by_name(".dynsym"), elf.get_section_by_name(".gnu.version")
    if not isinstance(symbols, SymbolTableSection) or not isinstance(versions, GNUVerSymSection):
        return names
    for number, symbol in enumerate(islice(symbols.iter_symbols(), _MOST_SYMBOLS)):
        index = versions.get_symbol(number)["ndx"]
        if isinstance(index, int) and symbol["st_shndx"] == "SHN_UNDEF":
            names[index].append(symbol.name)
    return names


def _is_number(version: str) -> bool:
    return all(part.isdecimal() for part in version.split("."))


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


# Checks the libraries outside a wheel that a repair would copy into it.

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
