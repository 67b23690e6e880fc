"""A Windows job object: a process and everything that it starts, which end together."""

from __future__ import annotations

import ctypes
import struct
import sys
from ctypes import wintypes

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
