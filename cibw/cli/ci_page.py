"""What a command puts on the page of a CI's run: annotations, and the summary of a job of GitHub."""

from __future__ import annotations

from contextlib import suppress

from cibw.cli.sessions import Session
from cibw.model.findings import Finding
from cibw.reporting.annotations import finding_annotations
from cibw.reporting.guard import write_command


def annotate(session: Session, findings: tuple[Finding, ...]) -> None:
    """Write what was found so that the CI shows it on the page of the run."""
    for line in finding_annotations(findings, session.look.fold, session.mask):
        write_command(session.stream_for_people, f"{line}\n")


def add_summary(session: Session, markdown: str) -> None:
    """Append to the summary of a job of GitHub; elsewhere nothing is done."""
    summary = session.environment.get("GITHUB_STEP_SUMMARY")
    if not summary:
        return
    text = session.mask(markdown)
    # A release that is on its index is no failure because its summary can't be written.
    with suppress(OSError), (session.working_dir / summary).open("ab") as file:
        file.write(text.encode("utf-8", "backslashreplace"))
