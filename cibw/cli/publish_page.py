"""Tells where a release can be looked at, on the terminal and to the job of a CI."""

from __future__ import annotations

from cibw.cli.sessions import Session
from cibw.model.release import PackageIndex
from cibw.publishing.upload_addresses import page_address
from cibw.publishing.upload_plan import Release


def tell_page(session: Session, index: PackageIndex, release: Release) -> None:
    """Name the page of a release, also as the output `url` of a step of GitHub Actions, for its environment."""
    page = page_address(index, release.project, release.version)
    if not page:
        return
    session.stream_for_people.write(f"{page}\n")
    outputs = session.environment.get("GITHUB_OUTPUT")
    if outputs:
        with (session.working_dir / outputs).open("a", encoding="utf-8") as file:
            file.write(f"url={page}\n")
