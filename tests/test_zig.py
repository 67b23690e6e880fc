"""The zig toolchain of the host: real compilers, real libraries, a real interpreter that loads them."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Protocol
from zipfile import ZipFile

import pytest
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

from cibw.errors import MissingToolError
from cibw.execution.elf import has_native_files, newer_symbols
from cibw.execution.host.machine import HostMachine
from cibw.execution.zig import ToolchainSpec, ZigPrograms, find_zig, prepare_toolchain, zig_compiler
from cibw.resources import musl_needed

pytestmark = [pytest.mark.host, pytest.mark.skipif(sys.platform != "linux", reason="for Linux")]

# Kept between runs: the first C++ library for a target takes a minute.
CACHE = Path("~/.cache/cibw-test/zig").expanduser()
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
DEBIAN = Path("/usr/bin/python3")
MANYLINUX2014 = "manylinux2014_x86_64"

C_EXTENSION = r"""
#include <Python.h>
#include <pthread.h>
#include <math.h>
#include <sys/stat.h>
static void *work(void *value) { *(double *)value = pow(*(double *)value, 2.0); return NULL; }
static PyObject *square(PyObject *self, PyObject *number) {
    double value = PyFloat_AsDouble(number);
    struct stat status;
    pthread_t thread;
    if (stat("/", &status) || pthread_create(&thread, NULL, work, &value) || pthread_join(thread, NULL)) return NULL;
    return PyFloat_FromDouble(value);
}
static PyMethodDef methods[] = {{"square", square, METH_O, "made on " __DATE__}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "ext", NULL, -1, methods};
PyMODINIT_FUNC PyInit_ext(void) { return PyModule_Create(&module); }
"""

CPP_EXTENSION = r"""
#include <Python.h>
#include <map>
#include <stdexcept>
#include <string>
static PyObject *look_up(PyObject *, PyObject *key) {
    std::map<std::string, long> known{{"one", 1}};
    try {
        return PyLong_FromLong(known.at(PyUnicode_AsUTF8(key)));
    } catch (const std::out_of_range &) {
        PyErr_SetString(PyExc_KeyError, "unknown");
        return nullptr;
    }
}
static PyMethodDef methods[] = {{"look_up", look_up, METH_O, nullptr}, {nullptr}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "ext", nullptr, -1, methods};
PyMODINIT_FUNC PyInit_ext(void) { return PyModule_Create(&module); }
"""


class Prepare(Protocol):
    """Prepares a toolchain and gives the whole environment of its commands."""

    def __call__(self, tag: str = ..., prefixes: tuple[Path, ...] = ...) -> dict[str, str]: ...


@pytest.fixture
def prepare(tmp_path: Path) -> Prepare:
    try:
        zig = find_zig()
    except MissingToolError as error:
        pytest.skip(error.message)

    def prepared(tag: str = MANYLINUX2014, prefixes: tuple[Path, ...] = (Path(sys.base_prefix),)) -> dict[str, str]:
        spec = ToolchainSpec(platform_tag=tag, cache=CACHE, prefixes=prefixes)
        with closing(HostMachine(os.environ)) as machine:
            programs = ZigPrograms(zig=zig, compile_wrapper=zig_compiler(machine, zig, CACHE))
            return {**os.environ, **prepare_toolchain(tmp_path / "tool chain", spec, programs)}

    return prepared


def run(command: str, environment: Mapping[str, str], directory: Path) -> str:
    done = subprocess.run(
        shlex.split(command), env=environment, cwd=directory, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def build(source: str, name: str, environment: Mapping[str, str], directory: Path) -> Path:
    """An extension, compiled and linked with the very arguments that the interpreter was made with."""
    (directory / name).write_text(source, encoding="utf-8")
    compiling = f"{sysconfig.get_config_var('CFLAGS')} {sysconfig.get_config_var('CCSHARED')} -march=native"
    linking = sysconfig.get_config_var("LDSHARED").partition(" ")[2]
    include = shlex.quote(sysconfig.get_path("include"))
    linker = environment["CXX" if name.endswith("cpp") else "CC"]
    # Old build backends hand C++ sources to the C compiler, too.
    run(f"{environment['CC']} {compiling} -I{include} -c {name} -o ext.o", environment, directory)
    run(f"{linker} {linking} -Wl,-Bsymbolic-functions ext.o -o ext{SUFFIX}", environment, directory)
    return directory / f"ext{SUFFIX}"


def dynamic(library: Path, tag: str) -> list[str]:
    with library.open("rb") as file:
        section = ELFFile(file).get_section_by_name(".dynamic")
        assert isinstance(section, DynamicSection)
        names = {"DT_NEEDED": "needed", "DT_RUNPATH": "runpath", "DT_RPATH": "rpath"}
        return [getattr(entry, names[tag]) for entry in section.iter_tags() if entry.entry.d_tag == tag]


def wheel_with(library: Path) -> Path:
    wheel = library.parent / "ext-1-py3-none-linux_x86_64.whl"
    with ZipFile(wheel, "w") as archive:
        archive.write(library, library.name)
        archive.writestr("ext-1.dist-info/RECORD", f"{library.name},,\next-1.dist-info/RECORD,,\n")
    return wheel


def evaluate(expression: str, directory: Path, python: str = sys.executable) -> str:
    return run(shlex.join([python, "-c", f"import ext; print({expression})"]), os.environ, directory).strip()


def test_a_c_extension_for_an_old_glibc(prepare: Prepare, tmp_path: Path) -> None:
    library = build(C_EXTENSION, "ext.c", prepare(), tmp_path)
    assert evaluate("ext.square(3.0)", tmp_path) == "9.0"
    wheel = wheel_with(library)
    assert has_native_files(wheel)
    assert newer_symbols(wheel, "2.17") == ()
    assert newer_symbols(wheel, "2.2")
    assert dynamic(library, "DT_RUNPATH") == dynamic(library, "DT_RPATH") == []


def test_a_cpp_extension_brings_its_library_and_catches_its_errors(prepare: Prepare, tmp_path: Path) -> None:
    library = build(CPP_EXTENSION, "ext.cpp", prepare(), tmp_path)
    assert evaluate("ext.look_up('one')", tmp_path) == "1"
    with pytest.raises(AssertionError, match="KeyError: 'unknown'"):
        evaluate("ext.look_up('two')", tmp_path)
    assert newer_symbols(wheel_with(library), "2.17") == ()
    assert not [name for name in dynamic(library, "DT_NEEDED") if "c++" in name]
    assert dynamic(library, "DT_RUNPATH") == []


def test_a_newer_platform_tag_may_use_newer_symbols(prepare: Prepare, tmp_path: Path) -> None:
    wheel = wheel_with(build(C_EXTENSION, "ext.c", prepare("manylinux_2_34_x86_64"), tmp_path))
    assert "GLIBC_2.34 from libc.so.6" in "\n".join(map(str, newer_symbols(wheel, "2.17")))
    assert newer_symbols(wheel, "2.34") == ()


def test_the_hosts_processor_stays_out(prepare: Prepare, tmp_path: Path) -> None:
    environment = prepare()
    (tmp_path / "empty.c").write_text("", encoding="utf-8")
    macros = run(f"{environment['CC']} -march=native -mtune=haswell -E -dM empty.c", environment, tmp_path)
    assert "__SSE2__" in macros
    assert "__AVX" not in macros
    wanted = run(f"{environment['CC']} -mavx2 -E -dM empty.c", environment, tmp_path)
    assert "__AVX2__" in wanted


def test_arm_without_neon(prepare: Prepare, tmp_path: Path) -> None:
    environment = prepare("manylinux_2_31_armv7l")
    (tmp_path / "empty.c").write_text("", encoding="utf-8")
    macros = run(f"{environment['CC']} -E -dM empty.c", environment, tmp_path)
    assert "__ARM_ARCH 7" in macros
    assert "__ARM_PCS_VFP" in macros
    assert "__ARM_NEON" not in macros


def test_libraries_of_the_environment_are_found(prepare: Prepare, tmp_path: Path) -> None:
    environment = prepare()
    own = tmp_path / "own"
    (own / "include").mkdir(parents=True)
    (own / "include" / "answer.h").write_text("int answer(void);", encoding="utf-8")
    (own / "answer.c").write_text("int answer(void) { return 42; }", encoding="utf-8")
    (tmp_path / "use.c").write_text('#include "answer.h"\nint use(void) { return answer(); }', encoding="utf-8")
    run(f"{environment['CC']} -O2 -fPIC -c answer.c -o answer.o", environment, own)
    run(f"{environment['AR']} rcs libanswer.a answer.o", environment, own)
    run(f"{environment['RANLIB']} libanswer.a", environment, own)
    paths = {**environment, "CPATH": f"{own}/include", "LIBRARY_PATH": str(own)}
    run(f"{environment['LDSHARED']} -O2 -fPIC use.c -lanswer -o libuse.so", paths, tmp_path)
    loaded = "import ctypes; print(ctypes.CDLL('./libuse.so').use())"
    assert run(shlex.join([sys.executable, "-c", loaded]), os.environ, tmp_path) == "42\n"


@pytest.mark.parametrize("header", ["string", "stdexcept", "iterator"])
def test_cpp_headers_include_what_those_of_gcc_include(header: str, prepare: Prepare, tmp_path: Path) -> None:
    # nanobind prints to stderr and includes no header that declares it.
    (tmp_path / "m.cpp").write_text(f'#include <{header}>\nFILE *target = stderr; char *v = getenv("V");')
    environment = prepare()
    run(f"{environment['CXX']} -c m.cpp -o m.o", environment, tmp_path)


@pytest.mark.parametrize("target", ["x86_64", "aarch64"])
def test_processors_are_known_to_zig(target: str, prepare: Prepare, tmp_path: Path) -> None:
    chosen = {"x86_64": ("haswell", "x86-64-v3", "skylake-avx512"), "aarch64": ("armv8.2-a+fp16", "armv8-a+crc+nosimd")}
    environment = prepare(f"manylinux2014_{target}")
    (tmp_path / "m.c").write_text("int f(void) { return 1; }", encoding="utf-8")
    for name in chosen[target]:
        run(f"{environment['CC']} -march={name} -c m.c -o m.o", environment, tmp_path)
    assert "__AVX2__" in run(f"{prepare()['CC']} -march=haswell -dM -E -x c /dev/null", environment, tmp_path)


@pytest.mark.parametrize(
    ("options", "function"),
    [
        ("", '__attribute__((target("sse4.2"))) unsigned f(unsigned a) { return _mm_crc32_u8(a, 1); }'),
        ("-msse4.2", "int f(unsigned a) { return _mm_popcnt_u32(a); }"),
        ("-mavx2", "unsigned long long f(void) { return _xgetbv(0); }"),
    ],
)
def test_features_that_others_imply_can_be_used(options: str, function: str, prepare: Prepare, tmp_path: Path) -> None:
    environment = prepare()
    (tmp_path / "m.c").write_text(f"#include <immintrin.h>\n#include <nmmintrin.h>\n{function}", encoding="utf-8")
    (tmp_path / "empty.S").touch()
    run(f"{environment['CC']} -O2 {options} -c m.c -o m.o", environment, tmp_path)
    run(f"{environment['CC']} {options} -c empty.S -o empty.o", environment, tmp_path)
    assert ("__CRC32__" in run(f"{environment['CC']} {options} -dM -E -x c /dev/null", environment, tmp_path)) is bool(
        options
    )


def test_questions_are_answered_for_the_target(prepare: Prepare, tmp_path: Path) -> None:
    environment = prepare()
    assert run(f"{environment['CC']} -dumpmachine", environment, tmp_path) == "x86_64-linux-gnu\n"
    assert run(f"{environment['CXX']} -print-multiarch", environment, tmp_path) == "x86_64-linux-gnu\n"
    assert "clang" in run(f"{environment['CC']} --version", environment, tmp_path)


def test_response_files(prepare: Prepare, tmp_path: Path) -> None:
    environment = prepare()
    (tmp_path / "one file.c").write_text("int one(void) { return 1; }", encoding="utf-8")
    (tmp_path / "arguments").write_text("-march=native -Wl,-O1 -shared\n'one file.c'", encoding="utf-8")
    run(f"{environment['CC']} @arguments -o one.so", environment, tmp_path)
    assert (tmp_path / "one.so").is_file()


@pytest.mark.skipif(not list(Path("/usr/include").glob("python3*/Python.h")), reason="no headers of Debian's Python")
@pytest.mark.parametrize("prefix", ["/usr", sys.base_prefix])
def test_the_distributions_own_interpreter(prefix: str, prepare: Prepare, tmp_path: Path) -> None:
    environment = prepare(prefixes=(Path(prefix),))
    asked = "import sysconfig as s; print(s.get_path('include'), *s.get_config_vars('LDSHARED', 'EXT_SUFFIX'), sep='|')"
    include, linking, suffix = run(shlex.join([str(DEBIAN), "-c", asked]), {}, tmp_path).strip().split("|")
    (tmp_path / "ext.c").write_text(C_EXTENSION, encoding="utf-8")
    arguments = f"-I/usr/include -I{include} {linking.partition(' ')[2]} -fPIC ext.c -o ext{suffix}"
    run(f"{environment['CC']} {arguments}", environment, tmp_path)
    assert evaluate("ext.square(4.0)", tmp_path, str(DEBIAN)) == "16.0"
    assert newer_symbols(wheel_with(tmp_path / f"ext{suffix}"), "2.17") == ()


def has_rust() -> bool:
    """Whether rustc runs; rustup's stand-in for it does so only where a toolchain is chosen."""
    if not shutil.which("rustc"):
        return False
    return subprocess.run(["rustc", "--version"], capture_output=True, check=False).returncode == 0


def test_rust_links_with_the_toolchain(prepare: Prepare, tmp_path: Path) -> None:
    if not has_rust():
        pytest.skip("no rustc that runs")
    environment = prepare()
    (tmp_path / "ext.rs").write_text(
        '#[no_mangle] pub extern "C" fn age() -> u64 { std::time::SystemTime::now().elapsed().unwrap().as_secs() }',
        encoding="utf-8",
    )
    linker = environment["CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER"]
    run(shlex.join(["rustc", "--crate-type=cdylib", f"-Clinker={linker}", "ext.rs"]), environment, tmp_path)
    loaded = "import ctypes; print(ctypes.CDLL('./libext.so').age())"
    assert run(shlex.join([sys.executable, "-c", loaded]), os.environ, tmp_path) == "0\n"
    assert newer_symbols(wheel_with(tmp_path / "libext.so"), "2.17") == ()


@pytest.mark.skipif(not shutil.which("patchelf"), reason="patchelf is not installed")
def test_musl_libraries_name_their_libc_as_distributions_do(prepare: Prepare, tmp_path: Path) -> None:
    environment = prepare("musllinux_1_2_x86_64")
    (tmp_path / "hello.c").write_text('#include <stdio.h>\nvoid hello(void) { puts("hello"); }', encoding="utf-8")
    run(f"{environment['CC']} -shared -fPIC hello.c -o hello.so", environment, tmp_path)
    wheel = wheel_with(tmp_path / "hello.so")
    assert dynamic(tmp_path / "hello.so", "DT_NEEDED") == ["libc.so"]
    run(shlex.join([sys.executable, musl_needed.__file__, str(wheel)]), os.environ, tmp_path)
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "after")
    assert dynamic(tmp_path / "after" / "hello.so", "DT_NEEDED") == ["libc.musl-x86_64.so.1"]
    content = (tmp_path / "after" / "hello.so").read_bytes()
    record = (tmp_path / "after" / "ext-1.dist-info" / "RECORD").read_text(encoding="utf-8")
    assert musl_needed.record(record, {"hello.so": content}) == record
    assert f",{len(content)}\n" in record
