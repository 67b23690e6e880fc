from __future__ import annotations

import pytest

from cibw.model.shell import Shell
from cibw.planning.files import copy_to_tests


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("tests/", "mkdir -p '{work}/test' && cp -a tests '{work}/test'"),
        ("a b/tests", "mkdir -p '{work}/test'/'a b' && cp -a 'a b/tests' '{work}/test'/'a b'"),
    ],
)
def test_a_directory_is_copied_as_a_whole(source: str, text: str) -> None:
    assert str(copy_to_tests((source,), Shell.SH).command) == text
