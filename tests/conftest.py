"""What every test against real machines may use."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.needs import Needs, required

NEEDS = pytest.StashKey[Needs]()


def pytest_configure(config: pytest.Config) -> None:
    needs = config.stash[NEEDS] = Needs()
    unknown = required() - set(needs.names)
    if unknown:
        raise pytest.UsageError(f"TESTS_REQUIRE: unknown {', '.join(sorted(unknown))}; known: {', '.join(needs.names)}")


@pytest.fixture(scope="session")
def needs(request: pytest.FixtureRequest) -> Needs:
    return request.config.stash[NEEDS]


@pytest.fixture(scope="session")
def need(needs: Needs) -> Callable[[str], None]:
    """Skip, or fail where TESTS_REQUIRE forbids that, unless what a mark below names is at hand."""
    return needs.need


@pytest.fixture(autouse=True)
def _marked_needs(request: pytest.FixtureRequest, needs: Needs) -> None:
    """The marks `docker`, `podman`, `host`, `qemu`, `musl`, `macho`, `pyodide` and `wine` are needs."""
    for name in needs.names:
        if request.node.get_closest_marker(name) is not None:
            needs.need(name)
