"""The gates of a release, by what the CI and git say of this run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from packaging.version import Version

from cibw.cli.sessions import Session
from cibw.config.publish_values import PublishOptions
from cibw.model.ci import CiFacts
from cibw.model.command import Request
from cibw.model.gates import Gates
from cibw.publishing.ci_facts import ci_facts, with_git
from cibw.publishing.gates import Refusal, refusals
from cibw.running.host import HostMachine


def release_facts(session: Session, root: Path, options: PublishOptions) -> CiFacts:
    """What this run is for: as the CI says, else, where a gate asks for it, as the git of a directory does."""
    facts = ci_facts(session.environment)
    return with_git(facts, _git(session, root)) if options.require_tag or options.branches else facts


def gate_refusals(options: PublishOptions, facts: CiFacts, project: str, version: str) -> tuple[Refusal, ...]:
    """Every reason of the options against a release by this run."""
    gates = Gates(
        require_tag=options.require_tag,
        tag_format=options.tag_format,
        branches=options.branches,
        never_from_pull_request=options.never_from_pull_request,
    )
    return tuple(refusals(gates, facts, project, Version(version)))


def _git(session: Session, root: Path) -> Callable[[tuple[str, ...]], str]:
    def ask(arguments: tuple[str, ...]) -> str:
        request = Request(argv=("git", *arguments), cwd=str(root), environment=session.environment)
        outcome = HostMachine(session.environment).run(request, lambda _line, _is_error: None)
        return outcome.stdout if outcome.exit_code == 0 else ""

    return ask
