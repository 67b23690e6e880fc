"""Output for CI runs: annotations, the summary of a GitHub job, and the URL of a release."""

from __future__ import annotations

from contextlib import suppress

from cibw.cli.sessions import Session
from cibw.model.findings import Finding
from cibw.model.release import PackageIndex
from cibw.publishing.upload_addresses import page_address
from cibw.publishing.upload_plan import Release
from cibw.reporting.annotations import finding_annotations
from cibw.reporting.guard import write_command


def annotate(session: Session, findings: tuple[Finding, ...]) -> None:
    """Write the findings as annotations, which the CI shows on the page of the run."""
    for line in finding_annotations(findings, session.look.fold, session.mask):
        write_command(session.stream_for_people, f"{line}\n")


def add_summary(session: Session, markdown: str) -> None:
    """Append to the summary of a GitHub job; do nothing elsewhere."""
    summary = session.environment.get("GITHUB_STEP_SUMMARY")
    if not summary:
        return
    text = session.mask(markdown)
    # A successful release must not fail because its summary cannot be written.
    with suppress(OSError), (session.working_dir / summary).open("ab") as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def tell_page(session: Session, index: PackageIndex, release: Release) -> None:
    """Print the URL of a release's page, also as the output `url` of a GitHub Actions step for its environment."""
    page = page_address(index, release.project, release.version)
    if not page:
        return
    session.stream_for_people.write(f"{page}\n")
    outputs = session.environment.get("GITHUB_OUTPUT")
    if outputs:
        with (session.working_dir / outputs).open("a", encoding="utf-8") as file:
            file.write(f"url={page}\n")
