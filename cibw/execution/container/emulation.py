"""Checks whether the kernel can run programs of another architecture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from cibw.errors import EmulationMissingError

BINFMT = Path("/proc/sys/fs/binfmt_misc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Processor:
    """A processor as named by `platform.machine()`, and whether it also runs its 32-bit variant."""

    machine: str
    runs_32bit: bool = False


class Emulation(Enum):
    """How programs of an architecture are run."""

    NATIVE = "native"
    EMULATED = "emulated"


class _ElfArchitecture(NamedTuple):
    """An architecture: its names, and the class, byte order and machine of its ELF header (hexadecimal)."""

    name: str
    names: tuple[str, ...]
    elf_class: str
    byte_order: str
    elf_machine: str


_KINDS = (
    _ElfArchitecture("x86_64", ("x86_64", "amd64"), "02", "01", "3e00"),
    _ElfArchitecture("i386", ("i386", "i486", "i586", "i686", "x86", "386"), "01", "01", "0300"),
    _ElfArchitecture("aarch64", ("aarch64", "arm64"), "02", "01", "b700"),
    _ElfArchitecture("arm", ("arm", "armv7l", "armv8l"), "01", "01", "2800"),
    _ElfArchitecture("ppc64le", ("ppc64le",), "02", "01", "1500"),
    _ElfArchitecture("s390x", ("s390x",), "02", "02", "0016"),
    _ElfArchitecture("riscv64", ("riscv64",), "02", "01", "f300"),
)
_BY_NAME = {name: kind for kind in _KINDS for name in kind.names}

_OCI_NAMES = {"x86_64": "amd64", "i386": "386", "aarch64": "arm64", "arm": "arm/v7"}

Handlers = Mapping[str, str]
"""The binfmt_misc entries by name, including `status`."""


def read_handlers(directory: Path = BINFMT) -> Handlers | None:
    """Return the binfmt_misc entries of the kernel, or None if binfmt_misc is not mounted."""
    if not (directory / "status").exists():
        return None
    return {
        path.name: path.read_text("utf-8", "replace")
        for path in sorted(directory.iterdir())
        if path.name != "register" and path.is_file()
    }


def check_emulation(
    host: Processor, oci_platform: str, read: Callable[[], Handlers | None] = read_handlers
) -> Emulation:
    """Return how a Linux host runs containers of a platform (`linux/arm64`).

    Raises EmulationMissingError with instructions if it cannot. Unknown architectures are not checked. Use this
    only if containers share the kernel of this computer.
    """
    own, wanted = _kinds(host, oci_platform)
    if own is None or wanted is None or _is_native(own.name, wanted.name, host):
        return Emulation.NATIVE
    fault = _fault(wanted, read())
    if fault:
        raise _missing(wanted.name, own.name, oci_platform, fault)
    return Emulation.EMULATED


def is_native(host: Processor, oci_platform: str) -> bool:
    """Return whether a processor runs programs of a platform (`linux/arm64`) natively, or one of them is unknown."""
    own, wanted = _kinds(host, oci_platform)
    return own is None or wanted is None or _is_native(own.name, wanted.name, host)


def _kinds(host: Processor, oci_platform: str) -> tuple[_ElfArchitecture | None, _ElfArchitecture | None]:
    return _BY_NAME.get(host.machine.lower()), _BY_NAME.get(_architecture(oci_platform))


def is_foreign(host: Processor, oci_platform: str) -> bool:
    """Return whether both architectures are known and the host needs emulation for containers of that platform."""
    own = _BY_NAME.get(host.machine.lower())
    wanted = _BY_NAME.get(_architecture(oci_platform))
    return own is not None and wanted is not None and not _is_native(own.name, wanted.name, host)


def oci_platform_of(host: Processor) -> str:
    """Return the platform of a host's own programs, such as `linux/amd64`, or an empty string if it is unknown."""
    kind = _BY_NAME.get(host.machine.lower())
    return f"linux/{_OCI_NAMES.get(kind.name, kind.name)}" if kind else ""


def _architecture(oci_platform: str) -> str:
    parts = oci_platform.split("/")
    return parts[1] if len(parts) > 1 else parts[0]


def _is_native(own: str, wanted: str, host: Processor) -> bool:
    if own == wanted:
        return True
    return (own, wanted) == ("x86_64", "i386") or ((own, wanted) == ("aarch64", "arm") and host.runs_32bit)


def _fault(wanted: _ElfArchitecture, handlers: Handlers | None) -> str:
    if handlers is None:
        return "binfmt_misc is not mounted"
    if handlers.get("status", "enabled").strip() == "disabled":
        return "binfmt_misc is disabled"
    entries = [_fields(text) for name, text in handlers.items() if name != "status"]
    fitting = [entry for entry in entries if _fits(entry.get("magic", ""), wanted)]
    enabled = [entry for entry in fitting if "enabled" in entry]
    if not fitting:
        return f"no handler for {wanted.name} programs is registered"
    if not enabled:
        return f"the handler for {wanted.name} programs is disabled"
    if not any("F" in entry.get("flags:", "") for entry in enabled):
        return f"the handler for {wanted.name} programs lacks the flag F, so containers cannot find the emulator"
    return ""


def _fields(text: str) -> dict[str, str]:
    pairs = (line.partition(" ") for line in text.splitlines())
    return {key: value for key, _, value in pairs}


def _fits(magic: str, wanted: _ElfArchitecture) -> bool:
    return (
        magic.startswith("7f454c46")
        and magic[8:10] == wanted.elf_class
        and magic[10:12] == wanted.byte_order
        and magic[36:40] == wanted.elf_machine
    )


def _missing(wanted: str, own: str, oci_platform: str, fault: str) -> EmulationMissingError:
    mount = "mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc; " if "not mounted" in fault else ""
    image_word = oci_platform.split("/")[1] if "/" in oci_platform else oci_platform
    return EmulationMissingError(
        f"This computer ({own}) cannot run {wanted} programs: {fault}.",
        hint=(
            f"As root: {mount}apt-get install qemu-user-static binfmt-support; "
            f"or: docker run --privileged --rm tonistiigi/binfmt --install {image_word}"
        ),
    )
