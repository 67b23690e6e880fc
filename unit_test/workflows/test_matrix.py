from __future__ import annotations

from cibw.model.identifier import BuildIdentifier
from cibw.model.target import Architecture, Platform
from cibw.workflows.matrix import group_builds, linux_runners, make_matrix
from cibw.workflows.values import Runner

NAMES = ("cp312-win_amd64", "cp311-manylinux_x86_64", "cp312-musllinux_x86_64", "cp312-manylinux_aarch64")
IDENTIFIERS = tuple(map(BuildIdentifier.parse, NAMES))


def test_builds_of_an_architecture_share_a_group_whatever_their_libc() -> None:
    groups = group_builds(IDENTIFIERS)
    assert [group.name for group in groups] == ["linux-x86_64", "linux-aarch64", "windows-AMD64"]
    assert [str(one) for one in groups[0].identifiers] == ["cp311-manylinux_x86_64", "cp312-musllinux_x86_64"]


def test_a_group_says_what_selects_it_and_what_carries_its_wheels() -> None:
    group = group_builds(IDENTIFIERS)[0]
    assert group.selection == "--platform linux --archs x86_64"
    assert group.artifact == "cibw-wheels-linux-x86_64"


def test_each_identifier_may_have_a_group_of_its_own() -> None:
    groups = group_builds(IDENTIFIERS, per_identifier=True)
    assert [group.selection for group in groups] == [
        "--only cp311-manylinux_x86_64",
        "--only cp312-musllinux_x86_64",
        "--only cp312-manylinux_aarch64",
        "--only cp312-win_amd64",
    ]
    assert groups[0].artifact == "cibw-wheels-cp311-manylinux_x86_64"


def test_what_is_named_twice_is_built_once() -> None:
    assert group_builds((*IDENTIFIERS, *IDENTIFIERS)) == group_builds(IDENTIFIERS)


def test_groups_without_a_computer_are_left_out_and_known() -> None:
    runner = Runner(label="ubuntu")
    matrix = make_matrix(group_builds(IDENTIFIERS), {(Platform.LINUX, Architecture.X86_64): runner})
    assert [job.group.name for job in matrix.jobs] == ["linux-x86_64"]
    assert [group.name for group in matrix.left_out] == ["linux-aarch64", "windows-AMD64"]
    assert not matrix.is_emulated


def test_linux_is_emulated_where_no_computer_has_the_processor() -> None:
    runners = linux_runners({Architecture.X86_64: "intel"}, emulating="intel")
    assert runners[Platform.LINUX, Architecture.X86_64] == Runner(label="intel")
    assert runners[Platform.LINUX, Architecture.S390X] == Runner(label="intel", is_emulated=True)
    assert make_matrix(group_builds(IDENTIFIERS), runners).is_emulated
