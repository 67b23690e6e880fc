"""The check of a release before it is sent."""

from __future__ import annotations

from cibw.cli.check import check_release, chosen_paths
from cibw.cli.sessions import Session
from cibw.config.publish_values import PublishOptions
from cibw.errors import ReleaseFaultError
from cibw.model.findings import Severity, stops
from cibw.reporting.check_text import finding_lines
from cibw.reporting.wording import count


def require_fit(session: Session, options: PublishOptions) -> None:
    """Write what is wrong with the release; ReleaseFaultError where an error is among it.

    Where a part of the same run has checked it already, nothing is done.
    """
    if session.line.is_checked:
        return
    checked = check_release(session, options, chosen_paths(session))
    told = tuple(one for one in checked.findings if one.severity is not Severity.SKIPPED)
    for line in finding_lines(told, len(checked.files), session.look):
        session.stream_for_people.write(f"{line}\n")
    if stops(told):
        errors = sum(one.severity is Severity.ERROR for one in told)
        raise ReleaseFaultError(
            f"The release has {count(errors, 'error')}. Nothing was sent.",
            hint="`cibw check` finds the same without an index. Where a rule is wrong for this project, name it in "
            "check-ignore of [tool.cibw].",
        )
