"""Check whether a release is allowed, with facts from the CI and git."""

from __future__ import annotations

from collections.abc import Callable

from packaging.version import Version

from cibw.cli.project import Project
from cibw.cli.sessions import Session
from cibw.config.publish_values import PublishOptions
from cibw.errors import GateError
from cibw.model.ci import CiFacts
from cibw.model.gates import Gates
from cibw.publishing.ci_facts import ci_facts, with_git
from cibw.publishing.gates import Refusal, refusals
from cibw.running.git import git_lines, owner_refusal
from cibw.running.host import HostMachine


def release_facts(session: Session, project: Project, options: PublishOptions) -> CiFacts:
    """The facts of this run from the CI, else from git if a gate needs them.

    GateError if a gate needs git, and git refuses to read the repository.
    """
    facts = ci_facts(session.environment)
    is_asked = (options.require_tag or options.branches) and not project.is_sdist
    return with_git(facts, _git(session, project)) if is_asked else facts


def gate_refusals(options: PublishOptions, facts: CiFacts, project: str, version: str) -> tuple[Refusal, ...]:
    """All reasons by which the options refuse a release in this run."""
    gates = Gates(
        require_tag=options.require_tag,
        tag_format=options.tag_format,
        branches=options.branches,
        never_from_pull_request=options.never_from_pull_request,
    )
    return tuple(refusals(gates, facts, project, Version(version)))


def _git(session: Session, project: Project) -> Callable[[tuple[str, ...]], str]:
    host = HostMachine(session.environment)

    def ask(arguments: tuple[str, ...]) -> str:
        lines = git_lines(host, project.root, *arguments)
        refusal = owner_refusal(host, project.root) if lines is None else ""
        if refusal:
            raise GateError(
                f"git refuses to read the repository at {project.root}, because it belongs to another user. "
                "The tag and the branch of this release are unknown.",
                hint=f"If you trust the repository, run `{refusal}`.",
            )
        return "".join(f"{line}\n" for line in lines or ())

    return ask
