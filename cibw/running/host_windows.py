"""Processes of a Windows computer, each in its own job object, from their start to the end of their last child."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from cibw.model.command import Request
from cibw.running.host_pipes import PipeReader
from cibw.running.lines import OutputSplitter
from cibw.running.machine import OutputSink
from cibw.running.windows_commands import windows_start

_SUSPENDED = 0x0004
_GRACE_SECONDS = 5.0
_PAUSE = 0.02
_CODE_PAGE = "mbcs"
"""The system's encoding, which programs use if they do not write UTF-8."""


if sys.platform == "win32":
    from cibw.running.host_job import ProcessJob

    class WindowsProcess:
        """A running command. Raises OSError if it cannot be started."""

        def __init__(self, request: Request) -> None:
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
