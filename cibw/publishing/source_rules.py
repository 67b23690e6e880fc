"""Check that the source of a release is complete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cibw.model.findings import Finding, Severity
from cibw.model.sdist import SourceState
from cibw.model.versions import VERSION_TOOLS, required_names

_SHOWN = 5


def source_findings(state: SourceState, requires: Iterable[str]) -> tuple[Finding, ...]:
    """The problems of a source whose build requires these distributions (PEP 508)."""
    return (*_refusal(state), *_submodules(state), *_depth(state, requires), *_changes(state))


def changes_during_build(changed: tuple[str, ...]) -> tuple[Finding, ...]:
    """The finding for files that changed during the sdist build."""
    if not changed:
        return ()
    finding = Finding(
        rule="changed-meanwhile",
        message=f"The source changed during the sdist build: {_listed(changed)}.",
        fix="The next run rebuilds it. Make sure that neither your editor nor the build changes tracked files.",
        files=changed,
        severity=Severity.WARNING,
    )
    return (finding,)


def _refusal(state: SourceState) -> Iterator[Finding]:
    if state.refused:
        yield Finding(
            rule="repository-of-another-user",
            message="git refuses to read the repository, because it belongs to another user. cibw cannot check "
            "whether the source is complete.",
            fix=f"If you trust the repository, run `{state.refused}`.",
            severity=Severity.WARNING,
        )


def _submodules(state: SourceState) -> Iterator[Finding]:
    if state.missing_submodules:
        yield Finding(
            rule="missing-submodule",
            message=f"Submodules are not checked out: {_listed(state.missing_submodules)}.",
            fix="Run `git submodule update --init --recursive`; in a GitHub workflow, set `submodules: recursive` in "
            "the checkout step.",
            files=state.missing_submodules,
        )


def _depth(state: SourceState, requires: Iterable[str]) -> Iterator[Finding]:
    tools = sorted(VERSION_TOOLS.intersection(required_names(requires)))
    if state.is_shallow and tools:
        yield Finding(
            rule="shallow-clone",
            message=f"The clone is shallow, so {_listed(tools)} cannot find the tag for the version.",
            fix="Run `git fetch --unshallow --tags`; in a GitHub workflow, set `fetch-depth: 0` in the checkout step.",
        )


def _changes(state: SourceState) -> Iterator[Finding]:
    if state.changed:
        yield Finding(
            rule="uncommitted-changes",
            message=f"The source differs from its commit: {_listed(state.changed)}.",
            fix="Commit all changes of the release, so that the sdist can be traced to a commit.",
            files=state.changed,
            severity=Severity.WARNING,
        )


def _listed(names: Iterable[str]) -> str:
    words = list(names)
    rest = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
