"""A framework for iOS that is laid out as the real one, and compiles with this computer's own compiler."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

MULTIARCH = "arm64-iphonesimulator"
_BUILT_AT = "/built/elsewhere"
_COMPILER = "arm64-apple-ios-simulator-clang"
_ASK = "import json, sys; m = __import__(sys.argv[1]); print(json.dumps(m.build_time_vars))"
_NAME = "import sysconfig; print(sysconfig._get_sysconfigdata_name())"
_TESTBED = '''\
"""Clones itself, and notes how it is run; no simulator is there to run anything."""
import json, os, pathlib, shutil, sys

here = pathlib.Path(__file__).parent
if sys.argv[1] == "clone":
    shutil.copytree(here, sys.argv[2])
else:
    files = sorted(str(path.relative_to(here)) for path in here.rglob("*") if path.is_file())
    note = {"arguments": sys.argv[1:], "files": files, "platform": sys.platform, "shown": os.environ.get("SHOWN")}
    with open(os.environ["TESTBED_LOG"], "a") as log:
        log.write(json.dumps(note) + "\\n")
    sys.exit("fails" in sys.argv)
'''


class Framework:
    """An unpacked archive of the framework for one Python, and Apple's programs that the scripts ask."""

    def __init__(self, root: Path, python: str, *, own_program: str = "") -> None:
        self.root = root
        self.slice_dir = root / "Python.xcframework" / "ios-arm64_x86_64-simulator"
        self.programs = root / "programs"
        version = f"python{_answer(python, 'import sys; print(*sys.version_info[:2], sep=chr(46))')}"
        of_beeware = self.slice_dir / "platform-config" / MULTIARCH
        self.settings = of_beeware if own_program else self.slice_dir / "lib-arm64" / version
        self._lay_settings(python)
        if own_program:
            (self.settings / "make_cross_venv.py").write_text(own_program)
        (self.slice_dir / "include").mkdir()
        (self.slice_dir / "include" / version).symlink_to(_answer(python, _INCLUDE))
        self._program(self.slice_dir / "bin" / _COMPILER, f'echo "$@" >>{root}/compiled\nexec gcc "$@"\n')
        self._program(self.programs / "xcrun", f'echo "$@" >>{root}/xcrun\n')
        testbed = root / "testbed"
        for name in ("app", "app_packages"):
            (testbed / "iOSTestbed" / name).mkdir(parents=True)
        (testbed / "__main__.py").write_text(_TESTBED)

    @property
    def compiled(self) -> str:
        """What the compiler was told, a line for each call."""
        return (self.root / "compiled").read_text()

    def lose_sdk(self) -> None:
        """From now on Xcode knows no SDK."""
        self._program(self.programs / "xcrun", "exit 1\n")

    def _lay_settings(self, python: str) -> None:
        self.settings.mkdir(parents=True)
        values = json.loads(_answer(python, _ASK, _answer(python, _NAME)))
        values = _moved(values, str(values["prefix"])) | {
            "CC": _COMPILER,
            "LDSHARED": f"{_COMPILER} -shared -F .",
            "EXT_SUFFIX": ".cpython-iphonesimulator.so",
            "IPHONEOS_DEPLOYMENT_TARGET": "13.0",
        }
        (self.settings / f"_sysconfigdata__ios_{MULTIARCH}.py").write_text(f"build_time_vars = {values!r}\n")
        (self.settings / f"_sysconfig_vars__ios_{MULTIARCH}.json").write_text(json.dumps(values))

    @staticmethod
    def _program(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}")
        path.chmod(0o755)


_INCLUDE = "import sysconfig; print(sysconfig.get_path('include'))"


def _moved(values: Mapping[str, object], prefix: str) -> dict[str, object]:
    return {key: value.replace(prefix, _BUILT_AT) if isinstance(value, str) else value for key, value in values.items()}


def _answer(python: str, code: str, *arguments: str) -> str:
    command = [python, "-I", "-c", code, *arguments]
    return subprocess.run(command, env={}, capture_output=True, text=True, check=True).stdout.strip()
