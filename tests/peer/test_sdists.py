"""Whether the wheel of a real sdist is the one that cibuildwheel builds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peer.sdist_builds import projects
from tests.peer.sdist_reasons import REASONS
from tests.peer.sdists import examine, failures, unexplained


@pytest.mark.host
@pytest.mark.docker
def test_a_wheel_of_a_container_is_that_of_cibuildwheel_and_one_of_the_host_has_the_same_members(
    tmp_path: Path,
) -> None:
    (project,) = (project for project in projects() if project.name == "markupsafe")
    result = examine(project, tmp_path)
    assert not list(failures([result]))
    assert not list(unexplained([result], REASONS))
    container, _host = result.comparisons
    assert container.equal == container.members
