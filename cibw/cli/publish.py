"""The `publish` command."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial

from cibw.cli.ci_page import tell_page
from cibw.cli.publish_attestations import Attestations
from cibw.cli.publish_check import unfit
from cibw.cli.publish_files import Chosen, choose_files
from cibw.cli.publish_gates import gate_refusals, release_facts
from cibw.cli.publish_index import AskedIndex, find_index, named_index
from cibw.cli.publish_login import source_for
from cibw.cli.publish_work import PublishWork
from cibw.cli.release_options import release_project
from cibw.cli.sessions import Session
from cibw.config.publish_values import PublishOptions
from cibw.errors import ReleaseFaultError
from cibw.model.ci import CiFacts
from cibw.model.release import Decision, UploadPlan
from cibw.publishing.gates import Refusal, gate_error
from cibw.publishing.upload_plan import Known, check_conflicts, memory_of, plan_upload, skipped_text
from cibw.reporting.publish_report import read_publish
from cibw.reporting.upload_json import upload_plan_to_json
from cibw.reporting.upload_text import upload_plan_text


def publish(session: Session) -> int:
    """Plan an upload, and run it unless --dry-run is given; the exit code comes from the error."""
    with release_project(session) as found:
        options = with_arguments(session, found.options.publish)
        chosen = choose_files(session)
        facts = release_facts(session, found.project, options)
        index = named_index(session, options.to)
        hindrances = _hindrances(session, options, chosen, facts)
        warn = partial(_warn, session)
        source = source_for(session, index, facts, warn)
        attestations = Attestations(session=session, policy=options.attestations, facts=facts, warn=warn)
        try:
            asked = find_index(session, index, source)
            plan = _with_refusals(attestations.planned(_plan(chosen, asked, options)), hindrances.refused)
            _tell(session, plan)
            if hindrances.fault is not None:
                raise hindrances.fault
            if _is_skipped(session, plan, chosen):
                return 0
            check_conflicts(plan)
            work = PublishWork(
                session=session,
                root=found.project.root,
                options=options,
                chosen=chosen,
                asked=asked,
                source=source,
                attestations=attestations,
            )
            if session.line.dry_run:
                # If publishing is refused, as in a pull request, credentials are not needed.
                return 0 if hindrances.refused else work.rehearse(plan, facts.tag)
            exit_code = work.send(plan) if plan.having(Decision.SEND) else work.skip_all(plan, facts.tag)
            tell_page(session, asked.index, chosen.release)
            return exit_code
        finally:
            source.close()


def _is_skipped(session: Session, plan: UploadPlan, chosen: Chosen) -> bool:
    if not session.line.skip_released or not plan.having(Decision.CONFLICT):
        return False
    session.stream_for_people.write(f"{skipped_text(plan, chosen.release)}\n")
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hindrances:
    """Problems that a dry run reports and other runs fail with: refusals of the gates, and faults of the release."""

    refused: tuple[Refusal, ...]
    fault: ReleaseFaultError | None


def _hindrances(session: Session, options: PublishOptions, chosen: Chosen, facts: CiFacts) -> _Hindrances:
    refused = gate_refusals(options, facts, chosen.release.project, chosen.release.version)
    if refused and not session.line.dry_run:
        raise gate_error(refused)
    fault = unfit(session, options)
    if fault is not None and not session.line.dry_run:
        raise fault
    return _Hindrances(refused=refused, fault=fault)


def with_arguments(session: Session, options: PublishOptions) -> PublishOptions:
    """The options, overridden by the command line."""
    line = session.line
    never = line.never_from_pull_request
    return replace(
        options,
        to=line.to or options.to,
        skip_existing=options.skip_existing if line.skip_existing is None else line.skip_existing,
        require_tag=options.require_tag if line.require_tag is None else line.require_tag,
        branches=line.branches or options.branches,
        never_from_pull_request=options.never_from_pull_request if never is None else never,
    )


def _plan(chosen: Chosen, asked: AskedIndex, options: PublishOptions) -> UploadPlan:
    known = Known(
        listing=asked.listing(chosen.release),
        memory=memory_of(read_publish(chosen.directory), asked.index, time.time()),
        skip_existing=options.skip_existing,
    )
    plan = plan_upload(chosen.release, asked.index, known)
    return replace(plan, notes=(*filter(None, [chosen.note]), *plan.notes))


def _with_refusals(plan: UploadPlan, refused: tuple[Refusal, ...]) -> UploadPlan:
    return replace(plan, notes=(*plan.notes, *(f"Publishing would be refused. {one.message}" for one in refused)))


def _warn(session: Session, text: str) -> None:
    mark = session.look.warning(session.look.symbol("⚠", "!"))
    session.stream_for_people.write(f"  {mark} {session.look.clean(text)}\n")


def _tell(session: Session, plan: UploadPlan) -> None:
    if session.line.as_json and session.line.dry_run:
        print(upload_plan_to_json(plan), end="")
    else:
        session.stream_for_people.write(upload_plan_text(plan, session.look))
