"""Whether the source of a release is complete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cibw.model.findings import Finding, Severity
from cibw.model.sdist import SourceState
from cibw.model.versions import VERSION_TOOLS, required_names

_SHOWN = 5


def source_findings(state: SourceState, requires: Iterable[str]) -> tuple[Finding, ...]:
    """What is amiss with a source whose build requires these distributions (PEP 508)."""
    return (*_refusal(state), *_submodules(state), *_depth(state, requires), *_changes(state))


def changes_during_build(changed: tuple[str, ...]) -> tuple[Finding, ...]:
    """What to say of files that changed while an sdist was built from them."""
    if not changed:
        return ()
    finding = Finding(
        rule="changed-meanwhile",
        message=f"The source changed while the sdist was built: {_listed(changed)}.",
        fix="The next call builds it anew. Have your editor, or the build itself, leave tracked files alone.",
        files=changed,
        severity=Severity.WARNING,
    )
    return (finding,)


def _refusal(state: SourceState) -> Iterator[Finding]:
    if state.refused:
        yield Finding(
            rule="repository-of-another-user",
            message="git does not read the repository, because it belongs to another user. So nobody knows whether "
            "the source is complete.",
            fix=f"If you trust the repository, run `{state.refused}`.",
            severity=Severity.WARNING,
        )


def _submodules(state: SourceState) -> Iterator[Finding]:
    if state.missing_submodules:
        yield Finding(
            rule="missing-submodule",
            message=f"Submodules are not checked out: {_listed(state.missing_submodules)}.",
            fix="Run `git submodule update --init --recursive`; in a workflow of GitHub, give the step that checks "
            "out `submodules: recursive`.",
            files=state.missing_submodules,
        )


def _depth(state: SourceState, requires: Iterable[str]) -> Iterator[Finding]:
    tools = sorted(VERSION_TOOLS.intersection(required_names(requires)))
    if state.is_shallow and tools:
        yield Finding(
            rule="shallow-clone",
            message=f"The clone is shallow, so {_listed(tools)} can't find the tag that the version comes from.",
            fix="Run `git fetch --unshallow --tags`; in a workflow of GitHub, give the step that checks out "
            "`fetch-depth: 0`.",
        )


def _changes(state: SourceState) -> Iterator[Finding]:
    if state.changed:
        yield Finding(
            rule="uncommitted-changes",
            message=f"The source differs from its commit: {_listed(state.changed)}.",
            fix="Commit what belongs to the release, so that the sdist can be traced to a commit.",
            files=state.changed,
            severity=Severity.WARNING,
        )


def _listed(names: Iterable[str]) -> str:
    words = list(names)
    rest = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
