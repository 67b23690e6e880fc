from __future__ import annotations

from pathlib import Path

import pytest

from cibw.errors import EmulationMissingError
from cibw.execution.container.emulation import (
    Emulation,
    Handlers,
    Processor,
    check_emulation,
    is_foreign,
    oci_platform_of,
    read_handlers,
)

QEMU_AARCH64 = """enabled
interpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P
flags: POF
offset 0
magic 7f454c460201010000000000000000000200b700
mask ffffffffffffff00fffffffffffffffffeffffff
"""
PYTHON = "enabled\ninterpreter /usr/bin/python3\nflags: \noffset 0\nmagic cb0d0d0a\n"
HANDLERS = {"status": "enabled\n", "qemu-aarch64": QEMU_AARCH64, "python3": PYTHON}
INTEL = Processor(machine="x86_64")


def check(host: Processor, platform: str, handlers: Handlers | None) -> Emulation:
    return check_emulation(host, platform, lambda: handlers)


@pytest.mark.parametrize(
    ("host", "platform"),
    [
        (INTEL, "linux/amd64"),
        (INTEL, "linux/386"),
        (Processor(machine="AMD64"), "linux/amd64"),
        (Processor(machine="arm64"), "linux/arm64"),
        (Processor(machine="aarch64"), "linux/arm64/v8"),
        (Processor(machine="aarch64", runs_32bit=True), "linux/arm/v7"),
        (Processor(machine="armv7l"), "linux/arm/v7"),
        (Processor(machine="loongarch64"), "linux/arm64"),
        (INTEL, "linux/loong64"),
    ],
)
def test_some_run_without_help(host: Processor, platform: str) -> None:
    assert check(host, platform, None) is Emulation.NATIVE


def test_a_handler_is_known_by_what_it_handles() -> None:
    assert check(INTEL, "linux/arm64", HANDLERS) is Emulation.EMULATED
    assert check(INTEL, "linux/arm64", {"status": "enabled", "other": QEMU_AARCH64}) is Emulation.EMULATED


@pytest.mark.parametrize(
    ("host", "platform", "handlers", "words"),
    [
        (INTEL, "linux/arm64", None, "not mounted"),
        (INTEL, "linux/arm64", {"status": "disabled\n", "qemu-aarch64": QEMU_AARCH64}, "binfmt_misc is disabled"),
        (INTEL, "linux/arm64", {"status": "enabled", "python3": PYTHON}, "no handler for aarch64"),
        (INTEL, "linux/s390x", HANDLERS, "no handler for s390x"),
        (INTEL, "linux/ppc64le", HANDLERS, "no handler for ppc64le"),
        (INTEL, "linux/arm/v7", HANDLERS, "no handler for arm "),
        (Processor(machine="aarch64"), "linux/arm/v7", HANDLERS, "no handler for arm "),
        (INTEL, "linux/arm64", {"q": QEMU_AARCH64.replace("enabled", "disabled")}, "aarch64 programs is disabled"),
        (INTEL, "linux/arm64", {"q": QEMU_AARCH64.replace("POF", "PO")}, "flag F"),
    ],
)
def test_what_is_missing_is_said(host: Processor, platform: str, handlers: Handlers | None, words: str) -> None:
    with pytest.raises(EmulationMissingError) as caught:
        check(host, platform, handlers)
    assert words in caught.value.message
    assert "apt-get install qemu-user-static" in caught.value.hint
    assert "tonistiigi/binfmt" in caught.value.hint
    assert ("mount -t binfmt_misc" in caught.value.hint) == (handlers is None)


@pytest.mark.parametrize(
    ("host", "platform", "foreign"),
    [
        (INTEL, "linux/arm64", True),
        (INTEL, "linux/386", False),
        (INTEL, "linux/sparc", False),
        (Processor(machine="aarch64", runs_32bit=True), "linux/arm/v7", False),
    ],
)
def test_is_foreign(host: Processor, platform: str, *, foreign: bool) -> None:
    assert is_foreign(host, platform) is foreign


@pytest.mark.parametrize(
    ("machine", "platform"),
    [("x86_64", "linux/amd64"), ("aarch64", "linux/arm64"), ("armv7l", "linux/arm/v7"), ("riscv64", "linux/riscv64")],
)
def test_the_platform_of_a_host(machine: str, platform: str) -> None:
    assert oci_platform_of(Processor(machine=machine)) == platform
    assert oci_platform_of(Processor(machine="sparc")) == ""


def test_handlers_are_read_from_their_directory(tmp_path: Path) -> None:
    assert read_handlers(tmp_path) is None
    (tmp_path / "register").touch()
    for name, text in HANDLERS.items():
        (tmp_path / name).write_text(text)
    assert read_handlers(tmp_path) == HANDLERS
