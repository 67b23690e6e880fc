"""A check and an upload as Markdown, for the page of a GitHub job."""

from __future__ import annotations

from cibw.model.distribution import Distribution
from cibw.model.findings import Finding, Severity, stops
from cibw.model.published import PublishReport, UploadStatus
from cibw.reporting.check_text import verdict
from cibw.reporting.markdown import code, escaped
from cibw.reporting.upload_console import ending
from cibw.reporting.wording import size

_WEIGHTS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.SKIPPED: "⏭️"}
_SIGNS = {
    UploadStatus.UPLOADED: "✅",
    UploadStatus.ALREADY_THERE: "☑️",
    UploadStatus.FAILED: "❌",
    UploadStatus.NOT_TRIED: "⏹️",
}


def check_markdown(files: tuple[Distribution, ...], findings: tuple[Finding, ...]) -> str:
    """The verdict of a check, and a row for each finding; ends with a newline."""
    rows = [
        _row(_WEIGHTS[severity], code(one.rule), escaped(one.message), escaped(one.fix))
        for severity in Severity
        for one in findings
        if one.severity is severity
    ]
    table = ["| | rule | problem | fix |", "|---|---|---|---|", *rows, ""] if rows else []
    return _page(verdict(files, findings), table, is_good=not stops(findings))


def publish_markdown(report: PublishReport) -> str:
    """The result of an upload, and a row for each file; ends with a newline."""
    rows = [
        _row(
            _SIGNS[one.status],
            code(one.filename),
            escaped(": ".join(filter(None, [one.status.value, one.message]))),
            size(one.size),
            code(one.sha256),
        )
        for one in report.uploads
    ]
    table = ["| | file | result | size | SHA-256 |", "|---|---|---|---:|---|", *rows, ""]
    title = f"{ending(report)} ({report.index})"
    if report.exit_code:
        title += f", exit code {report.exit_code}"
    return _page(title, table, is_good=not report.exit_code)


def _page(title: str, lines: list[str], *, is_good: bool) -> str:
    return "\n".join([f"## {'✅' if is_good else '❌'} {escaped(title)}", "", *lines, ""])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
