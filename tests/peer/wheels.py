"""Compares two wheels of one project, member by member."""

from __future__ import annotations

import base64
import csv
import difflib
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from packaging.tags import parse_tag
from packaging.utils import parse_wheel_filename

_ELF = b"\x7fELF"
_TAG = "Tag: "
_MOST_LINES = 10
_SIZES_ALIKE = 0.25
"""Below this ratio of their sizes, two binaries do not have the same content."""
_SMALL = 1 << 16
"""Most of a smaller binary may be padding."""
_NEEDED, _RUNPATH, _RPATH = "needed", "runpath", "rpath"
"""What pyelftools calls the texts in such entries; it makes the attributes at run time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference between two wheels: its kind, the member that differs, and what each wheel has."""

    kind: str
    member: str
    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.kind} of {self.member}: {self.first} | {self.second}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file in a wheel."""

    content: bytes
    mode: int

    @property
    def is_binary(self) -> bool:
        """Whether it is a program or a library."""
        return self.content.startswith(_ELF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """What a library promises and asks for, and the digests of its sections."""

    needed: frozenset[str]
    run_path: str
    entries: frozenset[str]
    sections: Mapping[str, str]

    @classmethod
    def parse(cls, content: bytes) -> Binary:
        """Read an ELF file."""
        needed: set[str] = set()
        entries: set[str] = set()
        sections: dict[str, str] = {}
        run_path = ""
        for section in ELFFile(io.BytesIO(content)).iter_sections():
            sections[section.name] = hashlib.sha256(section.data()).hexdigest()
            if isinstance(section, DynamicSection):
                needed = {str(getattr(entry, _NEEDED)) for entry in section.iter_tags("DT_NEEDED")}
                run_path = ":".join(
                    [str(getattr(entry, _RUNPATH)) for entry in section.iter_tags("DT_RUNPATH")]
                    + [str(getattr(entry, _RPATH)) for entry in section.iter_tags("DT_RPATH")]
                )
            elif isinstance(section, SymbolTableSection) and section.name == ".dynsym":
                entries = set(_entries(section))
        return cls(needed=frozenset(needed), run_path=run_path, entries=frozenset(entries), sections=sections)


def _entries(table: SymbolTableSection) -> Iterator[str]:
    """The functions by which Python initialises the modules of a library."""
    for symbol in table.iter_symbols():
        if symbol.name.startswith("PyInit") and symbol["st_shndx"] != "SHN_UNDEF":
            yield symbol.name


def members(wheel: Path) -> dict[str, Member]:
    """The files of a wheel by their names."""
    with ZipFile(wheel) as archive:
        return {
            info.filename: Member(content=archive.read(info), mode=info.external_attr >> 16)
            for info in archive.infolist()
            if not info.is_dir()
        }


def compare(first: Path, second: Path) -> Iterator[Difference]:
    """How two wheels differ, beyond the order and the times of their members.

    RECORD and the tags in WHEEL are not compared with each other, but with the wheel that they describe.
    """
    yield from _compare_names(first.name, second.name)
    left, right = members(first), members(second)
    for wheel, files in ((first, left), (second, right)):
        yield from check_record(wheel.name, files)
        yield from check_tags(wheel.name, files)
    for name in sorted(left.keys() ^ right.keys()):
        words = ("present", "missing") if name in left else ("missing", "present")
        yield Difference(kind="presence", member=name, first=words[0], second=words[1])
    for name in sorted(left.keys() & right.keys()):
        yield from _compare_member(name, left[name], right[name])


def count_equal(first: Path, second: Path) -> tuple[int, int]:
    """The number of members that are equal byte for byte, and the number of all members in both; without RECORD."""
    left, right = members(first), members(second)
    names = {name for name in left.keys() | right.keys() if not _is_record(name)}
    equal = [name for name in names if name in left and name in right and left[name].content == right[name].content]
    return len(equal), len(names)


def check_record(wheel: str, files: Mapping[str, Member]) -> Iterator[Difference]:
    """How the RECORD of a wheel differs from its files."""
    name = next((name for name in files if _is_record(name)), None)
    if name is None:
        yield Difference(kind="record", member=wheel, first="missing", second="")
        return
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(files[name].content.decode())) if row}
    for missing in sorted(rows.keys() ^ files.keys()):
        yield Difference(kind="record", member=wheel, first=missing, second="only in one of RECORD and the archive")
    for member in sorted(rows.keys() & files.keys() - {name}):
        content = files[member].content
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        if rows[member] != [f"sha256={digest}", str(len(content))]:
            yield Difference(kind="record", member=wheel, first=member, second="another digest or size")


def check_tags(wheel: str, files: Mapping[str, Member]) -> Iterator[Difference]:
    """How the tags in WHEEL differ from those of the file's name."""
    content = next((member.content for name, member in files.items() if _is_metadata(name, "WHEEL")), b"")
    lines = [line for line in content.decode().splitlines() if line.startswith(_TAG)]
    inside = {str(tag) for line in lines for tag in parse_tag(line.removeprefix(_TAG))}
    yield from _compare_sets("tags", wheel, {str(tag) for tag in parse_wheel_filename(wheel)[3]}, inside)


def _is_record(name: str) -> bool:
    return _is_metadata(name, "RECORD")


def _is_metadata(name: str, file: str) -> bool:
    return name.endswith(f".dist-info/{file}") and name.count("/") == 1


def _compare_names(first: str, second: str) -> Iterator[Difference]:
    (name, version, build, tags), (*others, other_tags) = parse_wheel_filename(first), parse_wheel_filename(second)
    if [name, version, build] != others:
        yield Difference(kind="name", member="the file", first=first, second=second)
    for kind in ("interpreter", "abi", "platform"):
        yield from _compare_sets(
            kind, "the tags", {getattr(tag, kind) for tag in tags}, {getattr(tag, kind) for tag in other_tags}
        )


def _compare_member(name: str, first: Member, second: Member) -> Iterator[Difference]:
    if first.mode != second.mode:
        yield Difference(kind="mode", member=name, first=f"{first.mode:o}", second=f"{second.mode:o}")
    if first.content == second.content or _is_record(name):
        return
    if first.is_binary and second.is_binary:
        yield from _compare_binaries(name, first.content, second.content)
    else:
        removed, added = _changed_lines(
            first.content, second.content, without=_TAG if _is_metadata(name, "WHEEL") else ""
        )
        if removed or added:
            yield Difference(kind="content", member=name, first=removed, second=added)


def _compare_binaries(name: str, first: bytes, second: bytes) -> Iterator[Difference]:
    left, right = Binary.parse(first), Binary.parse(second)
    yield from _compare_sets("needed", name, left.needed, right.needed)
    yield from _compare_sets("entries", name, left.entries, right.entries)
    if left.run_path != right.run_path:
        yield Difference(kind="run path", member=name, first=left.run_path, second=right.run_path)
    smaller, larger = sorted((len(first), len(second)))
    if larger > _SMALL and smaller < _SIZES_ALIKE * larger:
        yield Difference(kind="size", member=name, first=str(len(first)), second=str(len(second)))
    changed = {
        section
        for section in left.sections.keys() | right.sections.keys()
        if left.sections.get(section) != right.sections.get(section)
    }
    yield Difference(kind="sections", member=name, first=" ".join(sorted(filter(None, changed))), second="")


def _compare_sets(kind: str, member: str, first: Iterable[str], second: Iterable[str]) -> Iterator[Difference]:
    left, right = set(first), set(second)
    if left != right:
        yield Difference(
            kind=kind, member=member, first=" ".join(sorted(left - right)), second=" ".join(sorted(right - left))
        )


def _changed_lines(first: bytes, second: bytes, *, without: str) -> tuple[str, str]:
    """The first lines that only one of two texts has; where no line differs, their ends of lines."""
    left, right = (content.decode(errors="replace").splitlines(keepends=True) for content in (first, second))
    lines = [line for line in difflib.ndiff(left, right) if line.startswith(("- ", "+ "))]
    kept = [line for line in lines if not without or not line[2:].startswith(without)]
    removed, added = ([repr(line[2:])[1:-1] for line in kept if line.startswith(sign)] for sign in ("-", "+"))
    return _shown(removed), _shown(added)


def _shown(lines: list[str]) -> str:
    return " // ".join([*lines[:_MOST_LINES], *(["..."] if len(lines) > _MOST_LINES else [])])
