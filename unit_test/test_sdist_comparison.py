from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pytest

from tests.peer.sdist_builds import PYTHONS, Outcome, Project, projects
from tests.peer.sdist_reasons import REASONS, Reason
from tests.peer.sdists import Comparison, Result, failures, page, reason_for, unexplained
from tests.peer.wheels import Difference, compare, count_equal
from unit_test.execution.elf import DEFINED, elf_file

NAME = "demo-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"
INFO = "demo-1.0.dist-info"
TAG = "cp312-cp312-manylinux_2_17_x86_64"
MODULE = "demo.so"
PAIR = ("container", "cibuildwheel")
CHANGED = Difference(kind="content", member="a.py", first="one", second="two")
WHY = Reason(pair=PAIR, kind="content", member=r".*\.py", shows=r"one \| two", why="numbers")


def wheel(
    directory: Path,
    members: Mapping[str, bytes],
    *,
    tag: str = TAG,
    record: str | None = None,
    mode: int = 0o644,
) -> Path:
    directory.mkdir(exist_ok=True)
    files = {**members, f"{INFO}/WHEEL": f"Wheel-Version: 1.0\nTag: {tag}\n".encode()}
    lines = []
    for member, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{member},sha256={digest},{len(content)}\n")
    text = "".join([*lines, f"{INFO}/RECORD,,\n"]) if record is None else record
    with ZipFile(directory / NAME, "w") as archive:
        for member, content in {**files, f"{INFO}/RECORD": text.encode()}.items():
            info = ZipInfo(member)
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return directory / NAME


def differences(first: Path, second: Path) -> list[str]:
    return [str(difference) for difference in compare(first, second)]


def library(**own: int) -> bytes:
    return elf_file({}, own=own)


def test_wheels_with_equal_members_do_not_differ(tmp_path: Path) -> None:
    first = wheel(tmp_path / "1", {"a.py": b"1\n", "b.py": b"2\n"})
    second = wheel(tmp_path / "2", {"b.py": b"2\n", "a.py": b"1\n"})
    assert differences(first, second) == []
    assert count_equal(first, second) == (3, 3)


def test_members_of_only_one_wheel_are_found(tmp_path: Path) -> None:
    first, second = wheel(tmp_path / "1", {"a.py": b""}), wheel(tmp_path / "2", {"b.py": b""})
    assert differences(first, second) == ["presence of a.py: present | missing", "presence of b.py: missing | present"]
    assert count_equal(first, second) == (1, 3)


def test_the_lines_that_differ_are_shown(tmp_path: Path) -> None:
    first, second = wheel(tmp_path / "1", {"a.py": b"1\n2\n3\n"}), wheel(tmp_path / "2", {"a.py": b"1\n3\n4\n"})
    assert differences(first, second) == [r"content of a.py: 2\n | 4\n"]


def test_other_ends_of_lines_are_a_difference(tmp_path: Path) -> None:
    first, second = wheel(tmp_path / "1", {"a.py": b"1\r\n"}), wheel(tmp_path / "2", {"a.py": b"1\n"})
    assert differences(first, second) == [r"content of a.py: 1\r\n | 1\n"]


def test_long_changes_are_cut_and_marked(tmp_path: Path) -> None:
    first = wheel(tmp_path / "1", {"a.py": b"".join(b"%d\n" % number for number in range(50))})
    (found,) = differences(first, wheel(tmp_path / "2", {"a.py": b""}))
    assert found.endswith(r" // 9\n // ... | ")


def test_modes_are_compared(tmp_path: Path) -> None:
    first, second = wheel(tmp_path / "1", {}, mode=0o755), wheel(tmp_path / "2", {}, mode=0o644)
    assert differences(first, second)[-1] == f"mode of {INFO}/WHEEL: 755 | 644"


def test_each_part_of_the_tags_is_compared(tmp_path: Path) -> None:
    second = wheel(tmp_path, {}, tag="cp311-abi3-linux_x86_64").rename(
        tmp_path / "demo-1.0-cp311-abi3-linux_x86_64.whl"
    )
    first = wheel(tmp_path, {})
    assert differences(first, second) == [
        "interpreter of the tags: cp312 | cp311",
        "abi of the tags: cp312 | abi3",
        "platform of the tags: manylinux_2_17_x86_64 | linux_x86_64",
    ]


def test_another_version_in_the_name_is_found(tmp_path: Path) -> None:
    second = wheel(tmp_path, {}).rename(tmp_path / NAME.replace("1.0", "1.1"))
    first = wheel(tmp_path, {})
    assert differences(first, second) == [f"name of the file: {first.name} | {second.name}"]


def test_tags_in_the_wheel_that_its_name_does_not_have_are_found(tmp_path: Path) -> None:
    first, second = wheel(tmp_path / "1", {}), wheel(tmp_path / "2", {}, tag="cp312-cp312-linux_x86_64")
    assert differences(first, second) == [f"tags of {NAME}: {TAG} | cp312-cp312-linux_x86_64"]


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ("", "only in one"),
        (f"a.py,sha256=x,1\n{INFO}/WHEEL,,\n{INFO}/RECORD,,\n", "another digest or size"),
    ],
)
def test_a_record_that_does_not_describe_its_wheel_is_found(record: str, found: str, tmp_path: Path) -> None:
    first, second = wheel(tmp_path / "1", {"a.py": b"1"}), wheel(tmp_path / "2", {"a.py": b"1"}, record=record)
    shown = differences(first, second)
    assert shown
    assert all(line.startswith(f"record of {NAME}: ") and found in line for line in shown)


def test_binaries_are_compared_by_what_they_need_and_offer(tmp_path: Path) -> None:
    first = wheel(tmp_path / "1", {MODULE: elf_file({}, links=["libm.so.6"], own={"PyInit_demo": DEFINED})})
    second = wheel(tmp_path / "2", {MODULE: elf_file({}, links=["libc.so.6"], own={"PyInit_other": DEFINED})})
    assert differences(first, second)[:2] == [
        "needed of demo.so: libm.so.6 | libc.so.6",
        "entries of demo.so: PyInit_demo | PyInit_other",
    ]


def test_the_sections_that_differ_are_named(tmp_path: Path) -> None:
    first, second = (wheel(tmp_path / name, {MODULE: library(**{name: DEFINED})}) for name in ("one", "two"))
    assert differences(first, second) == ["sections of demo.so: .dynstr | "]


@pytest.mark.parametrize(("padding", "is_found"), [(100_000, True), (10_000, False)])
def test_a_much_smaller_binary_is_found_unless_both_are_small(tmp_path: Path, padding: int, is_found: bool) -> None:
    first = wheel(tmp_path / "1", {MODULE: library()})
    second = wheel(tmp_path / "2", {MODULE: library() + bytes(padding)})
    assert any(line.startswith("size of demo.so: ") for line in differences(first, second)) is is_found


@pytest.mark.parametrize(
    ("pair", "difference"),
    [
        (("host", "container"), CHANGED),
        (PAIR, replace(CHANGED, kind="mode")),
        (PAIR, replace(CHANGED, member="a.pyi")),
        (PAIR, replace(CHANGED, second="two // three")),
    ],
)
def test_a_reason_explains_only_what_it_names(pair: tuple[str, str], difference: Difference) -> None:
    assert reason_for(PAIR, CHANGED, [WHY]) is WHY
    assert reason_for(pair, difference, [WHY]) is None


def result(*differences: Difference, failed: str = "") -> Result:
    outcomes = {
        builder: Outcome(builder=builder, wheel="" if builder == failed else NAME, log="the end", seconds=2.4)
        for builder in ("host", "container", "cibuildwheel")
    }
    comparisons = [
        Comparison(pair=pair, equal=9, members=9 + len(found), differences=found)
        for pair, found in ((PAIR, differences), (("host", "container"), ()))
        if failed not in pair
    ]
    project = Project(name="demo", version="1.0", python="cp312", modules="demo")
    return Result(project=project, backend="flit_core.buildapi", outcomes=outcomes, comparisons=tuple(comparisons))


def test_differences_without_a_reason_are_reported() -> None:
    other = replace(CHANGED, member="a.txt")
    assert list(unexplained([result(CHANGED, other)], [WHY])) == [
        "demo 1.0, container and cibuildwheel: content of a.txt: one | two"
    ]


def test_failed_builds_are_reported_with_the_ends_of_their_logs() -> None:
    assert list(failures([result(), result(failed="host")])) == ["demo 1.0, host: failed\nthe end"]


def test_the_page_counts_equal_wheels_and_names_reasons() -> None:
    text = page([result(), result(CHANGED)], [WHY])
    assert "2 sdists were built and compared. 1 of the 2 wheels" in text
    assert "| container and cibuildwheel | content | numbers | 1 | 1 |" in text
    assert "| demo 1.0 | `flit_core.buildapi` | cp312 | 9 of 10, 1 explained | 9 of 9 | 2 / 2 / 2 |" in text
    assert "0 differences are not explained" in text


def test_the_page_shows_what_is_not_explained_and_what_failed() -> None:
    text = page([result(CHANGED), result(failed="host")], [])
    assert "9 of 10, **1 unexplained**" in text
    assert "| 9 of 9 | failed | 2 / 2 / 2 |" in text


def test_the_list_has_at_least_40_projects_on_every_python() -> None:
    found = projects()
    assert len({project.name for project in found}) == len(found) >= 40
    assert {project.python for project in found} == set(PYTHONS)


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: f"{reason.pair[0]}: {reason.kind}: {reason.shows}")
def test_every_reason_is_a_sentence_with_valid_expressions(reason: Reason) -> None:
    assert reason.why
    assert re.compile(reason.member).pattern
    assert re.compile(reason.shows).pattern
