from __future__ import annotations

from hypothesis import given

from cibw.model.plan import Plan
from unit_test.strategies import plans


@given(plans)
def test_a_plan_names_its_identifiers_in_order(plan: Plan) -> None:
    assert list(plan.identifiers) == [build.identifier for job in plan.jobs for build in job.builds]
