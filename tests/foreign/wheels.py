"""Small wheels whose extension needs a library, compiled by zig for another system."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

from cibw.execution.zig import find_zig
from tests.foreign.tools import mac_tools

_MACOS = {"arm64": "aarch64-macos.11.0", "x86_64": "x86_64-macos.10.13"}
_WINDOWS = {
    "win_amd64": ("x86_64-windows-gnu", "i386:x86-64"),
    "win32": ("x86-windows-gnu", "i386"),
    "win_arm64": ("aarch64-windows-gnu", "arm64"),
}
_LIBRARY = """
#ifdef _WIN32
__declspec(dllexport)
#endif
int helper_number(void) { return 42; }
"""
_EXTENSION = """
extern int helper_number(void);
extern void *PyLong_FromLong(long);
#ifdef _WIN32
__declspec(dllexport)
#endif
void *PyInit_ext(void) { return PyLong_FromLong(helper_number()); }
"""
_ENTRY = """
#ifdef __i386__
__attribute__((stdcall))
#endif
int DllMainCRTStartup(void *handle, unsigned reason, void *reserved) { return 1; }
"""
"""Windows calls it when it loads a library; this one needs no runtime of C, which zig would first compile."""
_WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: {tag}\n"
_METADATA = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"


def mac_wheel(place: Path, tag: str, extension: tuple[str, ...], library: tuple[str, ...]) -> Path:
    """A wheel whose extension and library have some architectures each; the library lies in `place/lib`."""
    parts = {one: _mac_parts(place, one) for one in dict.fromkeys((*extension, *library))}
    (place / "lib").mkdir()
    _lipo([parts[one] / "libhelper.dylib" for one in library], place / "lib" / "libhelper.dylib")
    _lipo([parts[one] / "ext.so" for one in extension], place / "ext.so")
    return _wheel(place, f"cp312-cp312-{tag}", "ext.so")


def windows_wheel(place: Path, tag: str) -> Path:
    """A wheel whose extension needs a library that lies in `place/lib`, and Python's."""
    target, machine = _WINDOWS[tag]
    (place / "lib").mkdir()
    (place / "python312.def").write_text("LIBRARY python312.dll\nEXPORTS\nPyLong_FromLong\n")
    _run("dlltool", "-m", machine, "-d", str(place / "python312.def"), "-l", str(place / "python312.lib"))
    flags = ("-target", target, "-shared", "-s", "-nostdlib", "-fno-sanitize=all", "-fno-stack-protector")
    imports = str(place / "helper.lib")
    source = _source(place, "helper.c", _LIBRARY + _ENTRY)
    _run("cc", *flags, source, "-o", str(place / "lib" / "helper.dll"), f"-Wl,--out-implib,{imports}")
    source = _source(place, "ext.c", _EXTENSION + _ENTRY)
    _run("cc", *flags, source, imports, str(place / "python312.lib"), "-o", str(place / "ext.pyd"))
    return _wheel(place, f"cp312-cp312-{tag}", "ext.pyd")


def _mac_parts(place: Path, architecture: str) -> Path:
    directory = place / architecture
    directory.mkdir()
    flags = ("-target", _MACOS[architecture], "-shared", "-nostdlib", "-Wl,-headerpad_max_install_names")
    library, extension = str(directory / "libhelper.dylib"), str(directory / "ext.so")
    name = "-Wl,-install_name,@rpath/libhelper.dylib"
    _run("cc", *flags, name, _source(place, "helper.c", _LIBRARY), "-o", library)
    paths = (f"-Wl,-rpath,{place / 'lib'}", "-Wl,-undefined,dynamic_lookup")
    _run("cc", *flags, *paths, _source(place, "ext.c", _EXTENSION), library, "-o", extension)
    return directory


def _source(place: Path, name: str, text: str) -> str:
    (place / name).write_text(text)
    return str(place / name)


def _run(*arguments: str) -> None:
    done = subprocess.run([str(find_zig()), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _lipo(parts: list[Path], target: Path) -> None:
    lipo = str(mac_tools()["lipo"])
    subprocess.run([lipo, "-create", *map(str, parts), "-output", str(target)], check=True)


def _wheel(place: Path, tag: str, extension: str) -> Path:
    path = place / f"demo-1.0-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("demo/__init__.py", "")
        archive.write(place / extension, f"demo/{extension}")
        archive.writestr("demo-1.0.dist-info/METADATA", _METADATA)
        archive.writestr("demo-1.0.dist-info/WHEEL", _WHEEL.format(tag=tag))
        archive.writestr("demo-1.0.dist-info/RECORD", "")
    return path
