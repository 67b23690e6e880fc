"""A made-up Android SDK and a Python for Android, laid out as the real ones: zig compiles behind the NDK's names."""

from __future__ import annotations

import pprint
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

NDK = "27.3.13750724"
BUILT_IN = "/home/ci/cross-build/aarch64-linux-android/prefix"
"""Where the Python was made, on a computer that no one has."""
_ASK = "import sysconfig; print(repr((sysconfig.get_config_vars(), sysconfig.get_path('include'))))"
_ANDROID_PY = Path(__file__).with_name("android_testbed.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sdk:
    """The directory that ANDROID_HOME names, for a target such as `aarch64-linux-android`."""

    home: Path
    triplet: str

    @property
    def toolchain(self) -> Path:
        """Where the NDK keeps its compilers, with `bin`, `lib` and `sysroot`."""
        return self.home / "ndk" / NDK / "toolchains" / "llvm" / "prebuilt" / "linux-x86_64"

    @property
    def processor(self) -> str:
        """The processor, as compilers name it."""
        return self.triplet.partition("-")[0]

    def make(self, level: int = 24) -> None:
        """Lay the SDK; its compiler makes files that need `libc.so`, as those for Android do."""
        programs = self.toolchain / "bin"
        programs.mkdir(parents=True)
        for name, words in self._programs(level):
            (programs / name).write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
            (programs / name).chmod(0o755)
        (self.toolchain / "lib" / "clang" / "18" / "lib" / "linux" / self.processor).mkdir(parents=True)
        libraries = self.toolchain / "sysroot" / "usr" / "lib" / self.triplet
        libraries.mkdir(parents=True)
        self.library(libraries / "libc++_shared.so", "int cxx_runtime(void) { return 1; }\n")

    def _programs(self, level: int) -> list[tuple[str, list[str]]]:
        zig = [sys.executable, "-m", "ziglang"]
        target = ["-target", f"{self.processor}-linux-musl"]
        prefix = f"{self.triplet}{level}"
        return [
            (f"{prefix}-clang", [*zig, "cc", *target]),
            (f"{prefix}-clang++", [*zig, "c++", *target]),
            ("llvm-ar", [*zig, "ar"]),
            ("llvm-ranlib", [*zig, "ranlib"]),
        ]

    def library(self, path: Path, source: str) -> None:
        """Compile a shared library for the target."""
        file = path.with_suffix(".c")
        file.write_text(source)
        compiler = next((self.toolchain / "bin").glob("*-clang"))
        subprocess.run([compiler, "-shared", f"-Wl,-soname,{path.name}", "-o", path, file], check=True)
        file.unlink()


def lay_python(directory: Path, sdk: Sdk, python: str) -> None:
    """Lay a Python for Android of the version of a Python of this computer, with its headers."""
    done = subprocess.run([python, "-c", _ASK], check=True, capture_output=True, text=True)
    values, include = eval(done.stdout)
    version = values["py_version_short"]
    library = directory / "prefix" / "lib" / f"python{version}"
    library.mkdir(parents=True)
    shutil.copytree(include, directory / "prefix" / "include" / f"python{version}")
    sdk.library(directory / "prefix" / "lib" / f"libpython{version}.so", "int Py_Made_Up;\n")
    suffix = f".cpython-{version.replace('.', '')}-{sdk.triplet}.so"
    values |= {
        "ANDROID_API_LEVEL": 21,
        "CC": f"/opt/ndk/bin/{sdk.triplet}21-clang",
        "CFLAGS": "-DBUILT_IN -Wall",
        "EXT_SUFFIX": suffix,
        "INCLUDEPY": f"{BUILT_IN}/include/python{version}",
        "LDFLAGS": f"-L{BUILT_IN}/lib -Wl,--of-built-in",
        "LDLIBRARY": f"libpython{version}.so",
        "LDSHARED": f"/opt/ndk/bin/{sdk.triplet}21-clang -shared -L{BUILT_IN}/lib -Wl,--of-built-in",
        "LIBDIR": f"{BUILT_IN}/lib",
        "MULTIARCH": sdk.triplet,
        "OPT": "-DNDEBUG -g3 -O3 -Wall",
        "SOABI": suffix.removesuffix(".so").removeprefix("."),
        "exec_prefix": BUILT_IN,
        "prefix": BUILT_IN,
    }
    text = f"# system configuration\nbuild_time_vars = {pprint.pformat(values)}\n"
    (library / f"_sysconfigdata__android_{sdk.triplet}.py").write_text(text)
    shutil.copyfile(_ANDROID_PY, directory / "android.py")
