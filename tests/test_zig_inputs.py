"""What an object depends on besides its source: zig's cache must not give an object that another content has made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.test_zig import Prepare, prepare, run

__all__ = ["prepare"]
pytestmark = pytest.mark.host

WITH_BLOB = r"""
__asm__(".section .rodata\n.globl blob\nblob:\n.incbin \"blob.bin\"\n.previous\n");
extern const char blob[];
const char *give(void) { return blob; }
"""
ASSEMBLER = '.section .rodata\n.globl blob\nblob:\n{} "blob.bin"\n'
EMBEDDED = "const char blob[] = {\n#embed <blob.bin>\n};"
HEADER = '#define BLOB(name) __asm__(".section .rodata\\n" #name ":\\n.incbin \\"" #name ".bin\\"\\n.previous\\n")\n'
BY_HEADER = '#define INCLUDED "incbin.h"\n#include INCLUDED\nBLOB(blob);'


def compiled(prepare: Prepare, directory: Path, source: str, arguments: str = "") -> bytes:
    environment = {**prepare(), "TMPDIR": str(directory)}
    run(f"{environment['CC']} -O2 -fPIC {arguments} -c {source} -o out.o", environment, directory)
    return (directory / "out.o").read_bytes()


@pytest.mark.parametrize(
    ("name", "text", "arguments"),
    [
        ("m.c", WITH_BLOB, ""),
        ("m.S", ASSEMBLER.format(".incbin"), ""),
        ("m.s", ASSEMBLER.format(".incbin"), ""),
        ("m.S", ASSEMBLER.format(".include"), ""),
        ("m.c", EMBEDDED, "-std=c23 --embed-dir=."),
        ("m.c", BY_HEADER, ""),
        ("m.c", BY_HEADER.replace("INCLUDED", "OTHER", 1), "-DINCLUDED='\"incbin.h\"'"),
    ],
)
def test_the_content_of_an_included_blob_gets_into_the_object(
    name: str, text: str, arguments: str, prepare: Prepare, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "incbin.h").write_text(HEADER, encoding="utf-8")
    for word in ("first words", "other words"):
        (tmp_path / "blob.bin").write_text(f'.ascii "{word}"\n', encoding="utf-8")
        assert word.encode() in compiled(prepare, tmp_path, name, arguments).replace(b"\0", b"")


def test_a_new_header_that_comes_first_is_seen(prepare: Prepare, tmp_path: Path) -> None:
    (tmp_path / "m.c").write_text("#include <word.h>\nconst char *word = WORD;", encoding="utf-8")
    for directory, word in (("second", "old words"), ("first", "new words")):
        (tmp_path / directory).mkdir()
        (tmp_path / directory / "word.h").write_text(f'#define WORD "{word}"\n', encoding="utf-8")
        assert word.encode() in compiled(prepare, tmp_path, "m.c", "-Ifirst -Isecond")


def test_a_header_that_is_asked_for_is_seen_when_it_comes(prepare: Prepare, tmp_path: Path) -> None:
    text = '#if __has_include("more.h")\nconst char *word = "with more";\n#else\nconst char *word = "without";\n#endif'
    (tmp_path / "m.c").write_text(text, encoding="utf-8")
    assert b"without" in compiled(prepare, tmp_path, "m.c")
    (tmp_path / "more.h").touch()
    assert b"with more" in compiled(prepare, tmp_path, "m.c")


def test_the_time_is_that_of_the_call(prepare: Prepare, tmp_path: Path) -> None:
    (tmp_path / "m.c").write_text('const char *built = "built " __DATE__ " " __TIME__;', encoding="utf-8")
    environment = {**prepare(), "TMPDIR": str(tmp_path)}
    for second, year in (("0", b"1970"), ("1000000000", b"2001")):
        settings = {**environment, "SOURCE_DATE_EPOCH": second}
        run(f"{environment['CC']} -c m.c -o out.o", settings, tmp_path)
        assert b"built " in (tmp_path / "out.o").read_bytes()
        assert year in (tmp_path / "out.o").read_bytes()


VISIBLE = """
const char *visible[] = {"file=" __FILE__, "base=" __BASE_FILE__};
extern const char level[];
const char level[] = {'0' + __INCLUDE_LEVEL__, '!', 0};
"""


@pytest.mark.parametrize("name", ["m.c", "src/m.c", "m.cpp"])
def test_a_source_sees_its_own_name(name: str, prepare: Prepare, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / name).write_text(VISIBLE, encoding="utf-8")
    content = compiled(prepare, tmp_path, name)
    assert all(f"{word}={name}\0".encode() in content for word in ("file", "base"))
    assert b"0!\0" in content
    (tmp_path / name).write_text(
        VISIBLE.replace("__INCLUDE_LEVEL__", "1").replace("__BASE_FILE__", "__FILE__"), encoding="utf-8"
    )
    content = compiled(prepare, tmp_path, name, "-g")
    assert all(f"{word}={name}\0".encode() in content for word in ("file", "base"))
    assert str(tmp_path).encode() not in content


def test_the_same_source_in_two_directories_gives_the_same_object(prepare: Prepare, tmp_path: Path) -> None:
    objects = []
    for directory in (tmp_path / "one", tmp_path / "another"):
        project = directory / "work" / "cp311" / "project"
        project.mkdir(parents=True)
        (project / "m.c").write_text("const char *file = __FILE__; int f(void) { return 1; }", encoding="utf-8")
        (project / "build").mkdir()
        environment = {**prepare(), "CIBW_BUILD_PLACE": str(directory), "TMPDIR": str(tmp_path)}
        run(f"{environment['CC']} -g -O2 -c {project}/m.c -o ../out.o", environment, project / "build")
        objects.append((project / "out.o").read_bytes())
    assert objects[0] == objects[1]
    assert b"\0m.c\0" in objects[0] or b"\0./m.c\0" in objects[0]


@pytest.mark.parametrize(("arguments", "has_some"), [("-O3", False), ("-O3 -g", True), ("-g -g0", False), ("", False)])
def test_debug_information_is_there_where_it_was_asked_for(
    arguments: str, has_some: bool, prepare: Prepare, tmp_path: Path
) -> None:
    (tmp_path / "m.cpp").write_text("#include <string>\nstd::string f() { return std::string(99, 'x'); }")
    environment = prepare()
    run(f"{environment['CXX']} -fPIC {arguments} -c m.cpp -o m.o", environment, tmp_path)
    run(f"{environment['CXX']} -shared m.o -o m.so", environment, tmp_path)
    assert (b".debug_info" in (tmp_path / "m.o").read_bytes()) is has_some
    assert (b".debug_info" in (tmp_path / "m.so").read_bytes()) is has_some
    if not has_some:
        assert not re.search(rb"/libcxx/|/ziglang/", (tmp_path / "m.so").read_bytes())
