"""What both programs answered, judged: equal, different in a way that has a name, or different."""

from __future__ import annotations

from collections.abc import Iterable

from tests.peer.commands.acts import acts_of
from tests.peer.commands.calls import Answer, Call
from tests.peer.commands.compare import EQUAL, Difference, compare
from tests.peer.commands.differences import Circumstances, heading, heading_of_error
from tests.peer.verdict import Verdict

DIFFERENT = "DIFFERENT"


def judge(call: Call, cibuildwheel: Answer, cibw: Answer) -> Verdict:
    """Compare what both would do with one configuration."""
    if cibuildwheel["error"] or cibw["error"]:
        return _judge_errors(call, cibuildwheel, cibw)
    separator = ";" if call["platform"] == "windows" else ":"
    ours = acts_of(call, cibw["records"])
    compared = compare(acts_of(call, cibuildwheel["records"]), ours, separator)
    given = Circumstances(
        platform=call["platform"],
        defaults=cibw["defaults"],
        builds={name: act.environment for name, acts in ours.items() for act in acts if act.name == "build"},
        base={**call["base"], **call["variables"], "CIBUILDWHEEL": "1"},
    )
    verdict = judge_differences(compared.differences, given)
    verdict.kinds[EQUAL] = compared.equal
    return verdict


def judge_differences(differences: Iterable[Difference], given: Circumstances) -> Verdict:
    """Name each difference; what no heading explains is shown."""
    verdict = Verdict()
    for difference in differences:
        kind = heading(difference, given) or DIFFERENT
        verdict.kinds[kind] += 1
        if kind == DIFFERENT:
            verdict.unexplained.append(str(difference))
    return verdict


def _judge_errors(call: Call, cibuildwheel: Answer, cibw: Answer) -> Verdict:
    verdict = Verdict()
    if cibuildwheel["error"] and cibw["error"]:
        verdict.kinds["both end with an error"] += 1
    elif not cibw["error"] and heading_of_error(call["platform"], cibuildwheel["error"]):
        verdict.kinds[heading_of_error(call["platform"], cibuildwheel["error"])] += 1
    else:
        verdict.kinds[DIFFERENT] += 1
        verdict.unexplained.append(f"peer {cibuildwheel['error'] or 'builds'}\ncibw {cibw['error'] or 'builds'}")
    return verdict
