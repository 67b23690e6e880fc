"""Show the progress of an upload: a line per file, and a progress bar on a terminal."""

from __future__ import annotations

from typing import IO

from cibw.exhaustive import assert_never
from cibw.model.published import PublishReport, UploadResult, UploadStatus
from cibw.model.release import Decision
from cibw.model.uploading import (
    BytesSent,
    FileFinished,
    FileStarted,
    TryFailed,
    UploadEvent,
    UploadFinished,
    UploadStarted,
)
from cibw.reporting.guard import write_command
from cibw.reporting.look import Look
from cibw.reporting.wording import duration, size

_CLEAR = "\r\x1b[K"
_BAR = 24


class UploadConsole:
    """Writes the events of an upload to a stream."""

    def __init__(self, stream: IO[str], look: Look) -> None:
        self._stream = stream
        self._look = look
        self._place = ""
        self._files = 0
        self._percent = -1

    def __call__(self, event: UploadEvent) -> None:
        """Write an event."""
        match event:
            case UploadStarted():
                self._files = len(event.plan.having(Decision.SEND))
                self._line(f"Uploading to {event.plan.index.name}, with {event.login}")
            case FileStarted():
                self._place = f"{event.number}/{self._files} {event.filename}"
                self._percent = -1
                self._draw(0, event.size)
            case BytesSent():
                self._draw(event.sent, event.total)
            case TryFailed():
                mark = self._look.warning(self._look.symbol("⚠", "!"))
                self._line(f"  {mark} {self._place}: {event.message}; retrying in {event.wait:g} s")
            case FileFinished():
                self._line(self._finished(event.result))
            case UploadFinished():
                self._line(ending(event.report))
            case _:
                assert_never(event)

    def _draw(self, sent: int, total: int) -> None:
        percent = 100 * sent // total if total else 100
        if not self._look.redraws or percent == self._percent:
            return
        self._percent = percent
        full = _BAR * percent // 100
        bar = self._look.symbol("━", "=") * full + self._look.symbol("─", "-") * (_BAR - full)
        text = f"  {bar} {percent:3} % of {size(total)}  {self._place}"
        write_command(self._stream, _CLEAR)
        self._stream.write(text[: self._look.width - 1])
        self._stream.flush()

    def _finished(self, result: UploadResult) -> str:
        look = self._look
        took = f"{size(result.size)} in {duration(result.seconds)}"
        tries = f", {result.attempts} tries" if result.attempts > 1 else ""
        match result.status:
            case UploadStatus.UPLOADED:
                mark, words = look.good(look.symbol("✓", "+")), f"{took}{tries}"
            case UploadStatus.ALREADY_THERE:
                mark, words = look.good(look.symbol("✓", "+")), f"{result.message}{tries}"
            case UploadStatus.FAILED | UploadStatus.NOT_TRIED:
                mark, words = look.bad(look.symbol("✗", "x")), f"{result.status.value}{tries}"
            case _:
                assert_never(result.status)
        return f"  {mark} {self._place}  {look.dim(words)}"

    def _line(self, text: str) -> None:
        if self._look.redraws:
            write_command(self._stream, _CLEAR)
        self._stream.write(f"{text}\n")
        self._stream.flush()


def ending(report: PublishReport) -> str:
    """The number of files of a release by result, on one line."""
    numbers = [(len(report.having(status)), status) for status in UploadStatus]
    return f"{report.project} {report.version}: {', '.join(f'{n} {status.value}' for n, status in numbers if n)}"
