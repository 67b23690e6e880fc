"""Placeholders such as `{project}` in commands and settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from cibw.model.layout import REPAIRED_DIR
from cibw.model.template import Late, Template


class Placeholder(Enum):
    """A placeholder name."""

    PROJECT = "project"
    PACKAGE = "package"
    WHEEL = "wheel"
    ABI3_WHEEL = "abi3_wheel"
    DEST_DIR = "dest_dir"
    DELOCATE_ARCHS = "delocate_archs"
    LDPATHS = "ldpaths"


Meanings = Mapping[Placeholder, Template]


def hook_meanings(package_dir: str) -> dict[Placeholder, Template]:
    """The values of {project} and {package}; `package_dir` is a POSIX path relative to the project."""
    package = package_dir.removeprefix("./").strip("/")
    inside = f"/{package}" if package not in ("", ".") else ""
    return {
        Placeholder.PROJECT: Template.of(Late.PROJECT),
        Placeholder.PACKAGE: Template.of(Late.PROJECT, inside),
    }


def repair_meanings(package_dir: str) -> dict[Placeholder, Template]:
    """The placeholders of repair commands: the built wheel and the directory for the repaired one."""
    wheel = {
        Placeholder.WHEEL: Template.of(Late.BUILT_WHEEL),
        Placeholder.DEST_DIR: REPAIRED_DIR,
        Placeholder.DELOCATE_ARCHS: Template.of(Late.DELOCATE_ARCHS),
        Placeholder.LDPATHS: Template.of(Late.LDPATHS),
    }
    return hook_meanings(package_dir) | wheel


def meanings_in_tests(package_dir: str) -> dict[Placeholder, Template]:
    """The placeholders of test commands."""
    return hook_meanings(package_dir) | {Placeholder.WHEEL: Template.of(Late.WHEEL)}


def audit_meanings(package_dir: str) -> dict[Placeholder, Template]:
    """The placeholders of audit commands."""
    return meanings_in_tests(package_dir) | {Placeholder.ABI3_WHEEL: Template.of(Late.WHEEL)}


def parse_template(text: str, meanings: Meanings) -> Template:
    """Replace placeholders in braces with late values; `#{name}` becomes a literal `{name}`.

    Other braces are unchanged.
    """
    pieces = _pattern(meanings).split(text)
    parts: list[str | Template] = []
    for literal, escape, name in zip(pieces[::3], [*pieces[1::3], ""], [*pieces[2::3], ""], strict=True):
        parts.append(literal)
        if escape:
            parts.append(f"{{{name}}}")
        elif name:
            parts.append(meanings[Placeholder(name)])
    return Template.of(*parts)


def names_in(text: str, meanings: Meanings) -> frozenset[Placeholder]:
    """The placeholders in a text, except escaped ones."""
    return frozenset(Placeholder(match[2]) for match in _pattern(meanings).finditer(text) if not match[1])


def _pattern(meanings: Meanings) -> re.Pattern[str]:
    names = "|".join(placeholder.value for placeholder in meanings)
    return re.compile(rf"(#?)\{{({names})\}}")
