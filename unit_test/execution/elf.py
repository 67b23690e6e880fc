"""Makes the smallest ELF file that imports versioned symbols."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

X86_64, AARCH64 = 62, 183
MISSING, DEFINED, WEAK = range(3)


@dataclass(slots=True)
class _Strings:
    data: bytes = b"\0"

    def place(self, text: str) -> int:
        start = len(self.data)
        self.data += text.encode() + b"\0"
        return start


@dataclass(slots=True)
class _Sections:
    names: _Strings = field(default_factory=_Strings)
    content: bytes = b""
    headers: bytes = bytes(64)

    def add(self, name: str, kind: int, data: bytes, link: int, entry: tuple[int, int]) -> None:
        place = 64 + len(self.content)
        info, size = entry
        self.headers += struct.pack(
            "<IIQQQQIIQQ", self.names.place(name), kind, 0, 0, place, len(data), link, info, 8, size
        )
        self.content += data


def elf_file(
    needs: Mapping[str, Mapping[str, list[str]]],
    machine: int = X86_64,
    *,
    links: Sequence[str] = (),
    soname: str = "",
    own: Mapping[str, int] = MappingProxyType({}),
) -> bytes:
    """An ELF file that imports symbols, given by library and version, and links some libraries.

    `own` are symbols without a version: DEFINED, MISSING or WEAK.
    """
    strings = _Strings()
    symbols, versions, table = bytes(24), struct.pack("<H", 0), b""
    index = 2
    for number, (library, wanted) in enumerate(needs.items(), 1):
        entries = b""
        for place, (version, names) in enumerate(wanted.items(), 1):
            following = 16 if place < len(wanted) else 0
            entries += struct.pack("<IHHII", 0, 0, index, strings.place(version), following)
            for name in names:
                symbols += struct.pack("<IBBHQQ", strings.place(name), 0x12, 0, 0, 0, 0)
                versions += struct.pack("<H", index)
            index += 1
        following = 16 + len(entries) if number < len(needs) else 0
        table += struct.pack("<HHIII", 1, len(wanted), strings.place(library), 16, following) + entries
    for name, kind in own.items():
        symbols += struct.pack("<IBBHQQ", strings.place(name), 0x22 if kind == WEAK else 0x12, 0, kind == DEFINED, 0, 0)
        versions += struct.pack("<H", 1)
    tagged = (*((1, name) for name in links), (14, soname))
    dynamic = b"".join(struct.pack("<QQ", tag, strings.place(name)) for tag, name in tagged if name) + bytes(16)
    sections = _Sections()
    sections.add(".dynstr", 3, strings.data, 0, (0, 0))
    sections.add(".dynsym", 11, symbols, 1, (1, 24))
    sections.add(".gnu.version", 0x6FFFFFFF, versions, 2, (0, 2))
    sections.add(".gnu.version_r", 0x6FFFFFFE, table, 1, (len(needs), 0))
    sections.add(".dynamic", 6, dynamic, 1, (0, 16))
    return _file(sections, machine)


def _file(sections: _Sections, machine: int) -> bytes:
    title = sections.names.place(".shstrtab")
    start = 64 + len(sections.content)
    last = struct.pack("<IIQQQQIIQQ", title, 3, 0, 0, start, len(sections.names.data), 0, 0, 1, 0)
    return (
        b"\x7fELF\x02\x01\x01"
        + bytes(9)
        + struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 0, start + len(sections.names.data), 0, 64, 0, 0, 64, 7, 6)
        + sections.content
        + sections.names.data
        + sections.headers
        + last
    )
