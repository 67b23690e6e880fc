"""What stands in for the computer while cibuildwheel builds: it keeps commands, and makes the files that they would."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePath
from types import SimpleNamespace as Foreign
from typing import Protocol

from tests.peer.commands.calls import COLLECT, FETCH, SHELL, SOURCES, Call, Record, printed, wheel_name

Argument = str | PurePath
_FAKED = ("venv", "audit", "util.packaging", "platforms.macos", "platforms.windows")
_TESTING = "Testing wheel"


class Text(Protocol):
    """What fills placeholders in."""

    def __call__(self, text: str, **values: Argument) -> str:
        """The text with the values in their places."""


class StandIns:
    """Replaces the parts of the peer that reach the computer, and keeps what they are asked."""

    def __init__(self, call: Call, place: Path) -> None:
        self.records: list[Record] = []
        self.place = place
        self.call_of_case = call
        self.scope = ""
        self.phase = ""
        self._destination = Path()
        self._pip = ""
        self._is_windows = call["platform"] == "windows"

    def record(self, *argv: Argument, env: Mapping[str, str] | None = None, cwd: Argument | None = None) -> None:
        """Keep a command, or what stands for one."""
        self.records.append(
            {
                "scope": self.scope,
                "phase": self.phase,
                "argv": [str(word) for word in argv],
                "cwd": str(cwd or self.call_of_case["directory"]),
                "environment": dict(os.environ if env is None else env),
            }
        )

    @property
    def wheel(self) -> str:
        """The name of the wheel of the build at hand."""
        return wheel_name(self.scope, abi3=self.call_of_case["abi3"])

    def install(self, module: Foreign) -> None:
        """Put everything into the place of what it replaces."""
        self._be_the_computer(module)
        self._listen(module)
        for name in _FAKED:
            parts = vars(importlib.import_module(f"cibuildwheel.{name}"))
            for word, replacement in self._replacements().items():
                if word in parts:
                    parts[word] = replacement

    def _be_the_computer(self, module: Foreign) -> None:
        vars(importlib.import_module("platform")).update(
            machine=lambda: self.call_of_case["machine"], mac_ver=lambda: ("14.5", ("", "", ""), "")
        )
        if self._is_windows:
            vars(os)["pathsep"] = ";"
        vars(importlib.import_module("cibuildwheel.venv"))["_IS_WIN"] = self._is_windows
        if self.call_of_case["platform"] == "macos":
            # The installer of python.org is the one program that has to be root.
            module.install_cpython = lambda _tmp, _version, url, _is_free, _sha256: self._interpreter(url, "python3")
            module.install_pypy = lambda _tmp, url, _sha256: self._interpreter(url, "pypy3")
            module.install_graalpy = lambda _tmp, url, _sha256: self._interpreter(url, "graalpy")

    def _listen(self, module: Foreign) -> None:
        log: Foreign = vars(importlib.import_module("cibuildwheel.logger"))["log"]
        step, start, end = log.step, log.build_start, log.build_end

        def begin_step(text: str) -> None:
            self.phase = text
            step(text)

        def begin_build(identifier: str) -> None:
            self.scope = identifier
            start(identifier)

        def end_build(wheel: Path | None) -> None:
            if wheel:
                self.record(COLLECT, wheel.name)
            end(wheel)

        log.step, log.build_start, log.build_end = begin_step, begin_build, end_build
        self._hear_of_texts(module)

    def _hear_of_texts(self, module: Foreign) -> None:
        prepare, audit = module.prepare_command, vars(importlib.import_module("cibuildwheel.audit"))
        module.prepare_command = self._preparing(prepare)
        audit["prepare_command"] = self._preparing(prepare)
        copy = module.copy_test_sources

        def copy_sources(sources: list[str], *others: Argument, **named: Argument) -> None:
            self.record(SOURCES, *sources)
            copy(sources, *others, **named)

        module.copy_test_sources = copy_sources

    def _preparing(self, prepare: Text) -> Text:
        """What fills placeholders in, with a name for the project where the peer writes a dot."""

        def fill(text: str, **values: Argument) -> str:
            if values.get("project") == ".":
                values["project"] = self.call_of_case["directory"]
            if "dest_dir" in values:
                self._destination = Path(values["dest_dir"])
            if self.phase.startswith(_TESTING):
                self.phase = f"{_TESTING}: {'test' if 'wheel' in values else 'before-test'}"
            return str(prepare(text, **values))

        return fill

    def _replacements(self) -> dict[str, object]:
        return {
            "call": self._call,
            "shell": self._shell,
            "find_uv": lambda: Path("/tools/uv"),
            "ca_bundle_path": lambda: "/certificates.pem",
            "download": self._download,
            "extract_zip": self._unpack,
            "CIBW_CACHE_PATH": self.place / "cache",
        }

    def _interpreter(self, url: str, program: str) -> Path:
        self.record(FETCH, url)
        return self._touch(self.place / "cache" / "interpreters" / PurePath(url).name / "bin" / program)

    def _download(self, url: str, path: Path, **_checks: str) -> None:
        self.record(FETCH, url)
        self._touch(path)

    def _unpack(self, archive: Path, directory: Path) -> None:
        # Inside are PyPy with its program at the top, or GraalPy with it below `bin`.
        for program in ("python.exe", "bin/graalpy.exe"):
            self._touch(directory / archive.stem / program)

    def _shell(self, *texts: str, env: Mapping[str, str] | None = None, cwd: Argument | None = None) -> None:
        self.record(SHELL, " ".join(texts), env=env, cwd=cwd)
        if self.phase.startswith("Repairing"):
            self._touch(self._destination / self.wheel)

    def _call(
        self,
        *args: Argument,
        env: Mapping[str, str] | None = None,
        cwd: Argument | None = None,
        capture_stdout: bool = False,
    ) -> str | None:
        words = [str(word) for word in args]
        self.record(*words, env=env, cwd=cwd)
        self._work(words)
        return self._printed(words, env or {}) if capture_stdout else None

    def _work(self, words: list[str]) -> None:
        """Make the files that a command would make."""
        match words:
            case [_, "venv", directory, *_]:
                self._environment(Path(directory), has_pip=False)
            case [_, "-sS", _, *flags, directory]:
                self._pip = next(flag for flag in flags if flag.startswith("--pip=")).partition("=")[2]
                self._environment(Path(directory), has_pip=True)
            case [_, "install", package, "-Version", version, "-OutputDirectory", directory]:
                self.record(FETCH, f"nuget:{package}/{version}")
                self._touch(Path(directory) / f"{package}.{version}" / "tools" / "python.exe")
            case _:
                for word in words:
                    if word.startswith(("--wheel-dir=", "--outdir=", "--out-dir=")):
                        self._touch(Path(word.partition("=")[2]) / self.wheel)

    def _environment(self, directory: Path, *, has_pip: bool) -> None:
        programs, ending = ("Scripts", ".exe") if self._is_windows else ("bin", "")
        for name in ("python", "pip") if has_pip else ("python",):
            self._touch(directory / programs / f"{name}{ending}")
        self._touch(directory / "pyvenv.cfg")

    def _printed(self, words: list[str], env: Mapping[str, str]) -> str:
        match words:
            case ["which", program]:
                return shutil.which(program, mode=os.F_OK, path=env["PATH"]) or ""
            case ["where", program]:
                found = (Path(directory) / f"{program}.exe" for directory in env["PATH"].split(";"))
                return str(next((path for path in found if path.exists()), ""))
            case [_, "-m", "pip", "freeze", "--all"]:
                return f"pip=={self._pip}\n"
            case _:
                return printed(" ".join(words))

    @staticmethod
    def _touch(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return path


class NoProcess(Foreign):
    """The module `subprocess` where the peer asks whether an engine is there: it always is."""

    CalledProcessError = subprocess.CalledProcessError
    DEVNULL = subprocess.DEVNULL

    def run(self, *_arguments: object, **_named: object) -> None:
        """Start nothing."""
