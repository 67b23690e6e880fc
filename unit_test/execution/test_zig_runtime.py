from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cibw.errors import MissingToolError
from cibw.execution.zig import RuntimeMaker, processors_of, shared_runtime
from cibw.model.templates import CommandRequest
from tests.doubles.machine import Answer, RecordingMachine


class Compiling(RecordingMachine):
    """A machine on which zig writes the library."""

    def __init__(self, *, exit_code: int = 0) -> None:
        self.exit_code = exit_code
        super().__init__(self._compile)

    def _compile(self, request: CommandRequest) -> Answer:
        if self.exit_code == 0:
            Path(request.argv[-1]).write_bytes(b"a library")
        return Answer(exit_code=self.exit_code, stderr="no such header")


def a_maker(directory: Path) -> RuntimeMaker:
    for name in ("libcxx/src/string.cpp", "libcxxabi/src/cxa_guard.cpp", "libcxxabi/src/cxa_noexception.cpp"):
        source = directory / "lib" / name
        source.parent.mkdir(parents=True, exist_ok=True)
        source.touch()
    (directory / "zig").touch()
    return RuntimeMaker(
        zig=directory / "zig",
        target="x86_64-linux-gnu.2.17",
        cpu="baseline",
        cache=directory / "cache",
        notice=lambda _text: None,
        patchelf="patchelf",
    )


def test_the_library_is_compiled_once_from_the_sources_of_zig(tmp_path: Path) -> None:
    machine, maker = Compiling(), a_maker(tmp_path)
    library = shared_runtime(tmp_path / "root", maker, machine)
    assert library.name == "libc++-cibw.so.1"
    assert library.read_bytes() == b"a library"
    assert shared_runtime(tmp_path / "root", maker, machine) == library
    [request] = machine.requests
    sources = [Path(word).name for word in request.argv if word.endswith(".cpp")]
    assert sources == ["string.cpp", "cxa_guard.cpp"]
    assert request.environment["ZIG_GLOBAL_CACHE_DIR"] == str(tmp_path / "cache")
    assert [path.name for path in (tmp_path / "root").iterdir() if path.is_dir()] == [library.parent.name]


def test_another_target_has_another_library(tmp_path: Path) -> None:
    machine, maker = Compiling(), a_maker(tmp_path)
    library = shared_runtime(tmp_path / "root", maker, machine)
    assert shared_runtime(tmp_path / "root", replace(maker, target="x86_64-linux-gnu.2.28"), machine) != library


def test_a_damaged_library_is_made_again(tmp_path: Path) -> None:
    machine, maker = Compiling(), a_maker(tmp_path)
    library = shared_runtime(tmp_path / "root", maker, machine)
    library.write_bytes(b"damaged")
    assert shared_runtime(tmp_path / "root", maker, machine).read_bytes() == b"a library"
    assert len(machine.requests) == 2


def test_what_zig_says_when_it_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingToolError, match="no such header"):
        shared_runtime(tmp_path / "root", a_maker(tmp_path), Compiling(exit_code=1))


def test_what_interpreters_were_compiled_for_is_known(tmp_path: Path) -> None:
    settings = tmp_path / "lib64" / "python3.12" / "_sysconfigdata__linux.py"
    settings.parent.mkdir(parents=True)
    settings.write_text("x = {'CFLAGS': '-O2 -march=x86-64-v2 -mtune=generic', 'CC': 'gcc -march=x86-64-v2'}")
    assert processors_of((tmp_path, tmp_path / "missing")) == ("x86-64-v2",)
