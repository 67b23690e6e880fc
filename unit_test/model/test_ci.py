from __future__ import annotations

from cibw.model.ci import CiFacts, CiProvider
from cibw.model.gates import Gates


def test_the_tag_is_the_first_of_several() -> None:
    assert CiFacts(tags=("v1.0", "latest")).tag == "v1.0"
    assert CiFacts().tag == ""


def test_a_computer_is_no_ci() -> None:
    assert not CiFacts().is_ci
    assert CiFacts(provider=CiProvider.OTHER).is_ci


def test_gates_stand_open_but_for_pull_requests() -> None:
    assert Gates() == Gates(require_tag=False, branches=(), never_from_pull_request=True)
