from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from cibw.config.python_versions import PythonVersions
from cibw.model.identifier import Implementation, Interpreter

NUMBERS = st.sampled_from([0, 1, 2, 3, 4, 9, 10, 98, 99, 100])
RELEASES = st.lists(NUMBERS, min_size=1, max_size=4).map(lambda numbers: ".".join(map(str, numbers)))
OPERATORS = st.sampled_from([">=", "<=", ">", "<", "==", "!=", "~="])
BLANKS = st.sampled_from(["", " "])
ENDS = st.sampled_from(["", "", "", "a1", ".post1", ".*"])
CLAUSES = st.tuples(BLANKS, OPERATORS, BLANKS, RELEASES, ENDS, BLANKS).map("".join)


@given(st.lists(CLAUSES, max_size=3).map(",".join), st.sampled_from([2, 3]), NUMBERS)
def test_it_admits_what_packaging_admits(text: str, major: int, minor: int) -> None:
    interpreter = Interpreter(Implementation.CPYTHON, major, minor)
    try:
        expected = SpecifierSet(text).contains(f"{major}.{minor}.99")
    except ValueError:
        with pytest.raises(ValueError, match="Invalid specifier"):
            PythonVersions.parse(text)
    else:
        assert PythonVersions.parse(text).admits(interpreter) is expected


@pytest.mark.parametrize(
    ("written", "shown"), [(">=3.9 , <4\n", ">=3.9,<4"), ("~=3.9", "~=3.9"), ("", ""), ("<4,>=3.9,", "<4,>=3.9")]
)
def test_it_is_shown_as_it_was_written(written: str, shown: str) -> None:
    assert str(PythonVersions.parse(written)) == shown


@pytest.mark.parametrize(
    ("text", "admitted"),
    [
        (">=3.10", "310 311"),
        ("<=3.10", "39"),
        (">3.10", "310 311"),
        ("<3.10", "39"),
        ("==3.10.99", "310"),
        ("!=3.10.99", "39 311"),
        ("~=3.10", "310 311"),
        ("==3.10.*", "310"),
        (">=3.10.0,<3.11", "310"),
        ("", "39 310 311"),
    ],
)
def test_every_operator_has_its_meaning(text: str, admitted: str) -> None:
    versions = PythonVersions.parse(text)
    assert [tag for tag in ("39", "310", "311") if versions.admits(Interpreter.parse(f"cp{tag}"))] == admitted.split()
