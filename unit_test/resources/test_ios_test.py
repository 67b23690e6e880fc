"""Which simulator is asked for."""

from __future__ import annotations

import pytest

from cibw.resources.ios_test import Host, simulator

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
