"""The check of a release before it is sent."""

from __future__ import annotations

from dataclasses import replace

from cibw.cli.check import check_release, chosen_paths, tell_ci
from cibw.cli.sessions import Session
from cibw.config.publish_values import PublishOptions
from cibw.errors import ReleaseFaultError
from cibw.model.findings import Severity, stops
from cibw.reporting.check_text import finding_lines
from cibw.reporting.wording import count


def unfit(session: Session, options: PublishOptions) -> ReleaseFaultError | None:
    """Write what is wrong with the release, and give the error that stops it where one is among that.

    Where a part of the same run has checked it already, nothing is done.
    """
    line, look = session.line, session.look
    if line.is_checked:
        return None
    if line.no_check:
        mark = look.warning(look.symbol("⚠", "!"))
        session.stream_for_people.write(f"  {mark} The release is not checked (--no-check).\n")
        return None
    checked = check_release(session, options, chosen_paths(session))
    told = tuple(one for one in checked.findings if one.severity is not Severity.SKIPPED)
    for text in finding_lines(told, len(checked.files), look):
        session.stream_for_people.write(f"{text}\n")
    tell_ci(session, replace(checked, findings=told))
    if not stops(told):
        return None
    errors = sum(one.severity is Severity.ERROR for one in told)
    return ReleaseFaultError(
        f"The release has {count(errors, 'error')}. Nothing was sent.",
        hint="`cibw check` finds the same without an index. Where a rule is wrong for this project, name it in "
        "check-ignore of [tool.cibw]; --no-check sends files that nobody has checked.",
    )
