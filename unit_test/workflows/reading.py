"""Make workflow files of a project and parse them as YAML."""

from __future__ import annotations

from collections.abc import Iterable

from ruamel.yaml import YAML

from cibw.cli.commands.init import read_template
from cibw.model.identifiers import BuildIdentifier
from cibw.workflows import CiService, make_workflow
from cibw.workflows.common import BuildGroup, Workflow, WorkflowOptions, group_builds

NAMES = (
    "cp311-manylinux_x86_64",
    "cp312-musllinux_x86_64",
    "cp312-manylinux_s390x",
    "cp312-macosx_arm64",
    "cp312-win_arm64",
    "cp312-android_x86_64",
)


def groups_of(names: Iterable[str] = NAMES, *, per_identifier: bool = False) -> tuple[BuildGroup, ...]:
    return group_builds(map(BuildIdentifier.parse, names), per_identifier=per_identifier)


OPTIONS = WorkflowOptions(project="demo", cibw_version="1.2.3", groups=groups_of())


def made(service: CiService, options: WorkflowOptions = OPTIONS) -> Workflow:
    return make_workflow(service, options, read_template)


def table(value: object, *keys: str | int) -> dict[str, object]:
    """The table at the end of a path of keys."""
    found = at(value, *keys)
    assert isinstance(found, dict)
    return {str(key): entry for key, entry in found.items()}


def entries(value: object, *keys: str | int) -> list[object]:
    """The list at the end of a path of keys."""
    found = at(value, *keys)
    assert isinstance(found, list)
    return list(found)


def at(value: object, *keys: str | int) -> object:
    """The value at the end of a path of keys."""
    for key in keys:
        if isinstance(key, int):
            assert isinstance(value, list)
            value = value[key]
        else:
            assert isinstance(value, dict)
            value = value[key]
    return value


def read_yaml(text: str) -> object:
    loaded: object = YAML(typ="safe").load(text)
    return loaded


def parsed(service: CiService, options: WorkflowOptions = OPTIONS) -> object:
    return read_yaml(made(service, options).files[0].text)
