"""Configurations that are no play of chance: every platform with every group, and real projects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.peer.selection.cases import ARCH_WORDS, ARCHS, GROUPS, Case

_ENABLE = ("", *dict.fromkeys(GROUPS))
_SAMPLED = 10
"""One of so many projects is asked with every enable group."""


def matrix_cases() -> Iterator[Case]:
    """Every platform, with all architectures and with each word for some, without and with each enable group."""
    for platform in ARCHS:
        for archs in ("", *ARCH_WORDS):
            for group in _ENABLE:
                yield Case(
                    number=0,
                    platform=platform,
                    project={"name": "x", "version": "1"},
                    arguments=_arguments(platform, archs, group),
                )


def project_cases(directories: Iterable[Path]) -> Iterator[Case]:
    """The configuration of each real project on every platform, for its own and for all architectures.

    Some of them are asked with every enable group.
    """
    for number, directory in enumerate(directories):
        groups = _ENABLE if number % _SAMPLED == 0 else _ENABLE[:1]
        for platform in ARCHS:
            yield project_case(directory, platform, _arguments(platform, "", ""))
            for group in groups:
                yield project_case(directory, platform, _arguments(platform, "all", group))


def project_case(directory: Path, platform: str, arguments: list[str]) -> Case:
    """The configuration of a project in a directory."""
    return Case(number=0, platform=platform, directory=directory, arguments=arguments)


def _arguments(platform: str, archs: str, group: str) -> list[str]:
    return [
        *("--platform", platform),
        *(("--archs", archs) if archs else ()),
        *(("--enable", group) if group else ()),
    ]
