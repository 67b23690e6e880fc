"""The result of an upload in the `report.json` next to the files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cibw.model.events import Report
from cibw.model.published import PublishReport
from cibw.reporting.report import read_report, write_report


def keep_publish(publish: PublishReport, directory: Path) -> None:
    """Add the report of an upload to `report.json`, and keep the report of a build there."""
    write_report(replace(read_report(directory) or Report(results=()), publish=publish), directory)


def read_publish(directory: Path) -> PublishReport | None:
    """The report of the last upload from a directory; None if there is no readable one."""
    report = read_report(directory)
    return report.publish if report else None
