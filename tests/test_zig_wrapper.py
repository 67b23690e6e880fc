"""The wrapper of zig, compiled, with a program in zig's place that shows what it is asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cibw.errors import MissingToolError
from cibw.execution.host.machine import HostMachine
from cibw.execution.toolchain import ZigSettings
from cibw.execution.zig import find_zig, lay_compilers, zig_compiler
from tests.builds import CACHE
from tests.compiler_arguments import ADDED, CRC32, KEPT, PREFIX, REWRITTEN

pytestmark = [pytest.mark.host, pytest.mark.skipif(sys.platform != "linux", reason="for Linux")]

SETTINGS = ZigSettings(zig="", target="x86_64-linux-gnu.2.17", dropped_prefixes=(PREFIX,))
MUSL = ZigSettings(zig="", target="x86_64-linux-musl")
SHOW = "#!/bin/sh\nprintf '%s\\0' \"$@\"\n"


@dataclass(frozen=True, slots=True)
class Wrapper:
    """Calls the compilers of toolchains; their zig is a script that shows its arguments."""

    root: Path

    def directory(self, settings: ZigSettings) -> Path:
        """Where the compilers with these settings are."""
        with closing(HostMachine(os.environ)) as machine:
            return lay_compilers(self.root, settings, zig_compiler(machine, find_zig(), CACHE / "zig"))

    def show(self, tool: str, arguments: Sequence[str], settings: ZigSettings, environment: Mapping[str, str]) -> str:
        """What the call of a tool writes."""
        directory = self.directory(replace(settings, zig=str(self.root / "zig")))
        call = [str(directory / tool), *arguments]
        done = subprocess.run(call, env=environment, capture_output=True, cwd=self.root, check=False)
        assert done.returncode == 0, done.stderr
        return os.fsdecode(done.stdout)

    def translate(
        self, tool: str, arguments: Sequence[str], settings: ZigSettings, environment: Mapping[str, str]
    ) -> tuple[str, ...]:
        """The arguments of zig for the call of a tool."""
        return tuple(self.show(tool, arguments, settings, environment).split("\0")[:-1])

    def plain(self, tool: str, arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[str, ...]:
        """The arguments of zig without what every call gets that asks for no processor and no debug information."""
        whole = self.translate(tool, arguments, SETTINGS, environment)
        whole = whole[:5] + whole[5 + len(CRC32) * (whole[5:10] == CRC32) :]
        return tuple(word for word in whole if not word.startswith(ADDED))

    def compiler_arguments(self, arguments: Sequence[str]) -> list[str]:
        """What becomes of the arguments themselves, which stand between those of the wrapper."""
        whole = self.plain("cc", arguments, {})
        assert whole[1:5] == ("-target", SETTINGS.target, "-Wno-date-time", "-fno-sanitize=undefined")
        assert whole[-1] == "-mcpu=baseline"
        return list(whole[5:-1])


@pytest.fixture(scope="module")
def wrapper(tmp_path_factory: pytest.TempPathFactory) -> Wrapper:
    try:
        find_zig()
    except MissingToolError as error:
        pytest.skip(error.message)
    root = tmp_path_factory.mktemp("tool chain")
    (root / "zig").write_text(SHOW, encoding="utf-8")
    (root / "zig").chmod(0o755)
    return Wrapper(root)


@pytest.mark.parametrize("arguments", KEPT)
def test_keeps_what_belongs_to_the_project(wrapper: Wrapper, arguments: str) -> None:
    assert wrapper.compiler_arguments(arguments.split()) == arguments.split()


@pytest.mark.parametrize(("arguments", "expected"), REWRITTEN)
def test_drops_and_rewrites_what_zig_refuses(wrapper: Wrapper, arguments: str, expected: str) -> None:
    assert wrapper.compiler_arguments(arguments.split()) == expected.split()


def test_a_comma_in_a_file_name_survives(wrapper: Wrapper) -> None:
    arguments = ["-Xlinker", "-rpath", "-Xlinker", "/opt/a,b"]
    assert wrapper.compiler_arguments(arguments) == arguments


def test_the_whole_call_of_a_compiler(wrapper: Wrapper) -> None:
    settings = ZigSettings(
        zig="",
        target="x86_64-linux-gnu.2.17",
        compile_arguments=("-I/extra/include",),
        link_arguments=("-L/extra/lib",),
    )
    assert wrapper.translate("cc", ["-c", "m.s"], settings, {}) == (
        *("cc", "-target", "x86_64-linux-gnu.2.17", "-Wno-date-time", "-fno-sanitize=undefined", *CRC32),
        *("-g0", "-ffile-compilation-dir=."),
        *("-c", "m.s", "-I/extra/include", "-L/extra/lib", "-mcpu=baseline"),
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
def test_cpp_sources_go_to_the_cpp_compiler(wrapper: Wrapper, tool: str, arguments: str, program: str) -> None:
    assert wrapper.translate(tool, arguments.split(), SETTINGS, {})[0] == program


@pytest.mark.parametrize("tool", ["ar", "ranlib"])
def test_other_tools_get_their_arguments_as_they_are(wrapper: Wrapper, tool: str) -> None:
    arguments = ["rcs", "-march=native", "-L/usr/lib"]
    assert wrapper.translate(tool, arguments, SETTINGS, {"CPATH": "/x"}) == (tool, *arguments)


def test_musl_programs_are_dynamic_unless_the_project_wants_static_ones(wrapper: Wrapper) -> None:
    assert "-dynamic" in wrapper.translate("cc", ["m.c"], MUSL, {})
    assert "-dynamic" in wrapper.translate("cc", ["m.c"], replace(MUSL, target="arm-linux-musleabihf"), {})
    assert "-dynamic" not in wrapper.translate("cc", ["-static", "m.c"], MUSL, {})
    assert "-dynamic" not in wrapper.translate("cc", ["m.c"], SETTINGS, {})


def test_openmp_needs_its_library_when_linking(wrapper: Wrapper) -> None:
    assert "-lomp" in wrapper.translate("cc", ["-fopenmp", "m.o"], SETTINGS, {})
    assert "-lomp" not in wrapper.translate("cc", ["-fopenmp", "-c", "m.c"], SETTINGS, {})


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
        ("cc", {"CPATHS": "/a", "XCPATH": "/b"}, ""),
    ],
)
def test_the_environment_names_folders(
    wrapper: Wrapper, program: str, environment: dict[str, str], expected: str
) -> None:
    assert list(wrapper.plain(program, [], environment)[5:-1]) == expected.split()


def test_folders_of_the_environment_come_after_those_of_the_call_and_the_hosts_own_stay_out(wrapper: Wrapper) -> None:
    environment = {"CPATH": "/a:/usr/include", "LIBRARY_PATH": f"{PREFIX}/lib:/l"}
    arguments = wrapper.plain("cc", ["-I/first", "m.c"], environment)
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
def test_answers_questions_about_the_target(
    wrapper: Wrapper, arguments: str, target: str, expected: str | None
) -> None:
    shown = wrapper.show("cc", arguments.split(), replace(SETTINGS, target=target), {})
    assert "\0" in shown if expected is None else shown == f"{expected}\n"


@pytest.mark.parametrize("tool", ["ar", "ranlib"])
def test_other_tools_answer_no_questions(wrapper: Wrapper, tool: str) -> None:
    assert wrapper.translate(tool, ["-dumpmachine"], SETTINGS, {}) == (tool, "-dumpmachine")


def test_response_files_are_read_in_place(wrapper: Wrapper) -> None:
    (wrapper.root / "a").write_text("-c 'one file.c'\r\n\t@b\n", encoding="utf-8")
    (wrapper.root / "b").write_text('-I"x y" -DA=\\"q\\" -DB="\\"" \'\' "', encoding="utf-8")
    assert wrapper.compiler_arguments(["-O2", "@a", "@missing", "-g"]) == [
        *("-O2", "-c", "one file.c", "-Ix y", '-DA="q"', '-DB="', "", "", "@missing", "-g"),
    ]


def test_a_response_file_that_names_itself_comes_to_an_end(wrapper: Wrapper) -> None:
    (wrapper.root / "self").write_text("-g @self", encoding="utf-8")
    arguments = wrapper.compiler_arguments(["@self"])
    assert set(arguments) == {"-g", "@self"}


def test_many_and_long_arguments(wrapper: Wrapper) -> None:
    (wrapper.root / "long").write_text("\n".join(f"-DNAME_{number}={'x' * 90}" for number in range(9000)))
    assert len(wrapper.compiler_arguments(["@long", f"-D{'y' * 100_000}"])) == 9001


def test_bytes_that_are_no_text_pass(wrapper: Wrapper) -> None:
    assert wrapper.compiler_arguments(["-I\udcff\udcfe", "-Dé"]) == ["-I\udcff\udcfe", "-Dé"]


def test_lost_settings_and_a_lost_zig_are_told(wrapper: Wrapper) -> None:
    directory = wrapper.directory(replace(SETTINGS, zig="/missing/zig"))
    for message in ("zig cannot be started: /missing/zig", "the toolchain lost its settings: "):
        done = subprocess.run([directory / "cc", "-c"], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert message in done.stderr
        (directory / "settings.txt").unlink(missing_ok=True)


CHOSEN = sorted({word for line in [*KEPT, *(before for before, _ in REWRITTEN)] for word in line.split()})
argument_lists = st.lists(st.sampled_from(CHOSEN) | st.text("-WlLIRzo,=/:ax", max_size=12), max_size=8)


@given(argument_lists)
@example(["-Wl,-rpath", "-Wl,/opt/x,-O1"])
def test_a_second_translation_changes_nothing(wrapper: Wrapper, arguments: list[str]) -> None:
    once = wrapper.compiler_arguments(arguments)
    assert wrapper.compiler_arguments(once) == once


@given(st.lists(st.sampled_from([word for line in KEPT[:1] for word in line.split() if word != "-o"])))
def test_plain_arguments_keep_their_order(wrapper: Wrapper, arguments: list[str]) -> None:
    assert wrapper.compiler_arguments(arguments) == arguments


RPATHS = ["-Wl,-rpath,{}", "-Wl,-rpath={}", "-Wl,--rpath,{}", "-Wl,-rpath -Wl,{}", "-R{}", "-Xlinker -R -Xlinker {}"]
FOLDERS = [f"{PREFIX}/lib", f"{PREFIX}/lib64/", f"{PREFIX}/bin/../lib", PREFIX, "/opt/lib", "$ORIGIN"]


@given(
    st.lists(st.tuples(st.sampled_from(RPATHS), st.lists(st.sampled_from(FOLDERS), min_size=1, max_size=3)), max_size=5)
)
def test_no_folder_of_the_interpreter_becomes_an_rpath(wrapper: Wrapper, rpaths: list[tuple[str, list[str]]]) -> None:
    arguments = [word for option, folders in rpaths for word in option.format(":".join(folders)).split()]
    wanted = [folder for _, folders in rpaths for folder in folders if PREFIX not in folder]
    result = " ".join(wrapper.compiler_arguments(arguments))
    assert PREFIX not in result
    assert sum(result.count(folder) for folder in ("/opt/lib", "$ORIGIN")) == len(wanted)


EMULATORS = {
    "x86_64-linux-musl": "x86_64",
    "x86-linux-musl": "i386",
    "aarch64-linux-musl": "aarch64",
    "arm-linux-musleabihf": "arm",
    "powerpc64le-linux-musl": "ppc64le",
    "s390x-linux-musl": "s390x",
    "riscv64-linux-musl": "riscv64",
}


@pytest.mark.parametrize("target", EMULATORS)
def test_the_wrapper_runs_on_every_processor(wrapper: Wrapper, target: str) -> None:
    emulator = shutil.which(f"qemu-{EMULATORS[target]}-static")
    root = wrapper.root / target
    with closing(HostMachine(os.environ)) as machine:
        compiler = zig_compiler(machine, find_zig(), CACHE / "zig", target=target)
        directory = lay_compilers(root, replace(SETTINGS, zig="/bin/echo"), compiler)
    if emulator is None:
        return
    (root / "response").write_text("-Wl,-O1 m.o", encoding="utf-8")
    for arguments, expected in (("-dumpmachine", "x86_64-linux-gnu"), ("@response -g", "m.o -g -mcpu=baseline")):
        call = [emulator, str(directory / "cc"), *arguments.split()]
        done = subprocess.run(call, capture_output=True, text=True, cwd=root, check=True)
        assert done.stdout.endswith(f"{expected}\n")
