from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cibw.running.zig_arguments import answer, compiler_arguments, environment_arguments, expand, translate
from cibw.running.zig_settings import ZigSettings

PREFIX = "/opt/python/3.13"
SETTINGS = ZigSettings(target="x86_64-linux-gnu.2.17", dropped_prefixes=(PREFIX,))
MUSL = ZigSettings(target="x86_64-linux-musl")

KEPT = [
    "-shared -fPIC -O3 -g -Wall -DNDEBUG -o m.so m.o",
    "-I/opt/include -I /usr/include/python3.11 -isystem /opt/include -iquote src -idirafter /more",
    f"-I{PREFIX}/include/python3.13",
    "-L/opt/lib -L lib -L. -lyaml -l yaml",
    f"-L{PREFIX}/lib/python3.13/site-packages/numpy/lib -lnpymath",
    f"-L{PREFIX}-other/lib",
    "-L/usr/local/lib",
    "-mavx2 -msse4.2 -mfpu=neon",
    "-Wl,-rpath,/opt/lib",
    "-Wl,-rpath,$ORIGIN/../pkg.libs",
    "-Wl,-soname,libx.so.1",
    "-Wl,--version-script,exports.map",
    "-Wl,--version-script=exports.map",
    "-Wl,--as-needed,--no-as-needed,--gc-sections,--build-id=sha1,-s",
    "-Wl,-z,now,-z,relro,-z,noexecstack",
    "-Wl,--wrap,malloc",
    "-Wl,-e,main",
    "-x c -",
    "-Wp,-MD,m.d",
    "-undef -fno-lto",
    "-MD -MT m.o -MF m.d -c m.c",
    "-D X=-march=native -o -march=native",
    "-Xclang -fno-pch-timestamp",
]

REWRITTEN = [
    ("-march=native -mtune=haswell -mcpu=power9 -O2", "-O2"),
    ("-target arm-linux-gnu --target=x86_64-linux-gnu --target aarch64 -c", "-c"),
    ("-fno-gnu-unique -fuse-linker-plugin -ffat-lto-objects -fno-fat-lto-objects", ""),
    ("-static-libgcc -static-libstdc++ -shared-libgcc", ""),
    ("-fuse-ld=gold -fuse-ld=lld -specs=/usr/lib/rpm/hardened -specs /usr/lib/x -c", "-c"),
    ("-flto -flto=auto -flto=4 -flto-partition=none", ""),
    ("-Wp,-D_FORTIFY_SOURCE=2 -Wp,-U_X,-DY", "-D_FORTIFY_SOURCE=2 -U_X -DY"),
    ("-Wl,-O1 -Wl,-Bsymbolic-functions", "-Wl,-Bsymbolic"),
    ("-Wl,--exclude-libs,ALL", ""),
    ("-Wl,--exclude-libs=ALL -Wl,--warn-common -Wl,-Map=x.map -Wl,-Map,x.map -Wl,--cref", ""),
    (
        "-Wl,--push-state,--whole-archive -lx -Wl,--pop-state",
        "-Wl,--whole-archive -lx -Wl,--no-whole-archive,-Bdynamic",
    ),
    ("-Wl,--copy-dt-needed-entries,--icf=all,--default-symver,-plugin-opt=O2,-plugin-opt,O2", ""),
    ("-Wl,--dynamic-list=x -Wl,--dynamic-list,x -Wl,-rpath-link,/x -Wl,-rpath-link=/x", ""),
    ("-Wl,-z,separate-code -Wl,-z -Wl,noseparate-code -z separate-code", ""),
    ("-Wl,-h,libx.so.1", "-Wl,-soname,libx.so.1"),
    ("-Wl,-soname=libx.so.1 -Wl,--soname,liby.so", "-Wl,-soname,libx.so.1,-soname,liby.so"),
    ("-Wl,--undefined=f -Wl,-u,g -u h", "-Wl,-u,f,-u,g,-u,h"),
    ("-Xlinker -rpath -Xlinker /opt/lib -Xlinker --warn-common", "-Wl,-rpath,/opt/lib"),
    ("-Wl,--enable-new-dtags,-R/opt/lib", "-Wl,--enable-new-dtags,-rpath,/opt/lib"),
    ("-R/opt/lib -R /opt/more", "-Wl,-rpath,/opt/lib,-rpath,/opt/more"),
    ("-znow -z relro", "-Wl,-z,now,-z,relro"),
    (
        "-Wl,--whole-archive -Wl,libx.a -Wl,--no-whole-archive,-lz,-L/opt/lib",
        "-Wl,--whole-archive libx.a -Wl,--no-whole-archive -lz -L/opt/lib",
    ),
    (f"-L{PREFIX}/lib -Wl,-rpath,{PREFIX}/lib -L{PREFIX}/lib/python3.13/config -lm", "-lm"),
    (f"-L {PREFIX}/lib -Wl,-rpath={PREFIX}/lib -Wl,-L{PREFIX}/lib -Wl,-L,{PREFIX}/lib", ""),
    (f"-Wl,-rpath,{PREFIX}/lib:/opt/lib:{PREFIX}/more", "-Wl,-rpath,/opt/lib"),
    (f"-Wl,-rpath -Wl,{PREFIX}/lib/../lib/", ""),
    ("-L/usr/lib -L/usr/lib/x86_64-linux-gnu -L/lib64 -L/usr/lib/gcc/x86_64-linux-gnu/12 -lx", "-lx"),
    ("-I/usr/include -isystem /usr/include/ -I/usr/include/x86_64-linux-gnu -idirafter /usr/include", ""),
    ("-Wl, -Wl,-rpath", ""),
    ("-Wl,-z", ""),
    ("-c -L", "-c -L"),
    ("-Xlinker", ""),
]


@pytest.mark.parametrize("arguments", KEPT)
def test_keeps_what_belongs_to_the_project(arguments: str) -> None:
    assert compiler_arguments(arguments.split(), SETTINGS) == arguments.split()


@pytest.mark.parametrize(("arguments", "expected"), REWRITTEN)
def test_drops_and_rewrites_what_zig_refuses(arguments: str, expected: str) -> None:
    assert compiler_arguments(arguments.split(), SETTINGS) == expected.split()


def test_a_comma_in_a_file_name_survives() -> None:
    arguments = ["-Xlinker", "-rpath", "-Xlinker", "/opt/a,b"]
    assert compiler_arguments(arguments, SETTINGS) == arguments


def test_the_whole_call_of_a_compiler() -> None:
    settings = ZigSettings(
        target="x86_64-linux-gnu.2.17", compile_arguments=("-I/extra/include",), link_arguments=("-L/extra/lib",)
    )
    assert translate("cc", ["-c", "m.c"], settings, {}) == (
        *("cc", "-target", "x86_64-linux-gnu.2.17", "-Wno-date-time", "-fno-sanitize=undefined"),
        *("-c", "m.c", "-I/extra/include", "-L/extra/lib", "-mcpu=baseline"),
    )


@pytest.mark.parametrize(
    ("tool", "arguments", "program"),
    [
        ("cc", "-c m.c", "cc"),
        ("cc", "-c m.cpp", "c++"),
        ("cc", "-c src/m.cc -o m.o", "c++"),
        ("cc", "-c m.cxx", "c++"),
        ("cc", "-c m.C", "c++"),
        ("cc", "-x c++ -c -", "c++"),
        ("cc", "-xc++ -c m.inc", "c++"),
        ("cc", "-c m.c -MF m.cpp", "cc"),
        ("cc", "-o m.cpp -c m.c", "cc"),
        ("cc", "-shared m.o", "cc"),
        ("c++", "-c m.c", "c++"),
    ],
)
def test_cpp_sources_go_to_the_cpp_compiler(tool: str, arguments: str, program: str) -> None:
    assert translate(tool, arguments.split(), SETTINGS, {})[0] == program


@pytest.mark.parametrize("tool", ["ar", "ranlib"])
def test_other_tools_get_their_arguments_as_they_are(tool: str) -> None:
    arguments = ["rcs", "-march=native", "-L/usr/lib"]
    assert translate(tool, arguments, SETTINGS, {"CPATH": "/x"}) == (tool, *arguments)


def test_musl_programs_are_dynamic_unless_the_project_wants_static_ones() -> None:
    assert "-dynamic" in translate("cc", ["m.c"], MUSL, {})
    assert "-dynamic" in translate("cc", ["m.c"], ZigSettings(target="arm-linux-musleabihf"), {})
    assert "-dynamic" not in translate("cc", ["-static", "m.c"], MUSL, {})
    assert "-dynamic" not in translate("cc", ["m.c"], SETTINGS, {})


def test_openmp_needs_its_library_when_linking() -> None:
    assert "-lomp" in translate("cc", ["-fopenmp", "m.o"], SETTINGS, {})
    assert "-lomp" not in translate("cc", ["-fopenmp", "-c", "m.c"], SETTINGS, {})


@pytest.mark.parametrize(
    ("program", "environment", "expected"),
    [
        ("cc", {}, ""),
        ("cc", {"CPATH": ""}, ""),
        ("cc", {"CPATH": "/a:/b"}, "-I /a -I /b"),
        ("cc", {"CPATH": "/a:"}, "-I /a -I ."),
        ("cc", {"C_INCLUDE_PATH": "/c", "CPLUS_INCLUDE_PATH": "/d"}, "-isystem /c"),
        ("c++", {"C_INCLUDE_PATH": "/c", "CPLUS_INCLUDE_PATH": "/d"}, "-isystem /d"),
        ("c++", {"LIBRARY_PATH": "/l:/m", "LD_LIBRARY_PATH": "/n"}, "-L /l -L /m"),
    ],
)
def test_the_environment_names_folders(program: str, environment: dict[str, str], expected: str) -> None:
    assert environment_arguments(program, environment) == expected.split()


def test_folders_of_the_environment_come_after_those_of_the_call_and_the_hosts_own_stay_out() -> None:
    environment = {"CPATH": "/a:/usr/include", "LIBRARY_PATH": f"{PREFIX}/lib:/l"}
    arguments = translate("cc", ["-I/first", "m.c"], SETTINGS, environment)
    assert arguments[5:-1] == ("-I/first", "m.c", "-I", "/a", "-L", "/l")


@pytest.mark.parametrize(
    ("arguments", "target", "expected"),
    [
        ("-dumpmachine", "x86_64-linux-gnu.2.17", "x86_64-linux-gnu"),
        ("-m64 -dumpmachine", "x86_64-linux-musl", "x86_64-linux-musl"),
        ("-dumpmachine", "x86-linux-gnu.2.17", "i686-linux-gnu"),
        ("-print-multiarch", "x86-linux-gnu.2.17", "i386-linux-gnu"),
        ("--print-multiarch", "arm-linux-gnueabihf.2.31", "arm-linux-gnueabihf"),
        ("-dumpversion", "x86_64-linux-gnu.2.17", "10.2.1"),
        ("-dumpfullversion -dumpversion", "x86_64-linux-gnu.2.17", "10.2.1"),
        ("-print-file-name=libgomp.so", "x86_64-linux-gnu.2.17", "libgomp.so"),
        ("-print-prog-name=ld", "x86_64-linux-gnu.2.17", "ld"),
        ("--version", "x86_64-linux-gnu.2.17", None),
        ("-c m.c", "x86_64-linux-gnu.2.17", None),
    ],
)
def test_answers_questions_about_the_target(arguments: str, target: str, expected: str | None) -> None:
    assert answer(arguments.split(), ZigSettings(target=target)) == expected


def test_response_files_are_read_in_place() -> None:
    files = {"a": "-c 'one file.c'\n@b", "b": '-I"x y"'}
    assert expand(["-O2", "@a", "@missing", "-g"], files.get) == [
        *("-O2", "-c", "one file.c", "-Ix y", "@missing", "-g"),
    ]


CHOSEN = sorted({word for line in [*KEPT, *(before for before, _ in REWRITTEN)] for word in line.split()})
argument_lists = st.lists(st.sampled_from(CHOSEN) | st.text("-WlLIRzo,=/:ax", max_size=12), max_size=8)


@given(argument_lists)
@example(["-Wl,-rpath", "-Wl,/opt/x,-O1"])
def test_a_second_translation_changes_nothing(arguments: list[str]) -> None:
    once = compiler_arguments(arguments, SETTINGS)
    assert compiler_arguments(once, SETTINGS) == once


@given(st.lists(st.sampled_from(["-march=native", "-mtune=haswell", "-mcpu=zen4", "-O2", "-c", "m.c", "-lm"])))
def test_the_processor_is_always_the_baseline(arguments: list[str]) -> None:
    result = translate("cc", arguments, SETTINGS, {})
    assert [word for word in result if word.startswith(("-march", "-mtune", "-mcpu"))] == ["-mcpu=baseline"]
    assert result[-1] == "-mcpu=baseline"


@given(st.lists(st.sampled_from([word for line in KEPT[:1] for word in line.split() if word != "-o"])))
def test_plain_arguments_keep_their_order(arguments: list[str]) -> None:
    assert compiler_arguments(arguments, SETTINGS) == arguments


RPATHS = ["-Wl,-rpath,{}", "-Wl,-rpath={}", "-Wl,--rpath,{}", "-Wl,-rpath -Wl,{}", "-R{}", "-Xlinker -R -Xlinker {}"]
FOLDERS = [f"{PREFIX}/lib", f"{PREFIX}/lib64/", f"{PREFIX}/bin/../lib", PREFIX, "/opt/lib", "$ORIGIN"]


@given(
    st.lists(st.tuples(st.sampled_from(RPATHS), st.lists(st.sampled_from(FOLDERS), min_size=1, max_size=3)), max_size=5)
)
def test_no_folder_of_the_interpreter_becomes_an_rpath(rpaths: list[tuple[str, list[str]]]) -> None:
    arguments = [word for option, folders in rpaths for word in option.format(":".join(folders)).split()]
    wanted = [folder for _, folders in rpaths for folder in folders if PREFIX not in folder]
    result = " ".join(compiler_arguments(arguments, SETTINGS))
    assert PREFIX not in result
    assert sum(result.count(folder) for folder in ("/opt/lib", "$ORIGIN")) == len(wanted)
