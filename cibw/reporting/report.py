"""Read and write `report.json` next to the wheels."""

from __future__ import annotations

from pathlib import Path

from cibw.errors import CibwError
from cibw.limited import read_text_limited
from cibw.model.events import Event, Report, RunFinished
from cibw.reporting.reporter import Reporter
from cibw.reporting.whole_file import write_whole

FILE_NAME = "report.json"


def report_writer(directory: Path) -> Reporter:
    """A reporter that writes `report.json` into a directory when the run ends."""

    def report(event: Event) -> None:
        if isinstance(event, RunFinished):
            write_report(event.report, directory)

    return report


def write_report(report: Report, directory: Path) -> Path:
    """Write `report.json` and return its path."""
    from cibw.reporting.codec import report_to_json

    return write_whole(directory / FILE_NAME, report_to_json(report))


def read_report(directory: Path) -> Report | None:
    """The report of an earlier run; None if there is no readable one."""
    from cibw.reporting.codec import report_from_json

    try:
        return report_from_json(read_text_limited(directory / FILE_NAME))
    except (CibwError, OSError, ValueError):
        return None
