"""Which simulator is asked for."""

from __future__ import annotations

import pytest

from cibw.resources.ios_test import Host, on_github, simulator

SLOW = Host(version="15.4", machine="arm64", on_github=True)
KNOWN = ("--simulator", "iPhone 16e,OS=18.5")


@pytest.mark.parametrize(
    ("host", "options", "expected"),
    [
        (SLOW, (), KNOWN),
        (SLOW, ("--verbose",), KNOWN),
        (SLOW, ("--simulator", "iPhone 17"), ()),
        (SLOW, ("--simulator=iPhone 17",), ()),
        (Host(version="15.4", machine="arm64", on_github=False), (), ()),
        (Host(version="15.4", machine="x86_64", on_github=True), (), ()),
        (Host(version="26.1", machine="arm64", on_github=True), (), ()),
    ],
)
def test_a_simulator_that_is_known_to_start(host: Host, options: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert simulator(options, host) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("true", True), ("1", True), ("", False), ("false", False), ("0", False)]
)
def test_the_runner_is_known_by_its_variable(value: str, expected: bool) -> None:
    assert on_github({"GITHUB_ACTIONS": value}) is expected
    assert not on_github({})
