from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from cibw.config.project.python_versions import PythonVersions, find_requires_python, parse_requires_python
from cibw.model.identifiers import Implementation, Interpreter

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


PYPROJECT: dict[str, object] = {"project": {"requires-python": ">=3.9"}}
SETUP_CFG = "[options]\npython_requires = >=3.10\n"
SETUP_PY = "from setuptools import setup\nsetup(name='x', python_requires='>=3.11')\n"


@pytest.mark.parametrize(
    ("pyproject", "setup_cfg", "setup_py", "found"),
    [
        (PYPROJECT, SETUP_CFG, SETUP_PY, ">=3.9"),
        ({}, SETUP_CFG, SETUP_PY, ">=3.10"),
        ({"project": {}}, None, SETUP_PY, ">=3.11"),
        ({"project": "odd"}, "[metadata]\nname = x\n", SETUP_PY, ">=3.11"),
        ({"project": {"requires-python": ""}}, SETUP_CFG, None, ""),
        ({}, "[options]\npython_requires = >=3.9\n  ,<4  # %(x)s\n".replace("  # %(x)s", ""), None, ">=3.9,<4"),
        ({}, None, None, None),
    ],
)
def test_the_first_source_that_says_something_counts(
    pyproject: dict[str, object], setup_cfg: str | None, setup_py: str | None, found: str | None
) -> None:
    expected = None if found is None else PythonVersions.parse(found)
    assert find_requires_python(pyproject, setup_cfg, setup_py) == expected


@pytest.mark.parametrize(
    ("setup_py", "found"),
    [
        ("import setuptools\nsetuptools.setup(python_requires='>=3.9')", ">=3.9"),
        ("if __name__ == '__main__':\n    setup(python_requires='>=3.9')", ">=3.9"),
        ("if '__main__' == __name__:\n    setup(python_requires='>=3.9')", ">=3.9"),
        ("if __name__ == 'other':\n    setup(python_requires='>=3.9')", None),
        ("if __name__:\n    setup(python_requires='>=3.9')", None),
        ("if x:\n    if __name__ == '__main__':\n        setup(python_requires='>=3.9')", None),
        ("def main():\n    setup(python_requires='>=3.9')\nmain()", None),
        ("setup(python_requires=VERSION)", None),
        ("setup(python_requires=f'>={x}')", None),
        ("setup(python_requires=3)", None),
        ("setup(**{'python_requires': '>=3.9'})", None),
        ("setup(python_requires='')", None),
        ("result = setup(python_requires='>=3.9')", ">=3.9"),
        ("meta = dict(name='x', python_requires='>=3.9')\nsetup(**meta)", ">=3.9"),
        ("if __name__ == '__main__':\n    dist = setup(python_requires='>=3.9')", ">=3.9"),
        ("print 'python 2'\nsetup(python_requires='>=3.9')", None),
        ("\0", None),
    ],
)
def test_setup_py_counts_where_it_is_plain(setup_py: str, found: str | None) -> None:
    expected = None if found is None else PythonVersions.parse(found)
    assert find_requires_python({}, None, setup_py) == expected


@pytest.mark.parametrize(
    ("setup_py", "count"),
    [
        ("print 'python 2'\nsetup(python_requires='>=3.9')", 1),
        (f"x = {'+'.join('1' * 20_000)}\nsetup(python_requires='>=3.9')", 1),
        ("print 'python 2'", 0),
        ("setup(python_requires='>=3.9')", 0),
    ],
)
def test_a_setup_py_that_cannot_be_parsed_is_noted(setup_py: str, count: int) -> None:
    notes: list[str] = []
    find_requires_python({}, None, setup_py, notes.append)
    assert notes == ["cannot parse setup.py, so its python_requires was ignored"] * count


@pytest.mark.parametrize(
    ("pyproject", "setup_cfg", "setup_py", "said"),
    [
        ({"project": {"requires-python": "3.9 or so"}}, None, None, r"pyproject.toml \[project\] .*'3.9 or so' is no"),
        ({"project": {"requires-python": 3.9}}, None, None, "must be a string"),
        ({}, "[options]\npython_requires = py39\n", None, r"setup.cfg \[options\] .*'py39' is not a version specifier"),
        ({}, "no section\n", None, "setup.cfg: File contains no section headers"),
        ({}, None, "setup(python_requires='x')", "setup.py .*'x' is not a version specifier; use one such as '>=3.9'"),
    ],
)
def test_what_is_invalid_is_refused_with_its_place(
    pyproject: dict[str, object], setup_cfg: str | None, setup_py: str | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        find_requires_python(pyproject, setup_cfg, setup_py)


def test_a_specifier_from_elsewhere_is_read() -> None:
    assert parse_requires_python(">=3.9", "CIBW_PROJECT_REQUIRES_PYTHON") == PythonVersions.parse(">=3.9")


def test_a_setup_cfg_of_too_many_lines_is_not_parsed() -> None:
    with pytest.raises(ValueError, match=r"^setup\.cfg: it has more than 20000 lines"):
        find_requires_python({}, "x\n" * 20_001, None)
