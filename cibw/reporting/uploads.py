"""Uploads and verifications as text and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from cibw.errors import assert_never
from cibw.model.events import (
    REPORT_VERSION,
    CommandStarted,
    Event,
    OutputLine,
    PublishReport,
    UploadResult,
    UploadStatus,
)
from cibw.model.manifest import Finding, Severity, stops
from cibw.model.release import (
    BytesSent,
    Decision,
    FileFinished,
    FileStarted,
    PlannedUpload,
    TryFailed,
    UploadEvent,
    UploadFinished,
    UploadPlan,
    UploadStarted,
)
from cibw.reporting.codecs import converter, json_text
from cibw.reporting.streams import write_command
from cibw.reporting.terminal import TerminalStyle, count, duration, size

# Upload plans as text.


def upload_plan_text(plan: UploadPlan, style: TerminalStyle) -> str:
    """The files to upload, skipped files with the reason, and the total size; ends with a newline."""
    first = plan.uploads[0].distribution
    lines = [style.bold(f"{first.project} {first.version} to {plan.index.name}")]
    if plan.index.name != plan.index.upload:
        lines.append(f"  {style.dim(plan.index.upload)}")
    widest = max(len(upload.distribution.filename) for upload in plan.uploads)
    for upload in plan.uploads:
        lines += _upload_lines(upload, widest, style)
    lines.append(f"  {_sum(plan)}")
    lines += [f"  {style.dim('note')} {note}" for note in plan.notes]
    return "\n".join((*lines, ""))


def _upload_lines(upload: PlannedUpload, widest: int, style: TerminalStyle) -> list[str]:
    one = upload.distribution
    attested = " to be attested" if upload.to_attest else " with attestation" if upload.attestations else ""
    head = f"  {_word(upload.decision, style)} {one.filename.ljust(widest)} {size(one.size):>9}{attested}"
    if not upload.reason:
        return [head]
    beside = f"{head}  {style.dim(upload.reason)}"
    fits = 2 + 8 + 1 + widest + 10 + len(attested) + 2 + len(upload.reason) <= style.width
    return [beside] if fits else [head, f"           {style.dim(upload.reason)}"]


def _word(decision: Decision, style: TerminalStyle) -> str:
    text = decision.value.ljust(8)
    match decision:
        case Decision.SEND:
            return style.good(text)
        case Decision.SKIP:
            return style.dim(text)
        case Decision.CONFLICT:
            return style.bad(text)
        case _:
            assert_never(decision)


def _sum(plan: UploadPlan) -> str:
    parts = []
    for decision, words in ((Decision.SEND, "to send"), (Decision.SKIP, "skipped"), (Decision.CONFLICT, "in conflict")):
        uploads = plan.having(decision)
        if uploads:
            total = sum(upload.distribution.size for upload in uploads)
            parts.append(f"{len(uploads)} {words} ({size(total)})")
    return f"{count(len(plan.uploads), 'file')}: {', '.join(parts)}"


# Upload plans and results as JSON; docs/plan.md describes the format.

UPLOAD_VERSION = 1


def upload_plan_to_json(plan: UploadPlan) -> str:
    """A plan as JSON text, with a newline at the end."""
    index = plan.index
    return json_text(
        {
            "version": UPLOAD_VERSION,
            "index": {"name": index.name, "upload": index.upload, "simple": index.simple, "page": index.page},
            "uploads": [_upload(upload) for upload in plan.uploads],
            "notes": list(plan.notes),
        }
    )


def publish_report_to_json(report: PublishReport) -> str:
    """The result of an upload, as in `publish` of the report, as JSON text with a newline at the end."""
    fields: dict[str, object] = converter().unstructure(report, PublishReport)
    return json_text({"version": REPORT_VERSION, "publish": fields})


def _upload(upload: PlannedUpload) -> dict[str, object]:
    one = upload.distribution
    return {
        "filename": one.filename,
        "kind": one.kind.value,
        "project": one.project,
        "version": str(one.version),
        "size": one.size,
        "sha256": one.sha256,
        "path": upload.path,
        "decision": upload.decision.value,
        "reason": upload.reason,
        "attestations": list(upload.attestations),
        "to_attest": upload.to_attest,
    }


# Show the progress of an upload: a line per file, and a progress bar on a terminal.

_CLEAR = "\r\x1b[K"
_BAR = 24


class UploadConsole:
    """Writes the events of an upload to a stream."""

    def __init__(self, stream: IO[str], style: TerminalStyle) -> None:
        self._stream = stream
        self._style = style
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
                mark = self._style.warning(self._style.symbol("⚠", "!"))
                self._line(f"  {mark} {self._place}: {event.message}; retrying in {event.wait:g} s")
            case FileFinished():
                self._line(self._finished(event.result))
            case UploadFinished():
                self._line(ending(event.report))
            case _:
                assert_never(event)

    def _draw(self, sent: int, total: int) -> None:
        percent = 100 * sent // total if total else 100
        if not self._style.redraws or percent == self._percent:
            return
        self._percent = percent
        full = _BAR * percent // 100
        bar = self._style.symbol("━", "=") * full + self._style.symbol("─", "-") * (_BAR - full)
        text = f"  {bar} {percent:3} % of {size(total)}  {self._place}"
        write_command(self._stream, _CLEAR)
        self._stream.write(text[: self._style.width - 1])
        self._stream.flush()

    def _finished(self, result: UploadResult) -> str:
        style = self._style
        took = f"{size(result.size)} in {duration(result.seconds)}"
        tries = f", {result.attempts} tries" if result.attempts > 1 else ""
        match result.status:
            case UploadStatus.UPLOADED:
                mark, words = style.good(style.symbol("✓", "+")), f"{took}{tries}"
            case UploadStatus.ALREADY_THERE:
                mark, words = style.good(style.symbol("✓", "+")), f"{result.message}{tries}"
            case UploadStatus.FAILED | UploadStatus.NOT_TRIED:
                mark, words = style.bad(style.symbol("✗", "x")), f"{result.status.value}{tries}"
            case _:
                assert_never(result.status)
        return f"  {mark} {self._place}  {style.dim(words)}"

    def _line(self, text: str) -> None:
        if self._style.redraws:
            write_command(self._stream, _CLEAR)
        self._stream.write(f"{text}\n")
        self._stream.flush()


def ending(report: PublishReport) -> str:
    """The number of files of a release by result, on one line."""
    numbers = [(len(report.having(status)), status) for status in UploadStatus]
    return f"{report.project} {report.version}: {', '.join(f'{n} {status.value}' for n, status in numbers if n)}"


# Show a verification as text and JSON.

VERIFY_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyConsole:
    """Writes the steps and findings of a verification, one per line."""

    stream: IO[str]
    style: TerminalStyle

    def begin(self, release: str, address: str) -> None:
        """The title."""
        self._line(f"{self.style.bold(f'{release} on {address}')}")

    def waiting(self, missing: str, seconds: float) -> None:
        """The files that the index does not list yet, and the time until the next check."""
        self._line(f"  {self.style.symbol('…', '.')} waiting for {missing}; next check in {duration(seconds)}")

    def good(self, text: str) -> None:
        """A passed check."""
        self._line(f"  {self.style.good(self.style.symbol('✓', '+'))} {text}")

    def skipped(self, findings: tuple[Finding, ...]) -> None:
        """Skipped checks; errors are shown at the end."""
        for finding in findings:
            if finding.severity is not Severity.ERROR:
                self._line(f"  {self.style.warning(self.style.symbol('⚠', '!'))} {finding.message}")

    def event(self, event: Event) -> None:
        """A command, and its output if it is shown."""
        if isinstance(event, CommandStarted):
            self._line(f"  {self.style.dim(f'$ {event.text}')}")
        elif isinstance(event, OutputLine) and self.style.output:
            self._line(f"    {self.style.dim(self.style.clean(event.text))}")

    def _line(self, text: str) -> None:
        self.stream.write(f"{text}\n")
        self.stream.flush()


def verification_to_json(release: str, address: str, findings: tuple[Finding, ...]) -> str:
    """The result of a verification, as JSON text with a newline at the end."""
    return json_text(
        {
            "version": VERIFY_VERSION,
            "release": release,
            "index": address,
            "verified": not stops(findings),
            "findings": [
                {
                    "rule": finding.rule,
                    "severity": finding.severity.value,
                    "message": finding.message,
                    "fix": finding.fix,
                    "files": list(finding.files),
                }
                for finding in findings
            ],
        }
    )
