"""The findings about a release as JSON."""

from __future__ import annotations

from cibw.model.distribution import Distribution
from cibw.model.findings import Finding, stops
from cibw.reporting.json_text import json_text

FINDINGS_VERSION = 1


def findings_to_json(files: tuple[Distribution, ...], findings: tuple[Finding, ...]) -> str:
    """An object with the files, the findings and whether they stop the release; ends with a newline."""
    return json_text(
        {
            "version": FINDINGS_VERSION,
            "stops": stops(findings),
            "files": [
                {
                    "filename": one.filename,
                    "project": one.project,
                    "version": str(one.version),
                    "size": one.size,
                    "sha256": one.sha256,
                }
                for one in files
            ],
            "findings": [
                {
                    "rule": one.rule,
                    "severity": one.severity.value,
                    "message": one.message,
                    "fix": one.fix,
                    "files": list(one.files),
                }
                for one in findings
            ],
        }
    )
