"""Check a release before the upload."""

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
    """Print the findings about the release, and return the error that stops it, if any.

    Do nothing if an earlier step of the same run has checked the release.
    """
    line, look = session.line, session.look
    if line.is_checked:
        return None
    if line.no_check:
        mark = look.warning(look.symbol("⚠", "!"))
        session.stream_for_people.write(f"  {mark} The release was not checked (--no-check).\n")
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
        f"The release has {count(errors, 'error')}. Nothing was uploaded.",
        hint="`cibw check` runs the same checks without an index. If a rule is wrong for this project, add it to "
        "check-ignore in [tool.cibw]. --no-check uploads without checks.",
    )
