"""Processes of a Windows computer, each in a job object of its own."""

from __future__ import annotations

import ctypes
import ntpath
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from ctypes import wintypes
from dataclasses import dataclass
from pathlib import Path

from cibw.execution.host.processes import PipeReader
from cibw.execution.machine import OutputSink, OutputSplitter
from cibw.model.templates import CommandRequest, batch_word, program_word

# Converts commands to their Windows form: a command line and an environment block.

_CMD = ("cmd", "/d", "/s", "/c")
_ENDINGS = ".COM;.EXE;.BAT;.CMD"
_STARTABLE = tuple(_ENDINGS.lower().split(";"))
_BATCH = (".bat", ".cmd")


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsStart:
    """A command for CreateProcess."""

    command_line: str
    environment: Mapping[str, str]


def windows_start(request: CommandRequest, is_file: Callable[[str], bool]) -> WindowsStart:
    """Convert a command. Raise FileNotFoundError if the PATH of the request does not contain the program.

    ValueError names an argument that cannot be passed to a batch file.
    """
    environment = windows_environment(request.environment)
    if request.argv[:-1] == _CMD:
        # Everything after /c is the command, within one pair of quotes that cmd.exe removes because of /s.
        shell = environment.get("COMSPEC") or "cmd.exe"
        line = f'{program_word(shell)} /d /s /c "{request.argv[-1]}"'
        return WindowsStart(command_line=line, environment=environment)
    program = find_program(request.argv[0], request.cwd, environment, is_file)
    make = _batch_line if program.lower().endswith(_BATCH) else _program_line
    return WindowsStart(command_line=make(program, request.argv[1:], environment), environment=environment)


def windows_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables with uppercase names, because Windows does not distinguish `Path` from `PATH`. Later ones win.

    Directories in PATH get backslashes, without which cmd.exe finds no program in them.
    """
    folded = {name.upper(): value for name, value in environment.items()}
    if "PATH" in folded:
        folded["PATH"] = folded["PATH"].replace("/", "\\")
    return folded


def find_program(name: str, cwd: str, environment: Mapping[str, str], is_file: Callable[[str], bool]) -> str:
    """Return the file that a name refers to, by PATH and PATHEXT as in cmd.exe.

    Raise FileNotFoundError if there is none. Unlike in cmd.exe, the working directory is not searched, because it
    belongs to a project and may contain anything.
    """
    for directory in _directories(name, cwd, environment):
        for candidate in _candidates(ntpath.join(directory, name), environment):
            if is_file(candidate):
                return candidate
    raise FileNotFoundError(2, "no such program", name)


def _directories(name: str, cwd: str, environment: Mapping[str, str]) -> Iterator[str]:
    if ntpath.dirname(name) or ntpath.splitdrive(name)[0]:
        yield cwd
        return
    for directory in environment.get("PATH", "").split(";"):
        if directory.strip(' "'):
            yield directory.strip(' "')


def _candidates(path: str, environment: Mapping[str, str]) -> Iterator[str]:
    path = ntpath.normpath(path)
    endings = [one.strip().lower() for one in (environment.get("PATHEXT") or _ENDINGS).split(";")]
    if ntpath.splitext(path)[1].lower() in _STARTABLE:
        yield path
    yield from (f"{path}{ending}" for ending in endings if ending in _STARTABLE)


def _program_line(program: str, arguments: tuple[str, ...], _environment: Mapping[str, str]) -> str:
    return " ".join([f'"{program}"', *map(program_word, arguments)])


def _batch_line(program: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> str:
    """Return the command line of a batch file, with arguments quoted so that cmd.exe does not interpret them."""
    words = " ".join([f'"{program}"', *map(_batch_word, arguments)])
    shell = environment.get("COMSPEC") or "cmd.exe"
    return f'{program_word(shell)} /e:on /v:off /d /s /c "{words}"'


def _batch_word(argument: str) -> str:
    if any(one in argument for one in "\r\n\0"):
        raise ValueError(f"a batch file cannot be given the argument {argument!r}, which contains a line break")
    # %cd:~,% expands to an empty string, so the percent sign before it does not begin a variable.
    return batch_word(argument.replace("%", "%%cd:~,%"))


# A Windows job object: a process and everything that it starts, which end together.

_EXTENDED_LIMITS = 9
_LIMITS = "@qqINNINII6Q4N"
"""JOBOBJECT_EXTENDED_LIMIT_INFORMATION. The third value contains the flags."""
_ACCOUNTING = 1
_COUNTS = "@4q4I"
"""JOBOBJECT_BASIC_ACCOUNTING_INFORMATION. The last value but one is the number of active processes."""
_KILL_ON_CLOSE = 0x2000
_BREAKAWAY_OK = 0x0800
_RIGHTS = 0x0001 | 0x0100 | 0x0800
"""The rights to terminate a process, to assign it to a job, and to resume it."""
_CTRL_BREAK = 1

if sys.platform == "win32":

    class ProcessJob:
        """Holds a suspended process and all its descendants. Raises OSError if Windows refuses.

        Its processes end when it is closed, even if cibw is killed. See "Job Objects" in Microsoft's documentation
        of Windows.
        """

        def __init__(self) -> None:
            self._kernel = ctypes.WinDLL("kernel32", use_last_error=True)
            self._kernel.CreateJobObjectW.restype = wintypes.HANDLE
            self._kernel.OpenProcess.restype = wintypes.HANDLE
            self._job = wintypes.HANDLE(self._true(self._kernel.CreateJobObjectW(None, None)))
            limits = struct.pack(_LIMITS, 0, 0, _KILL_ON_CLOSE | _BREAKAWAY_OK, *([0] * 16))
            self._true(self._kernel.SetInformationJobObject(self._job, _EXTENDED_LIMITS, limits, len(limits)))

        def begin(self, process_id: int) -> None:
            """Add a suspended process and resume it."""
            process = wintypes.HANDLE(self._true(self._kernel.OpenProcess(_RIGHTS, False, process_id)))
            try:
                self._true(self._kernel.AssignProcessToJobObject(self._job, process))
                # The thread that ResumeThread needs is already closed.
                if ctypes.WinDLL("ntdll").NtResumeProcess(process) != 0:
                    raise OSError("the process cannot be resumed")
            finally:
                self._kernel.CloseHandle(process)

        @property
        def active(self) -> int:
            """Return the number of running processes, or 0 after `close`."""
            if not self._job.value:
                return 0
            found = ctypes.create_string_buffer(struct.calcsize(_COUNTS))
            query = self._kernel.QueryInformationJobObject
            self._true(query(self._job, _ACCOUNTING, found, len(found), None))
            return int(struct.unpack(_COUNTS, found.raw)[-2])

        def ask_to_end(self, process_id: int) -> bool:
            """Send Ctrl-Break to the group of a process. Return False without a console, where that is impossible."""
            return bool(self._kernel.GenerateConsoleCtrlEvent(_CTRL_BREAK, process_id))

        def kill(self) -> None:
            """Kill all processes immediately."""
            if self._job.value:
                self._kernel.TerminateJobObject(self._job, 1)

        def close(self) -> None:
            """Close the job, which kills its processes. Further calls do nothing."""
            job, self._job = self._job, wintypes.HANDLE()
            if job.value:
                self._kernel.CloseHandle(job)

        @staticmethod
        def _true(result: int | None) -> int:
            if not result:
                raise ctypes.WinError(ctypes.get_last_error())
            return result


# Processes of a Windows computer, each in its own job object, from their start to the end of their last child.

_SUSPENDED = 0x0004
_GRACE_SECONDS = 5.0
_PAUSE = 0.02
_CODE_PAGE = "mbcs"
"""The system's encoding, which programs use if they do not write UTF-8."""


if sys.platform == "win32":

    class WindowsProcess:
        """A running command. Raises OSError if it cannot be started."""

        def __init__(self, request: CommandRequest) -> None:
            try:
                start = windows_start(request, lambda path: Path(path).is_file())
            except ValueError as error:
                raise OSError(22, str(error)) from error
            self._job = ProcessJob()
            self._process = subprocess.Popen(
                start.command_line,
                cwd=request.cwd,
                env=dict(start.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Ctrl-C goes to cibw, which ends its processes. A child that started before it is in the job would
                # escape.
                creationflags=subprocess.CREATE_NEW_PROCESS_GROUP | _SUSPENDED,
            )
            try:
                self._job.begin(self._process.pid)
            except OSError:
                self._process.kill()
                self._job.close()
                raise

        def finish(self, output: OutputSink) -> tuple[int, str]:
            """Wait for the end, and return the exit code and the beginning of standard output.

            The end of the command counts, not the end of background processes.
            """
            if self._process.stdout is None or self._process.stderr is None:
                raise ValueError("the streams of the process are not piped")
            splitter = OutputSplitter(output, _CODE_PAGE)
            reader = PipeReader({False: self._process.stdout, True: self._process.stderr})
            reader.read(splitter, lambda: self._process.poll() is not None)
            code = self._process.wait()
            if not self.left_children:
                self._job.close()
            return code, splitter.close()

        @property
        def left_children(self) -> bool:
            """Return whether a process that the command started still runs."""
            return self._job.active > 0

        def end(self) -> None:
            """End the process and everything that it started: first with Ctrl-Break, then by force."""
            if self._job.ask_to_end(self._process.pid):
                self._wait_for_all()
            self._job.kill()
            self._wait_for_all()
            self._job.close()

        def close(self) -> None:
            """Do nothing. The reader of a stream closes it at its end, which comes with the end of the processes."""

        def _wait_for_all(self) -> None:
            deadline = time.monotonic() + _GRACE_SECONDS
            while self.left_children and time.monotonic() < deadline:
                self._process.poll()
                time.sleep(_PAUSE)
