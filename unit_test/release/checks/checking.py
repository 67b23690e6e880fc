"""Asks the rules about releases that tests have made."""

from __future__ import annotations

from pathlib import Path

from cibw.model.manifest import Finding, Manifest
from cibw.release.checks.checking import find_faults
from cibw.release.checks.contents import DistributionContents, OddFile, read_contents
from cibw.release.checks.rules import CheckedRelease, Knowledge, ReleaseRequirements

KNOWLEDGE = Knowledge(
    classifiers=frozenset({"Typing :: Typed", "Topic :: Software Development"}),
    deprecated={"Natural Language :: Ukranian": ("Natural Language :: Ukrainian",), "Old :: Thing": ()},
    render=lambda text: "line 1: no title" if "broken" in text else "",
)
WANTED = ReleaseRequirements(identifiers=(), tags=("v1.0",))


def contents(path: Path) -> DistributionContents:
    """What lies in a file."""
    read = read_contents(path)
    assert isinstance(read, DistributionContents)
    return read


def release(
    *paths: Path,
    wanted: ReleaseRequirements = WANTED,
    manifest: Manifest | None = None,
    knowledge: Knowledge = KNOWLEDGE,
) -> CheckedRelease:
    """The release of some files."""
    read = [read_contents(path) for path in paths]
    return CheckedRelease(
        contents=tuple(one for one in read if isinstance(one, DistributionContents)),
        odd=tuple(one for one in read if isinstance(one, OddFile)),
        wanted=wanted,
        manifest=manifest,
        knowledge=knowledge,
    )


def found(
    *paths: Path,
    wanted: ReleaseRequirements = WANTED,
    manifest: Manifest | None = None,
    knowledge: Knowledge = KNOWLEDGE,
) -> tuple[Finding, ...]:
    """What all rules find in some files."""
    return find_faults(release(*paths, wanted=wanted, manifest=manifest, knowledge=knowledge))


def rules(findings: tuple[Finding, ...]) -> list[str]:
    """The names of the rules that have found something, each once, in the order of the table."""
    return list(dict.fromkeys(finding.rule for finding in findings))
