from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from cibw.execution.diagnostics import mixed_runtimes
from unit_test.execution.elf import DEFINED, MISSING, WEAK, elf_file

RUNTIME = b"N10__cxxabiv117__class_type_infoE\0libc++abi: \0"
CALL = "_Z4callRKSs"
GNU = "libstdc++.so.6"
NOTHING: Mapping[str, int] = {}


def an_object(*links: str, has_runtime: bool = False, soname: str = "", own: Mapping[str, int] = NOTHING) -> bytes:
    return elf_file({}, links=links, soname=soname, own=own) + (RUNTIME if has_runtime else b"")


def fault(directory: Path, files: Mapping[str, bytes]) -> str:
    wheel = directory / "a-1-cp311-cp311-linux_x86_64.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return mixed_runtimes(wheel)


def cpp(*links: str, soname: str = "", own: Mapping[str, int] = NOTHING) -> bytes:
    return an_object(*links, has_runtime=True, soname=soname, own=own)


def test_objects_that_are_not_linked_with_each_other_may_have_a_library_each(tmp_path: Path) -> None:
    assert fault(tmp_path, {"a.so": cpp("libc.so.6"), "b.so": cpp("libc.so.6")}) == ""
    assert fault(tmp_path, {"a.so": cpp("libb.so"), "libb.so": an_object()}) == ""
    assert fault(tmp_path, {"a.so": an_object("libb.so"), "libb.so": cpp()}) == ""


@pytest.mark.parametrize(
    "files",
    [
        {"a.so": cpp("libb.so"), "libb.so": cpp()},
        {"pkg/a.so": cpp("libb-12ab.so.1"), "a.libs/libb-12ab.so.1": cpp()},
        {"a.so": cpp("libb.so.1"), "libb.so": cpp(soname="libb.so.1")},
        {"a.so": cpp("libmid.so"), "libmid.so": an_object("libb.so"), "libb.so": cpp()},
        {"a.so": an_object("libb.so", "libc_.so"), "libb.so": cpp(), "libc_.so": cpp()},
        {"a.so": cpp(own={CALL: MISSING}), "libb.so": cpp(own={CALL: DEFINED})},
        {"bin/tool": cpp("libb.so"), "libb.so": cpp()},
    ],
)
def test_objects_that_are_linked_with_each_other_need_one_library(files: dict[str, bytes], tmp_path: Path) -> None:
    assert "each contains its own C++ library" in fault(tmp_path, files)


def test_circles_come_to_an_end(tmp_path: Path) -> None:
    assert fault(tmp_path, {"a.so": cpp("libb.so"), "libb.so": an_object("a.so", "libb.so")}) == ""


def test_a_shared_library_serves_all(tmp_path: Path) -> None:
    name = "libc++-cibw-12ab.so.1"
    files = {"a.so": an_object("libb.so", name), "libb.so": an_object(name), name: cpp(soname=name)}
    assert fault(tmp_path, files) == ""
    assert "needs libc++-cibw.so.1, but the repair" in fault(tmp_path, {"a.so": an_object("libc++-cibw.so.1")})


@pytest.mark.parametrize(
    ("ours", "theirs", "is_fault"),
    [
        ({CALL: MISSING}, {CALL: DEFINED}, True),
        ({CALL: DEFINED}, {CALL: MISSING}, True),
        ({"call": MISSING}, {"call": DEFINED}, False),
        ({"_Znwm": WEAK}, {"_Znwm": DEFINED}, False),
    ],
)
def test_calls_in_cpp_need_the_same_kind_of_library(
    ours: dict[str, int], theirs: dict[str, int], is_fault: bool, tmp_path: Path
) -> None:
    found = fault(tmp_path, {"a.so": cpp("libb.so", own=ours), "libb.so": an_object(GNU, own=theirs)})
    assert ("call each other in C++" in found) is is_fault


@pytest.mark.parametrize("symbol", ["_Z4callRKNSt3__112basic_stringE", "_Z4callRKNSt7__cxx1112basic_stringE"])
def test_what_nothing_defines_would_fail_at_the_import(symbol: str, tmp_path: Path) -> None:
    assert f"nothing in the wheel defines {symbol}" in fault(tmp_path, {"a.so": cpp(own={symbol: MISSING})})
    assert fault(tmp_path, {"a.so": cpp(own={symbol: WEAK})}) == ""
    assert fault(tmp_path, {"a.so": cpp(own={"_Z4callv": MISSING})}) == ""
    assert fault(tmp_path, {"a.so": an_object(GNU, own={symbol: MISSING})}) == ""


def test_broken_objects_and_wheels_without_any_are_no_fault(tmp_path: Path) -> None:
    assert fault(tmp_path, {"a.so": b"\x7fELF and more", "b.py": b""}) == ""
    assert fault(tmp_path, {}) == ""
