"""A verification, for people and for programs."""

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
    """Writes what a verification does and finds, a line each."""

    stream: IO[str]
    look: Look

    def begin(self, release: str, address: str) -> None:
        """The title."""
        self._line(f"{self.look.bold(f'{release} on {address}')}")

    def waiting(self, missing: str, seconds: float) -> None:
        """What the index does not show yet, and how long until the next look."""
        self._line(f"  {self.look.symbol('…', '.')} waiting for {missing}; next look in {duration(seconds)}")

    def good(self, text: str) -> None:
        """Something that is as it should be."""
        self._line(f"  {self.look.good(self.look.symbol('✓', '+'))} {text}")

    def skipped(self, findings: tuple[Finding, ...]) -> None:
        """What could not be looked at; errors are told at the end."""
        for finding in findings:
            if finding.severity is not Severity.ERROR:
                self._line(f"  {self.look.warning(self.look.symbol('⚠', '!'))} {finding.message}")

    def event(self, event: Event) -> None:
        """A command that is run, and what it prints where that is shown."""
        if isinstance(event, CommandStarted):
            self._line(f"  {self.look.dim(f'$ {event.text}')}")
        elif isinstance(event, OutputLine) and self.look.output:
            self._line(f"    {self.look.dim(self.look.clean(event.text))}")

    def _line(self, text: str) -> None:
        self.stream.write(f"{text}\n")
        self.stream.flush()


def verification_to_json(release: str, address: str, findings: tuple[Finding, ...]) -> str:
    """How a verification ended, as JSON text with a newline at the end."""
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
