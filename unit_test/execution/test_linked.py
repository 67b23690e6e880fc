from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

from cibw.execution.elf import newer_in_libraries
from tests.doubles.machine import RecordingMachine
from unit_test.execution.elf import elf_file

NEW = {"libc.so.6": {"GLIBC_2.34": ["pthread_create"]}}
OLD = {"libc.so.6": {"GLIBC_2.2.5": ["puts"]}}


def found(directory: Path, files: dict[str, bytes], links: list[str], inside: str = "m.so") -> list[str]:
    wheel = directory / "pkg-1-cp313-cp313-linux_x86_64.whl"
    with ZipFile(wheel, "w") as archive:
        archive.writestr("pkg/m.so", elf_file(OLD, links=links))
        archive.writestr(f"pkg.libs/{inside}", elf_file(OLD))
    machine = RecordingMachine()
    for path, content in files.items():
        machine.put(content, path)
    environment = {"LD_LIBRARY_PATH": "/project/vendor:/elsewhere"}
    return [str(one) for one in newer_in_libraries(machine, wheel, "2.17", environment, "x86_64")]


def test_a_library_on_the_library_path_is_named(tmp_path: Path) -> None:
    files = {"/elsewhere/libnew.so.1": elf_file(NEW), "/usr/lib/libnew.so.1": elf_file(OLD)}
    assert found(tmp_path, files, ["libc.so.6", "libnew.so.1"]) == [
        "/elsewhere/libnew.so.1 needs GLIBC_2.34 from libc.so.6 (pthread_create)"
    ]


def test_a_library_of_the_system_and_what_it_links(tmp_path: Path) -> None:
    files = {
        "/usr/lib/x86_64-linux-gnu/libone.so": elf_file(OLD, links=["libtwo.so", "libone.so"]),
        "/lib64/libtwo.so": elf_file(NEW),
    }
    assert found(tmp_path, files, ["libone.so"]) == [
        "/lib64/libtwo.so needs GLIBC_2.34 from libc.so.6 (pthread_create)"
    ]


def test_libraries_that_any_system_has_may_be_newer_here(tmp_path: Path) -> None:
    files = {"/lib/x86_64-linux-gnu/libc.so.6": elf_file(NEW)}
    assert found(tmp_path, files, ["libc.so.6"]) == []


def test_a_library_inside_the_wheel_is_not_looked_for_outside(tmp_path: Path) -> None:
    assert found(tmp_path, {"/usr/lib/libnew.so.1": elf_file(NEW)}, ["libnew.so.1"], inside="libnew.so.1") == []


def test_a_library_that_is_nowhere(tmp_path: Path) -> None:
    assert found(tmp_path, {}, ["libnowhere.so"]) == []
