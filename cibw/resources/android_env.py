"""Prepares a build environment to build for Android; runs in the Python of that environment.

android_env.py TARGET WORK TRIPLET FORTRAN RELEASE [NAME=VALUE | NAME+]...

TARGET is a Python for Android from python.org, WORK the scratch directory of the build, TRIPLET the target as compilers
name it, such as `aarch64-linux-android`, FORTRAN the directory of the Fortran compiler, and RELEASE the address that it
is downloaded from. The script writes

* into the environment: a description of the target's Python (`android_site.py` with the target's sysconfig), and
  programs that install compilers when they are first called (`android_rust.sh`, `android_fortran.py`),
* `WORK/android.sh`, which runs its arguments with the variables of a build for Android,
* `WORK/toolchain.cmake`, which describes the target to CMake,
* `WORK/ldpaths`, with links to the directories of the compiler's libraries.

The variables are those that `android.py env` of the target prints, and those in the arguments. `NAME+` appends the
current value of a variable to the printed one.
"""

from __future__ import annotations

import ast
import os
import pprint
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path

_RESOURCES = Path(__file__).parent
_FLAGS = ("CFLAGS", "CXXFLAGS", "LDFLAGS")
_NAME = "_cibw_android"
_CERTIFICATES = "pip/_vendor/certifi/cacert.pem"

Value = str | int


def main(target: str, work: str, triplet: str, fortran: str, release: str, *settings: str) -> None:
    """Write all files, replacing existing ones."""
    site = Path(sysconfig.get_path("purelib"))
    values = describe_target(Path(target) / "prefix", site, api_level(os.environ))
    variables = printed_variables(print_environment(Path(target)))
    if "CC" not in variables:
        sys.exit("`android.py env` of the target's Python did not set a compiler (CC).")
    add_optimization(variables, str(values.get("OPT", "")))
    add_settings(variables, settings, os.environ)
    # With another sys.platform, neither Python nor pip would find this computer's certificates.
    for name in ("SSL_CERT_FILE", "PIP_CERT") if (site / _CERTIFICATES).exists() else ():
        variables[name] = os.environ.get(name) or str(site / _CERTIFICATES)
    variables[f"CARGO_TARGET_{triplet.upper().replace('-', '_')}_LINKER"] = variables["CC"]
    variables["CIBW_HOST_TRIPLET"] = triplet
    variables["FC"] = lay_programs(Path(sysconfig.get_path("scripts")), fortran, release)
    Path(work, "toolchain.cmake").write_text(toolchain_text(Path(target) / "prefix", triplet), encoding="utf-8")
    link_libraries(Path(variables["CC"]).parent.parent, Path(work, "ldpaths"), triplet)
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(variables.items()))
    Path(work, "android.sh").write_text(f'{exports}exec "$@"\n', encoding="utf-8")
    print(exports, end="")


def lay_programs(directory: Path, fortran: str, release: str) -> str:
    """Install the programs that provide Rust and Fortran compilers. Return the path of the Fortran one."""
    for name in ("cargo", "rustup"):
        (directory / name).unlink(missing_ok=True)
        shutil.copyfile(_RESOURCES / "android_rust.sh", directory / name)
    # Some build systems recognize a compiler by its name. Without -S the Python would report the target as its
    # platform.
    flang = directory / "flang-new"
    start = shlex.join([sys.executable, "-I", "-S", str(_RESOURCES / "android_fortran.py"), fortran, release])
    flang.write_text(f'#!/bin/sh\nexec {start} "$@"\n', encoding="utf-8")
    for path in (directory / "cargo", directory / "rustup", flang):
        path.chmod(0o755)
    return str(flang)


def api_level(environment: Mapping[str, str]) -> int:
    """Return the oldest Android API level of the wheel. Exit with a message if it is not a number."""
    text = environment.get("ANDROID_API_LEVEL", "")
    if not re.fullmatch(r"[0-9]+", text):
        sys.exit(f"ANDROID_API_LEVEL is {text!r}, but must be an integer such as 24.")
    return int(text)


def describe_target(prefix: Path, site: Path, level: int) -> dict[str, Value]:
    """Write the target's sysconfig into the environment, with the paths of this computer, and activate it."""
    data = only(prefix, "lib/python*/_sysconfigdata_*.py")
    values = localized(sysconfig_values(data.read_text(encoding="utf-8")), prefix, level)
    (site / data.name).write_text(f"build_time_vars = {pprint.pformat(values)}\n", encoding="utf-8")
    shutil.copyfile(_RESOURCES / "android_site.py", site / f"{_NAME}.py")
    (site / f"{_NAME}.pth").write_text(f"import {_NAME}\n", encoding="utf-8")
    return values


def sysconfig_values(text: str) -> dict[str, Value]:
    """Return what a `_sysconfigdata` module assigns to `build_time_vars`."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and any(ast.unparse(one) == "build_time_vars" for one in node.targets):
            found: dict[str, Value] = ast.literal_eval(node.value)
            return found
    sys.exit("The target's sysconfig does not assign build_time_vars.")


def localized(values: Mapping[str, Value], prefix: Path, level: int) -> dict[str, Value]:
    """Return values with the paths of this computer, for an API level, without compiler flags.

    Build systems differ in whether they combine flags from sysconfig with those from the environment, so the
    environment must contain all of them.
    """
    built_in, flags = str(values["prefix"]), f" {values.get('LDFLAGS', '')}"
    result = {name: one.replace(built_in, str(prefix)) if isinstance(one, str) else one for name, one in values.items()}
    result.update(dict.fromkeys(_FLAGS, ""), ANDROID_API_LEVEL=level)
    for name in ("LDSHARED", "LDCXXSHARED"):
        result[name] = str(values.get(name, "")).removesuffix(flags).replace(built_in, str(prefix))
    return result


def print_environment(target: Path) -> str:
    """Return the output of `android.py env`. It may install the NDK first, which takes minutes."""
    done = subprocess.run(
        [sys.executable, str(target / "android.py"), "env"], stdout=subprocess.PIPE, encoding="utf-8", check=False
    )
    if done.returncode:
        sys.exit(f"`android.py env` of the target's Python failed with exit code {done.returncode}.\n{done.stdout}")
    return done.stdout


def printed_variables(text: str) -> dict[str, str]:
    """Parse `export NAME=VALUE` lines with shell quoting."""
    variables = {}
    words = shlex.split(text)
    for export, assignment in zip(words[::2], [*words[1::2], ""], strict=False):
        name, is_assigned, value = assignment.partition("=")
        if export != "export" or not is_assigned:
            sys.exit(
                f"`android.py env` of the target's Python printed a line that cibw cannot parse: {export} {assignment}"
            )
        variables[name] = value
    return variables


def add_optimization(variables: dict[str, str], words: str) -> None:
    """Set the optimization flags of Python itself for both compilers, without debug information, which is large."""
    chosen = [word for word in words.split() if not word.startswith("-g")]
    for name in ("CFLAGS", "CXXFLAGS"):
        variables[name] = " ".join(filter(None, [variables.get(name, ""), *chosen]))


def add_settings(variables: dict[str, str], settings: tuple[str, ...], environment: Mapping[str, str]) -> None:
    """Set `NAME=VALUE`, and for `NAME+` append the user's own flags to the existing ones."""
    for setting in settings:
        name, is_assigned, value = setting.partition("=")
        if is_assigned:
            variables[name] = value
        else:
            name = name.removesuffix("+")
            variables[name] = " ".join(filter(None, [variables.get(name, ""), environment.get(name, "")]))


def toolchain_text(prefix: Path, triplet: str) -> str:
    """Return a CMake toolchain file that leaves compilers and flags to the environment.

    The system version prevents CMake from searching for an NDK. The emulator, which runs a program directly, lets
    CMake query the Python of the environment.
    """
    return "\n".join(_toolchain_lines(prefix, triplet)) + "\n"


def _toolchain_lines(prefix: Path, triplet: str) -> Iterator[str]:
    yield "set(CMAKE_SYSTEM_NAME Android)"
    yield f"set(CMAKE_SYSTEM_PROCESSOR {triplet.partition('-')[0]})"
    yield "set(CMAKE_SYSTEM_VERSION 1)"
    yield f'set(CMAKE_FIND_ROOT_PATH "{prefix}")'
    for kind, mode in (("PROGRAM", "NEVER"), ("LIBRARY", "ONLY"), ("INCLUDE", "ONLY"), ("PACKAGE", "BOTH")):
        yield f"set(CMAKE_FIND_ROOT_PATH_MODE_{kind} {mode})"
    yield 'set(CMAKE_CROSSCOMPILING_EMULATOR /bin/sh -c [["$0" "$@"]])'


def link_libraries(toolchain: Path, directory: Path, triplet: str) -> None:
    """Create links to the compiler's own libraries: those of clang, and those of the system with libc++."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    processor = triplet.partition("-")[0]
    (directory / "clang").symlink_to(only(toolchain, f"lib/clang/*/lib/linux/{processor}"))
    (directory / "sysroot").symlink_to(only(toolchain, f"sysroot/usr/lib/{triplet}"))


def only(directory: Path, pattern: str) -> Path:
    """Return the only path that matches. Exit with a message if there is none or several."""
    found = sorted(directory.glob(pattern))
    if len(found) != 1:
        sys.exit(f"{directory} contains {len(found)} paths that match {pattern}, but should contain one.")
    return found[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
