"""The command line accepts every cibw command in a workflow file."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

import pytest

from cibw.cli.arguments import parse
from cibw.cli.command_line import CommandLine, CommandName
from cibw.workflows.values import CiService, Wishes
from unit_test.workflows.reading import WISHES, groups_of, made

VALUES = {
    "$SELECTION": "--platform linux --archs x86_64",
    "<< parameters.selection >>": "--only cp312-win32",
    "<< parameters.index >>": "--to testpypi",
    "$INDEX": "--to testpypi --skip-released",
    "<< parameters.artifact >>": "cibw-wheels-linux",
}
WITH_PATHS = replace(WISHES, from_sdist=True, package="my pkg", config_file="my pkg/cibw.toml")


def calls(service: CiService, wishes: Wishes) -> list[CommandLine]:
    text = made(service, wishes).files[0].text
    # A single shell word is parsed like that shell parses it.
    text = re.sub(r"bash -c (.*)", lambda match: shlex.split(match[1])[0], text)
    for place, value in VALUES.items():
        text = text.replace(place, value)
    found = re.findall(r"(?<!`)\bcibw ((?:sdist|build|collect|check|publish) [^\n]*)", text)
    return [parse(shlex.split(call)) for call in found]


@pytest.mark.parametrize("per_identifier", [False, True])
@pytest.mark.parametrize("service", CiService)
def test_every_call_is_taken(service: CiService, per_identifier: bool) -> None:
    wishes = replace(WISHES, groups=groups_of(per_identifier=per_identifier))
    names = {call.command for call in calls(service, wishes)}
    assert {name.value for name in names} == {"sdist", "build", "collect", "check", "publish"}


@pytest.mark.parametrize("service", CiService)
def test_calls_speak_of_the_package_and_its_configuration(service: CiService) -> None:
    for call in calls(service, WITH_PATHS):
        if call.command is CommandName.BUILD:
            assert call.from_sdist == ""
        if call.command is not CommandName.COLLECT:
            assert call.package == "my pkg"
        if call.command not in {CommandName.COLLECT, CommandName.SDIST}:
            assert call.config_file == "my pkg/cibw.toml"


@pytest.mark.parametrize("service", CiService)
def test_both_indexes_are_published_to(service: CiService) -> None:
    indexes = {call.to for call in calls(service, WISHES) if call.command is CommandName.PUBLISH}
    # Elsewhere, two values of a variable or parameter set them.
    assert indexes == ({"testpypi"} if service in {CiService.CIRCLECI, CiService.GITHUB} else {"pypi", "testpypi"})
    text = made(service).files[0].text
    assert "--to pypi" in text
    assert "--to testpypi" in text
