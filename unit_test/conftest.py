"""The guard around every unit test, and golden files."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from unit_test.guard import Guard

GUARD = pytest.StashKey[Guard]()
GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write the golden files anew")


def pytest_configure(config: pytest.Config) -> None:
    guard = config.stash[GUARD] = Guard()
    guard.install()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    with item.config.stash[GUARD].up():
        return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and "golden" in item.fixturenames:
            item.add_marker("golden")


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """Compares texts with files below unit_test/golden, or writes those files."""

    update: bool

    def check(self, name: str, text: str) -> None:
        """Compare a text, which ends in a newline, with the golden file of that name."""
        path = GOLDEN / name
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="\n")
        assert path.is_file(), f"{path} is missing; write it by `nox -s plans -- --update`"
        assert text == path.read_bytes().decode("utf-8"), f"differs from {path}; if meant, `nox -s plans -- --update`"


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden(update=bool(request.config.getoption("--update")))
