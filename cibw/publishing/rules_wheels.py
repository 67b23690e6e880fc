"""Rules about the files in a distribution that describe it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as ConfigError
from math import prod

from packaging.tags import parse_tag

from cibw.model.findings import Severity
from cibw.publishing.contents import DistributionContents, dist_info
from cibw.publishing.rule_values import Fault, Rule, each_file

_SIGNATURES = ("RECORD.jws", "RECORD.p7s")
_SHOWN = 3
_SHOWN_TAGS = 20
_MOST_TAGS = 10_000
_MOST_LINES = 10_000
"""The parser takes quadratic time for lines that it can't read."""
_ENTRY_NAME = re.compile(r"[\w.-]+")
_SCRIPTS = ("console_scripts", "gui_scripts")
_REPACK = "Pack the wheel anew: `python -m wheel unpack` and `python -m wheel pack` write RECORD."


def _missing(contents: DistributionContents) -> Iterator[Fault]:
    directory = dist_info(contents.filename) if contents.is_wheel else contents.root
    name = "METADATA" if contents.is_wheel else "PKG-INFO"
    if not contents.is_plain:
        return
    if contents.metadata is None:
        yield Fault(message=f"There is no {directory}/{name}.", fix="Build it anew with a current build backend.")
    if contents.is_wheel and contents.wheel_file is None:
        yield Fault(message=f"There is no {directory}/WHEEL.", fix="Build it anew with a current build backend.")


def _tags(contents: DistributionContents) -> Iterator[Fault]:
    wheel = contents.distribution.wheel
    if wheel is None or contents.wheel_file is None:
        return
    lines = [line.partition(":") for line in contents.wheel_file.splitlines()]
    texts = [value.strip() for name, _, value in lines if name.strip().lower() == "tag"]
    if sum(map(_combinations, texts)) > _MOST_TAGS:
        yield Fault(message=f"The WHEEL in it has more than {_MOST_TAGS} tags.", fix=_REPACK)
        return
    written = {tag for text in texts if text.count("-") == 2 for tag in parse_tag(text)}
    if written != wheel.tags:
        shown = ", ".join(sorted(map(str, written))[:_SHOWN_TAGS]) or "none"
        yield Fault(
            message=f"The file is named for other tags than the WHEEL in it has: {shown}.",
            fix="Rename wheels by `python -m wheel tags`, which also writes WHEEL.",
        )


def _combinations(text: str) -> int:
    """How many tags a compressed one stands for."""
    return prod(part.count(".") + 1 for part in text.split("-"))


def _record(contents: DistributionContents) -> Iterator[Fault]:
    if not contents.is_wheel or not contents.is_plain:
        return
    if contents.record is None:
        yield Fault(message=f"There is no {dist_info(contents.filename)}/RECORD.", fix=_REPACK)
        return
    try:
        rows = {row[0].replace("\\", "/"): row for row in csv.reader(contents.record.splitlines()) if row}
    except csv.Error as error:
        yield Fault(message=f"RECORD is no table: {error}.", fix=_REPACK)
        return
    directory = dist_info(contents.filename)
    exempt = {f"{directory}/{name}" for name in _SIGNATURES}
    members = {member.name: member for member in contents.members if member.name not in exempt}
    yield from _listed("RECORD does not list", set(members) - set(rows))
    yield from _listed("RECORD lists what is not there:", set(rows) - set(members) - exempt)
    changed = {
        name for name, member in members.items() if member.digest and _differs(rows.get(name, []), member.digest)
    }
    yield from _listed("RECORD has another hash of", changed)


def _listed(words: str, names: set[str]) -> Iterator[Fault]:
    if names:
        shown = sorted(names)[:_SHOWN]
        rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        yield Fault(message=f"{words} {', '.join(shown)}{rest}.", fix=_REPACK)


def _differs(row: list[str], digest: str) -> bool:
    written, made = "".join(row[1:2]).partition("="), digest.partition("=")
    return written[2].rstrip("=") != made[2]


def _entry_points(contents: DistributionContents) -> Iterator[Fault]:
    if contents.entry_points is None:
        return
    parser = _Parser(delimiters=("=",), interpolation=None)
    fix = "Correct [project.scripts] and [project.entry-points] in pyproject.toml."
    if contents.entry_points.count("\n") > _MOST_LINES:
        yield Fault(message=f"entry_points.txt has more than {_MOST_LINES} lines.", fix=fix)
        return
    try:
        parser.read_string(contents.entry_points)
    except ConfigError as error:
        yield Fault(message=f"entry_points.txt can't be read: {str(error).partition(chr(10))[0]}.", fix=fix)
        return
    for section in _SCRIPTS:
        for name in parser[section] if parser.has_section(section) else ():
            if not _ENTRY_NAME.fullmatch(name):
                yield Fault(message=f"{name!r} in {section} is no name of a program.", fix=fix)


class _Parser(ConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr


def _license_files(contents: DistributionContents) -> Iterator[Fault]:
    metadata = contents.metadata
    # Before that nobody had said where such files lie.
    if metadata is None or not metadata.has_license_files:
        return
    names = {member.name for member in contents.members}
    directory = f"{dist_info(contents.filename)}/licenses" if contents.is_wheel else contents.root
    for file in metadata.all("license_files"):
        if f"{directory}/{file}" not in names:
            yield Fault(
                message=f"License-File names {file}, and there is no {directory}/{file}.",
                fix="Name files that exist in license-files, and build with a current build backend.",
            )


def _pyproject(contents: DistributionContents) -> Iterator[Fault]:
    if contents.pyproject_fault:
        yield Fault(
            message=f"{contents.root}/pyproject.toml can't be read: {contents.pyproject_fault}.",
            fix="Correct the file, and build the sdist anew: installers can't build from it.",
        )


RULES = (
    Rule(
        name="missing-metadata",
        finds="METADATA or WHEEL of a wheel, or PKG-INFO of an sdist, is missing",
        judge=each_file(_missing),
    ),
    Rule(
        name="pyproject",
        finds="`pyproject.toml` of an sdist can't be read",
        judge=each_file(_pyproject),
        # A later version of TOML may allow what this one does not.
        severity=Severity.WARNING,
    ),
    Rule(
        name="wheel-tags",
        finds="WHEEL has other tags than the file's name",
        judge=each_file(_tags),
        # Neither the index nor installers compare them.
        severity=Severity.WARNING,
    ),
    Rule(
        name="record", finds="RECORD is missing, or does not fit the members and their hashes", judge=each_file(_record)
    ),
    Rule(
        name="entry-points",
        finds="`entry_points.txt` can't be read, or has a script whose name is a path",
        judge=each_file(_entry_points),
    ),
    Rule(name="license-file", finds="a file that License-File names is missing", judge=each_file(_license_files)),
)
