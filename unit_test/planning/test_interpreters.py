from __future__ import annotations

import pytest

from cibw.model.identifiers import Platform
from cibw.model.machines import HostFacts
from cibw.model.plan import Fetch
from cibw.planning.interpreters import standalone
from unit_test.planning.planned import CATALOG, DOCKER, INTEL_MAC, MAC, WINDOWS


@pytest.mark.parametrize(
    ("facts", "triple"),
    [
        (DOCKER, "x86_64-unknown-linux-gnu"),
        (HostFacts(platform=Platform.LINUX, machine="aarch64"), "aarch64-unknown-linux-gnu"),
        (MAC, "aarch64-apple-darwin"),
        (INTEL_MAC, "x86_64-apple-darwin"),
        (WINDOWS, "x86_64-unknown-linux-gnu"),
    ],
)
def test_a_python_for_the_host_itself(facts: HostFacts, triple: str) -> None:
    brought = standalone("3.14", facts, CATALOG)
    assert brought is not None
    (action,) = brought.actions
    assert isinstance(action, Fetch)
    assert action.unpack
    assert action.url.endswith(f"-{triple}-install_only.tar.gz")
    assert str(brought.python) == f"{action.path}/bin/python3"
    assert str(action.path).startswith("{cache}/interpreters/cpython-3.14.")
    assert "+" in str(action.path)


def test_a_rare_host_has_none() -> None:
    assert standalone("3.14", HostFacts(platform=Platform.LINUX, machine="s390x"), CATALOG) is None
