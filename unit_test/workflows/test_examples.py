"""The examples match the output of `cibw init`."""

from __future__ import annotations

import pytest
from generate_workflows import EXAMPLES, ROOT, generated


def test_the_examples_are_up_to_date() -> None:
    stale = [str(path.relative_to(ROOT)) for path, text in generated().items() if path.read_text("utf-8") != text]
    assert not stale, "run bin/generate_workflows.py"


def test_no_other_file_lies_among_the_examples() -> None:
    assert {path for path in EXAMPLES.rglob("*") if path.is_file()} == set(generated())


@pytest.mark.parametrize("path", generated(), ids=lambda path: str(path.relative_to(EXAMPLES)))
def test_an_example_speaks_of_no_host_of_a_package_index(path: object) -> None:
    text = next(text for name, text in generated().items() if name == path)
    assert "://" not in text.replace("tcp://docker", "")
