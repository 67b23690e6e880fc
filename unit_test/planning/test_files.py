from __future__ import annotations

import pytest

from cibw.model.plan import Action, PutFiles, Run
from cibw.model.templates import Shell
from cibw.planning.actions import bring_test_sources, copy_to_tests
from cibw.planning.actions import test_directory as directory_of_tests


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("tests/", "mkdir -p '{work}/test' && cp -a tests '{work}/test'"),
        ("a b/tests", "mkdir -p '{work}/test'/'a b' && cp -a 'a b/tests' '{work}/test'/'a b'"),
    ],
)
def test_a_directory_is_copied_as_a_whole(source: str, text: str) -> None:
    assert str(copy_to_tests((source,), Shell.SH).command) == text


def told(action: Action) -> tuple[str, str]:
    match action:
        case PutFiles(source=source, path=path):
            return source, str(path)
        case Run(command=command):
            return "", str(command)
        case _:
            raise AssertionError(action)


@pytest.mark.parametrize(
    ("sources", "directory", "brought"),
    [
        ((), "{work}/test", []),
        (("../tests",), "{work}/test/cwd", [("", "mkdir -p '{work}/test/cwd'"), ("../tests", "{work}/test/tests")]),
        (
            ("a/../../tests/",),
            "{work}/test/cwd",
            [("", "mkdir -p '{work}/test/cwd'"), ("../tests", "{work}/test/tests")],
        ),
        ((r"..\tests",), "{work}/test/cwd", [("", "mkdir -p '{work}/test/cwd'"), ("../tests", "{work}/test/tests")]),
        (("..",), "{work}/test/cwd", [("", "mkdir -p '{work}/test/cwd'"), ("..", "{work}/test")]),
        (
            ("data", "../../a b/tests", "../conftest.py"),
            "{work}/test/cwd/cwd",
            [
                ("", "mkdir -p '{work}/test/cwd/cwd' && cp -a data '{work}/test/cwd/cwd'"),
                ("../../a b/tests", "{work}/test/a b/tests"),
                ("../conftest.py", "{work}/test/cwd/conftest.py"),
            ],
        ),
    ],
)
def test_tests_find_the_sources_around_the_project_where_they_name_them(
    sources: tuple[str, ...], directory: str, brought: list[tuple[str, str]]
) -> None:
    assert str(directory_of_tests(sources)) == directory
    assert [told(action) for action in bring_test_sources(sources, Shell.SH)] == brought


def test_a_path_that_stays_in_the_project_is_copied_from_it() -> None:
    (copy,) = bring_test_sources(("a/../tests",), Shell.CMD)
    assert told(copy)[1].endswith(" tests")


def test_windows_has_the_directory_of_the_tests_made() -> None:
    copy, put = bring_test_sources((r"..\\tests",), Shell.CMD)
    assert told(copy)[1].endswith("/host_files.py' copy '{work}/test/cwd'")
    assert told(put) == ("../tests", "{work}/test/tests")
