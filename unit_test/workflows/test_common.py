from __future__ import annotations

import re
import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from cibw.cli.arguments import Call
from cibw.cli.commands.build import BuildArguments
from cibw.cli.commands.publish import PublishArguments
from cibw.cli.main import parse
from cibw.model.identifiers import Architecture, BuildIdentifier, Platform
from cibw.workflows import CiService
from cibw.workflows.common import (
    CiRunner,
    WorkflowOptions,
    fill,
    flow,
    group_builds,
    linux_runners,
    make_matrix,
    rows,
    scalar,
)
from unit_test.workflows.reading import OPTIONS, groups_of, made


def read(text: str) -> object:
    return YAML(typ="safe").load(text)


def test_places_within_a_line_get_their_values() -> None:
    assert fill("run: @one@ @two@\n", {"one": "a", "two": "b"}) == "run: a b\n"


def test_a_line_of_its_own_takes_a_block_and_indents_it() -> None:
    assert fill("jobs:\n  @block@\nend\n", {"block": "a:\n  b: 1\n"}) == "jobs:\n  a:\n    b: 1\nend\n"


def test_empty_lines_of_a_block_get_no_blanks() -> None:
    assert fill("  @block@\n", {"block": "a\n\nb"}) == "  a\n\n  b\n"


def test_a_value_is_no_template() -> None:
    assert fill("@block@\na @word@\n", {"block": "tag @word@", "word": "@block@"}) == "tag @word@\na @block@\n"


def test_of_several_empty_lines_one_stays() -> None:
    assert fill("a\n\n@block@\n\nb\n", {"block": ""}) == "a\n\nb\n"


def test_an_empty_block_takes_its_line_away() -> None:
    assert fill("a\n  @block@\nb\n", {"block": ""}) == "a\nb\n"


@pytest.mark.parametrize("template", ["@missing@\n", "a @missing@\n"])
def test_a_place_without_a_value_is_a_mistake(template: str) -> None:
    with pytest.raises(KeyError):
        fill(template, {})


def test_the_version_of_an_action_is_no_place() -> None:
    assert fill("uses: actions/checkout@df4cb1c # v6\n", {}) == "uses: actions/checkout@df4cb1c # v6\n"


@pytest.mark.parametrize("text", ["linux-x86_64", "ubuntu-24.04", "a b"])
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert scalar(text) == text


@pytest.mark.parametrize("text", ["", "yes", "No", "null", "3.10", "--archs x86", "a: b", "# c", "{x}", "*", "v*"])
def test_what_yaml_would_read_otherwise_is_quoted(text: str) -> None:
    assert scalar(text).startswith('"')


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
def test_yaml_reads_every_text_back(text: str) -> None:
    assert read(f"value: {scalar(text)}") == {"value": text}


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True).map("k".__add__), st.text("ab -:#,{}[]'\""), max_size=4
    )
)
def test_yaml_reads_a_mapping_in_one_line_back(mapping: dict[str, str]) -> None:
    assert read(flow(mapping)) == mapping
    assert read(rows([mapping, mapping])) == [mapping, mapping]


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
    runner = CiRunner(label="ubuntu")
    matrix = make_matrix(group_builds(IDENTIFIERS), {(Platform.LINUX, Architecture.X86_64): runner})
    assert [job.group.name for job in matrix.jobs] == ["linux-x86_64"]
    assert [group.name for group in matrix.left_out] == ["linux-aarch64", "windows-AMD64"]
    assert not matrix.is_emulated


def test_linux_is_emulated_where_no_computer_has_the_processor() -> None:
    runners = linux_runners({Architecture.X86_64: "intel"}, emulating="intel")
    assert runners[Platform.LINUX, Architecture.X86_64] == CiRunner(label="intel")
    assert runners[Platform.LINUX, Architecture.S390X] == CiRunner(label="intel", is_emulated=True)
    assert make_matrix(group_builds(IDENTIFIERS), runners).is_emulated


# The command line accepts every cibw command in a workflow file.

VALUES = {
    "$SELECTION": "--platform linux --archs x86_64",
    "<< parameters.selection >>": "--only cp312-win32",
    "<< parameters.index >>": "--to testpypi",
    "$INDEX": "--to testpypi --skip-released",
    "<< parameters.artifact >>": "cibw-wheels-linux",
}
WITH_PATHS = replace(OPTIONS, from_sdist=True, package="my pkg", config_file="my pkg/cibw.toml")


def calls(service: CiService, options: WorkflowOptions) -> list[Call]:
    text = made(service, options).files[0].text
    # A single shell word is parsed like that shell parses it.
    text = re.sub(r"bash -c (.*)", lambda match: shlex.split(match[1])[0], text)
    for place, value in VALUES.items():
        text = text.replace(place, value)
    found = re.findall(r"(?<!`)\bcibw ((?:sdist|build|collect|check|publish) [^\n]*)", text)
    return [parse(shlex.split(call)) for call in found]


@pytest.mark.parametrize("per_identifier", [False, True])
@pytest.mark.parametrize("service", CiService)
def test_every_call_is_taken(service: CiService, per_identifier: bool) -> None:
    options = replace(OPTIONS, groups=groups_of(per_identifier=per_identifier))
    names = {call.name for call in calls(service, options)}
    assert names == {"sdist", "build", "collect", "check", "publish"}


@pytest.mark.parametrize("service", CiService)
def test_calls_speak_of_the_package_and_its_configuration(service: CiService) -> None:
    for call in calls(service, WITH_PATHS):
        if isinstance(call.line, BuildArguments):
            assert call.line.from_sdist == ""
        if call.name != "collect":
            assert call.line.package == "my pkg"
        if call.name not in {"collect", "sdist"}:
            assert call.line.config_file == "my pkg/cibw.toml"


@pytest.mark.parametrize("service", CiService)
def test_both_indexes_are_published_to(service: CiService) -> None:
    indexes = {call.line.to for call in calls(service, OPTIONS) if isinstance(call.line, PublishArguments)}
    # Elsewhere, two values of a variable or parameter set them.
    assert indexes == ({"testpypi"} if service in {CiService.CIRCLECI, CiService.GITHUB} else {"pypi", "testpypi"})
    text = made(service).files[0].text
    assert "--to pypi" in text
    assert "--to testpypi" in text
