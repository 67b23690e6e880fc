"""Which processor the wrapper of zig compiles for."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.compiler_arguments import CRC32
from tests.test_zig_wrapper import SETTINGS, Wrapper, wrapper

__all__ = ["wrapper"]
pytestmark = pytest.mark.host


@pytest.mark.parametrize(
    ("target", "arguments", "expected"),
    [
        ("x86_64-linux-gnu.2.17", "-march=haswell -c m.c", "haswell"),
        ("x86_64-linux-gnu.2.17", "-march=x86-64-v3 -mtune=native -c m.c", "x86_64_v3"),
        ("x86_64-linux-gnu.2.17", "-march=skylake-avx512 -march=x86-64 -c m.c", "x86_64"),
        ("x86_64-linux-gnu.2.17", "-mcpu=haswell -c m.c", "baseline"),
        ("x86_64-linux-gnu.2.17", "-march=haswell -shared m.o", "baseline"),
        ("x86_64-linux-gnu.2.17", "-march=haswell -dM -E -", "haswell"),
        ("x86_64-linux-gnu.2.17", "-march=x86-64-v2 -c m.c", "baseline"),
        ("x86_64-linux-gnu.2.17", "-march=x86-64-v2 -c m.c -march=x86-64-v2", "x86_64_v2"),
        ("aarch64-linux-gnu.2.17", "-march=armv8.2-a+fp16 -c m.c", "baseline+v8_2a+fullfp16"),
        ("aarch64-linux-gnu.2.17", "-march=armv8-a+crc+crypto+nosimd -c m.c", "baseline+crc+aes+sha2-neon"),
        ("aarch64-linux-gnu.2.17", "-march=armv9-a+sve2 -c m.c", "baseline+v9a+sve2"),
        ("aarch64-linux-gnu.2.17", "-mcpu=cortex-a72+crc -c m.c", "cortex_a72+crc"),
        ("powerpc64le-linux-gnu.2.28", "-mcpu=power9 -c m.c", "pwr9"),
        ("riscv64-linux-gnu.2.39", "-march=rv64gcv_zba -c m.c", "baseline+v+zba"),
        ("s390x-linux-gnu.2.17", "-march=z14 -c m.c", "z14"),
    ],
)
def test_a_processor_that_the_project_names_is_honoured(
    wrapper: Wrapper, target: str, arguments: str, expected: str
) -> None:
    settings = replace(SETTINGS, target=target, processors=("x86-64-v2",))
    assert wrapper.translate("cc", arguments.split(), settings, {})[-1] == f"-mcpu={expected}"


@pytest.mark.parametrize(
    ("target", "arguments", "expected"),
    [
        ("x86_64-linux-gnu.2.17", "-c m.c", [*CRC32]),
        ("x86-linux-gnu.2.17", "-c m.c -msse4.1", [*CRC32]),
        ("x86_64-linux-gnu.2.17", "-c m.c -msse4.2", ["-mpopcnt"]),
        ("x86_64-linux-gnu.2.17", "-c m.c -msse4 -mno-popcnt", []),
        ("x86_64-linux-gnu.2.17", "-c m.c -mavx2", ["-mpopcnt", "-mxsave"]),
        ("x86_64-linux-gnu.2.17", "-c m.c -mfma -mno-xsave", ["-mpopcnt"]),
        ("x86_64-linux-gnu.2.17", "-c m.c -march=x86-64-v3", []),
        ("x86_64-linux-gnu.2.17", "-shared m.o", []),
        ("aarch64-linux-gnu.2.17", "-c m.c", []),
    ],
)
def test_features_that_gcc_turns_on_with_others_are_on(
    wrapper: Wrapper, target: str, arguments: str, expected: list[str]
) -> None:
    result = wrapper.translate("cc", arguments.split(), replace(SETTINGS, target=target), {})
    added = [word for word in result if word not in arguments.split()]
    assert [word for word in added if word in {*CRC32, "-mpopcnt", "-mxsave"}] == expected


def test_the_processor_of_this_computer_is_never_used_and_that_is_told(wrapper: Wrapper) -> None:
    directory = wrapper.directory(replace(SETTINGS, zig=str(wrapper.root / "zig")))
    call = [str(directory / "cc"), "-march=native", "-c", "m.c"]
    done = subprocess.run(call, capture_output=True, text=True, cwd=wrapper.root, check=True)
    assert done.stdout.endswith("-mcpu=baseline\0")
    assert done.stderr == "note: -march=native has no effect: a wheel runs on other computers, too\n"


@given(st.lists(st.sampled_from(["-march=native", "-mtune=haswell", "-mcpu=power9", "-O2", "-c", "m.c", "-lm"])))
def test_the_processor_is_always_the_baseline(wrapper: Wrapper, arguments: list[str]) -> None:
    result = wrapper.translate("cc", arguments, SETTINGS, {})
    assert [word for word in result if word.startswith(("-march", "-mtune", "-mcpu"))] == ["-mcpu=baseline"]
    assert result[-1] == "-mcpu=baseline"
