from __future__ import annotations

import pytest

from cibw.errors import ConfigurationError
from cibw.model.facts import Facts
from cibw.model.target import Platform
from cibw.planning.hosts import require_host, require_means
from unit_test.planning.planned import DOCKER, MAC, WINDOWS, plan_of


@pytest.mark.parametrize(("platform", "facts"), [(Platform.MACOS, DOCKER), (Platform.WINDOWS, MAC)])
def test_a_host_that_cannot_build_names_those_that_can(platform: Platform, facts: Facts) -> None:
    with pytest.raises(ConfigurationError) as caught:
        require_host(platform, facts)
    assert f"Wheels for {platform.value} can't be built on" in caught.value.message
    assert f"cibw plan --platform {platform.value}" in caught.value.hint


@pytest.mark.parametrize(("platform", "facts"), [(Platform.MACOS, MAC), (Platform.LINUX, WINDOWS)])
def test_a_host_that_can(platform: Platform, facts: Facts) -> None:
    require_host(platform, facts)
    assert platform is facts.platform or platform is Platform.LINUX


@pytest.mark.parametrize(
    ("facts", "message"),
    [(WINDOWS, "plans builds on Windows"), (MAC, r"the plan wants https://www\.python\.org/.*-macos11\.pkg")],
)
def test_what_can_only_be_printed_is_not_begun(facts: Facts, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        require_means(plan_of("", facts))
    assert caught.value.hint


def test_pythons_of_uv_need_no_fetching() -> None:
    plan = plan_of('[tool.cibw]\npython-source = "uv"', MAC)
    require_means(plan)
    assert plan.jobs
