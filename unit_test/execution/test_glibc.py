from __future__ import annotations

from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_LZMA, ZipFile

import pytest

from cibw.execution.elf import has_native_files, newer_symbols
from cibw.untrusted.limits import ArchiveError
from unit_test.execution.elf import AARCH64, elf_file

LIBC = "libc.so.6"


def wheel_with(directory: Path, files: dict[str, bytes]) -> Path:
    wheel = directory / "pkg-1-cp313-cp313-linux_x86_64.whl"
    with ZipFile(wheel, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return wheel


def found(directory: Path, needs: dict[str, dict[str, list[str]]], glibc: str, machine: int = 62) -> list[str]:
    wheel = wheel_with(directory, {"pkg/m.so": elf_file(needs, machine)})
    return [str(symbols) for symbols in newer_symbols(wheel, glibc)]


def test_an_old_symbol_version_is_fine(tmp_path: Path) -> None:
    assert found(tmp_path, {LIBC: {"GLIBC_2.2.5": ["puts"], "GLIBC_2.17": ["clock_gettime"]}}, "2.17") == []


def test_a_newer_symbol_version_is_named_with_its_symbols(tmp_path: Path) -> None:
    needs = {
        "libm.so.6": {"GLIBC_2.29": ["pow", "exp"]},
        LIBC: {"GLIBC_2.2.5": ["puts"], "GLIBC_2.34": ["pthread_create"]},
    }
    assert found(tmp_path, needs, "2.17") == [
        "pkg/m.so needs GLIBC_2.34 from libc.so.6 (pthread_create)",
        "pkg/m.so needs GLIBC_2.29 from libm.so.6 (exp, pow)",
    ]
    assert found(tmp_path, needs, "2.28")[1:] == ["pkg/m.so needs GLIBC_2.29 from libm.so.6 (exp, pow)"]
    assert found(tmp_path, needs, "2.34") == []


def test_versions_are_numbers_and_not_texts(tmp_path: Path) -> None:
    assert found(tmp_path, {LIBC: {"GLIBC_2.9": ["pipe2"]}}, "2.17") == []
    assert found(tmp_path, {LIBC: {"GLIBC_2.17": ["clock_gettime"]}}, "2.5")


def test_a_long_list_of_symbols_is_cut(tmp_path: Path) -> None:
    assert found(tmp_path, {LIBC: {"GLIBC_2.34": list("abcdefg")}}, "2.17") == [
        "pkg/m.so needs GLIBC_2.34 from libc.so.6 (a, b, c, d, e, ...)"
    ]


@pytest.mark.parametrize(
    ("version", "glibc", "is_newer"),
    [
        ("GLIBCXX_3.4.19", "2.17", False),
        ("GLIBCXX_3.4.20", "2.17", True),
        ("GLIBCXX_3.4.20", "2.28", False),
        ("CXXABI_1.3.13", "2.17", True),
        ("CXXABI_TM_1", "2.17", False),
        ("GCC_4.8.0", "2.20", False),
        ("GLIBC_PRIVATE", "2.17", True),
        ("OPENSSL_3.0.0", "2.17", False),
    ],
)
def test_other_namespaces_follow_the_policies_of_auditwheel(
    tmp_path: Path, version: str, glibc: str, is_newer: bool
) -> None:
    assert bool(found(tmp_path, {"libx.so.1": {version: ["f"]}}, glibc)) is is_newer


def test_the_loaders_own_versions_do_not_count(tmp_path: Path) -> None:
    assert found(tmp_path, {"ld-linux-aarch64.so.1": {"GLIBC_2.34": ["f"]}}, "2.17", AARCH64) == []
    assert found(tmp_path, {LIBC: {"GLIBC_2.34": ["f"]}}, "2.17", AARCH64)


def test_a_glibc_older_than_every_policy_is_judged_by_itself(tmp_path: Path) -> None:
    assert found(tmp_path, {LIBC: {"GLIBC_2.2.5": ["puts"], "GLIBC_2.4": ["f"]}}, "2.3") == [
        "pkg/m.so needs GLIBC_2.4 from libc.so.6 (f)"
    ]


@pytest.mark.parametrize("start", [b"\x7fELF", b"\0asm", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"])
def test_native_files_of_each_system_are_known(tmp_path: Path, start: bytes) -> None:
    assert has_native_files(wheel_with(tmp_path, {"pkg/m.so": start + b"\0more"}))


def test_only_native_files_count_as_such(tmp_path: Path) -> None:
    assert not has_native_files(wheel_with(tmp_path, {"pkg/__init__.py": b"", "pkg/m.so": b"text"}))
    assert has_native_files(wheel_with(tmp_path, {"pkg/__init__.py": b"", "pkg/tool": b"\x7fELF\x02"}))
    assert newer_symbols(wheel_with(tmp_path, {"pkg/__init__.py": b"1"}), "2.17") == ()


@pytest.mark.parametrize("place", [*range(4, 64, 3), 200, 300, 400])
def test_a_broken_library_is_no_traceback(tmp_path: Path, place: int) -> None:
    data = bytearray(elf_file({LIBC: {"GLIBC_2.34": ["a"]}}, links=["libx.so"]))
    data[place : place + 4] = b"\xff" * 4
    wheel = wheel_with(tmp_path, {"pkg/m.so": bytes(data), "pkg/n.so": bytes(data[:place])})
    assert len(newer_symbols(wheel, "2.17")) <= 1


@pytest.mark.parametrize("method", [ZIP_BZIP2, ZIP_LZMA])
def test_a_wheel_that_may_swell_is_not_read(tmp_path: Path, method: int) -> None:
    wheel = tmp_path / "pkg-1-cp313-cp313-linux_x86_64.whl"
    with ZipFile(wheel, "w", method) as archive:
        archive.writestr("pkg/m.so", b"\x7fELF")
    with pytest.raises(ArchiveError, match="only stored and deflated"):
        has_native_files(wheel)
