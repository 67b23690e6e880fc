"""What differs between the files that before-all found and those of now."""

from __future__ import annotations

import pytest

from cibw.running.state_overlay import Difference, Found, difference, overwritten

FOUND = Found(files={"a.c": "1", "src/b.c": "2", "src/deep/c.c": "3"}, written=frozenset({"a.c", "made.txt"}))


def test_nothing_differs() -> None:
    assert difference(FOUND, FOUND.files) == Difference()


def test_what_is_gone_goes_with_the_directories_that_it_leaves_empty() -> None:
    assert difference(FOUND, {"a.c": "1", "src/b.c": "2"}).gone == ("src/deep/c.c", "src/deep")
    assert difference(FOUND, {"a.c": "1"}).gone == ("src/deep/c.c", "src/deep", "src/b.c", "src")


def test_a_file_may_take_the_place_of_a_directory() -> None:
    changes = difference(FOUND, {"a.c": "1", "src": "4"})
    assert changes.gone == ("src/deep/c.c", "src/deep", "src/b.c")
    assert changes.fresh == {"src"}


def test_new_and_changed_files_are_fresh() -> None:
    changes = difference(FOUND, {**FOUND.files, "src/b.c": "9", "new/d.c": "4"})
    assert changes == Difference(fresh=frozenset({"src/b.c", "new/d.c"}))


def test_the_directory_of_git_is_judged_as_a_whole() -> None:
    found = Found(files={**FOUND.files, ".git": "0", ".git/HEAD": "1", "git's index": "2"}, written=frozenset())
    assert difference(found, found.files) == Difference()
    assert difference(found, {**found.files, "git's index": "3"}) == Difference(git=True)
    assert difference(found, FOUND.files) == Difference(git=True)


@pytest.mark.parametrize(
    ("now", "names"),
    [
        (FOUND.files, ()),
        ({**FOUND.files, "src/b.c": "9"}, ()),
        ({**FOUND.files, "a.c": "9"}, ("a.c",)),
        ({**FOUND.files, "made.txt": "9"}, ("made.txt",)),
        ({"src/b.c": "2", "src/deep/c.c": "3"}, ("a.c",)),
    ],
)
def test_a_file_that_before_all_wrote_may_not_change(now: dict[str, str], names: tuple[str, ...]) -> None:
    assert overwritten(FOUND, now) == names


def test_it_survives_as_json() -> None:
    assert Found.from_json(FOUND.to_json().decode()) == FOUND


@pytest.mark.parametrize("text", ["", "[]", '{"files": {}}', '{"files": 1, "written": []}'])
def test_what_is_no_list_of_files_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"list of files|Expecting value"):
        Found.from_json(text)
