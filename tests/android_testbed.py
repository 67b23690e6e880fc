"""Stands for the `android.py` of a Python for Android: the parts that builds and tests call.

`env` prints the variables of a build; `test` writes its arguments, and the names of the files that it is given, to
the file that TESTBED_LOG names.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from pathlib import Path


def env() -> None:
    """Print what `android-env.sh` would set, for the target that the sysconfig data of the prefix names."""
    prefix = Path(__file__).parent / "prefix"
    (data,) = prefix.glob("lib/python*/_sysconfigdata__android_*.py")
    triplet = data.stem.removeprefix("_sysconfigdata__android_")
    (toolchain,) = Path(os.environ["ANDROID_HOME"]).glob("ndk/*/toolchains/llvm/prebuilt/*")
    compiler = f"{toolchain}/bin/{triplet}{os.environ['ANDROID_API_LEVEL']}-clang"
    if not Path(compiler).exists():
        sys.exit(f"{compiler} does not exist")
    flags = f"-D__BIONIC_NO_PAGE_SIZE_MACRO -I{prefix}/include"
    library = next(prefix.glob("lib/libpython*.so")).name.removeprefix("lib").removesuffix(".so")
    variables = {
        "AR": f"{toolchain}/bin/llvm-ar",
        "CC": compiler,
        "CFLAGS": flags,
        "CXX": f"{compiler}++",
        "CXXFLAGS": flags,
        # The linker of the NDK keeps libraries of which nothing is used yet, and zig has to be told.
        "LDFLAGS": f"-Wl,--no-as-needed -Wl,--build-id=sha1 -Wl,-z,max-page-size=16384 -L{prefix}/lib -l{library} -lm",
        "PKG_CONFIG": "pkg-config --define-prefix",
        "PKG_CONFIG_LIBDIR": f"{prefix}/lib/pkgconfig",
        "RANLIB": f"{toolchain}/bin/llvm-ranlib",
    }
    for name, value in sorted(variables.items()):
        print(f"export {name}={shlex.quote(value)}")


def test(words: list[str]) -> None:
    """Read the arguments as the real one does, and note them."""
    end = words.index("--")
    parser = argparse.ArgumentParser()
    device = parser.add_mutually_exclusive_group(required=True)
    device.add_argument("--connected")
    device.add_argument("--managed")
    parser.add_argument("--site-packages", type=Path, required=True)
    parser.add_argument("--cwd", type=Path, required=True)
    parser.add_argument("-v", action="count", default=0)
    options = parser.parse_args(words[:end])
    site = options.site_packages
    note = {
        "device": options.connected or options.managed,
        "directory": Path(__file__).parent.name,
        "libraries": sorted(path.relative_to(site).as_posix() for path in site.rglob("*.so")),
        "python": words[end + 1 :],
        "sources": sorted(path.name for path in options.cwd.iterdir()),
        "verbose": options.v,
    }
    Path(os.environ["TESTBED_LOG"]).write_text(json.dumps(note))


if __name__ == "__main__":
    env() if sys.argv[1] == "env" else test(sys.argv[2:])
