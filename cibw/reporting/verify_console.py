"""Show a verification as text and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from cibw.model.events import CommandStarted, Event, OutputLine
from cibw.model.findings import Finding, Severity, stops
from cibw.reporting.json_text import json_text
from cibw.reporting.look import Look
from cibw.reporting.wording import duration

VERIFY_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyConsole:
    """Writes the steps and findings of a verification, one per line."""

    stream: IO[str]
    look: Look

    def begin(self, release: str, address: str) -> None:
        """The title."""
        self._line(f"{self.look.bold(f'{release} on {address}')}")

    def waiting(self, missing: str, seconds: float) -> None:
        """The files that the index does not list yet, and the time until the next check."""
        self._line(f"  {self.look.symbol('…', '.')} waiting for {missing}; next check in {duration(seconds)}")

    def good(self, text: str) -> None:
        """A passed check."""
        self._line(f"  {self.look.good(self.look.symbol('✓', '+'))} {text}")

    def skipped(self, findings: tuple[Finding, ...]) -> None:
        """Skipped checks; errors are shown at the end."""
        for finding in findings:
            if finding.severity is not Severity.ERROR:
                self._line(f"  {self.look.warning(self.look.symbol('⚠', '!'))} {finding.message}")

    def event(self, event: Event) -> None:
        """A command, and its output if it is shown."""
        if isinstance(event, CommandStarted):
            self._line(f"  {self.look.dim(f'$ {event.text}')}")
        elif isinstance(event, OutputLine) and self.look.output:
            self._line(f"    {self.look.dim(self.look.clean(event.text))}")

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
