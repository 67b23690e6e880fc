"""Rules about the metadata files in a distribution."""

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
"""The parser needs quadratic time for invalid lines."""
_ENTRY_NAME = re.compile(r"[\w.-]+")
_SCRIPTS = ("console_scripts", "gui_scripts")
_REPACK = "Repack the wheel with `python -m wheel unpack` and `python -m wheel pack`, which write RECORD."


def _missing(contents: DistributionContents) -> Iterator[Fault]:
    directory = dist_info(contents.filename) if contents.is_wheel else contents.root
    name = "METADATA" if contents.is_wheel else "PKG-INFO"
    if not contents.is_plain:
        return
    if contents.metadata is None:
        yield Fault(message=f"{directory}/{name} is missing.", fix="Rebuild it with a current build backend.")
    if contents.is_wheel and contents.wheel_file is None:
        yield Fault(message=f"{directory}/WHEEL is missing.", fix="Rebuild it with a current build backend.")


def _tags(contents: DistributionContents) -> Iterator[Fault]:
    wheel = contents.distribution.wheel
    if wheel is None or contents.wheel_file is None:
        return
    lines = [line.partition(":") for line in contents.wheel_file.splitlines()]
    texts = [value.strip() for name, _, value in lines if name.strip().lower() == "tag"]
    if sum(map(_combinations, texts)) > _MOST_TAGS:
        yield Fault(message=f"Its WHEEL file has more than {_MOST_TAGS} tags.", fix=_REPACK)
        return
    written = {tag for text in texts if text.count("-") == 2 for tag in parse_tag(text)}
    if written != wheel.tags:
        shown = ", ".join(sorted(map(str, written))[:_SHOWN_TAGS]) or "none"
        yield Fault(
            message=f"The tags in the file name differ from those in its WHEEL file: {shown}.",
            fix="Rename wheels with `python -m wheel tags`, which also updates WHEEL.",
        )


def _combinations(text: str) -> int:
    """The number of tags in a compressed tag set."""
    return prod(part.count(".") + 1 for part in text.split("-"))


def _record(contents: DistributionContents) -> Iterator[Fault]:
    if not contents.is_wheel or not contents.is_plain:
        return
    if contents.record is None:
        yield Fault(message=f"{dist_info(contents.filename)}/RECORD is missing.", fix=_REPACK)
        return
    try:
        rows = {row[0].replace("\\", "/"): row for row in csv.reader(contents.record.splitlines()) if row}
    except csv.Error as error:
        yield Fault(message=f"RECORD is not a valid CSV file: {error}.", fix=_REPACK)
        return
    directory = dist_info(contents.filename)
    exempt = {f"{directory}/{name}" for name in _SIGNATURES}
    members = {member.name: member for member in contents.members if member.name not in exempt}
    yield from _listed("RECORD does not list", set(members) - set(rows))
    yield from _listed("RECORD lists missing files:", set(rows) - set(members) - exempt)
    changed = {
        name for name, member in members.items() if member.digest and _differs(rows.get(name, []), member.digest)
    }
    yield from _listed("RECORD has the wrong hash of", changed)


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
        yield Fault(message=f"Cannot read entry_points.txt: {str(error).partition(chr(10))[0]}.", fix=fix)
        return
    for section in _SCRIPTS:
        for name in parser[section] if parser.has_section(section) else ():
            if not _ENTRY_NAME.fullmatch(name):
                yield Fault(message=f"{name!r} in {section} is not a valid program name.", fix=fix)


class _Parser(ConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr


def _license_files(contents: DistributionContents) -> Iterator[Fault]:
    metadata = contents.metadata
    # Earlier metadata versions do not specify the location of license files.
    if metadata is None or not metadata.has_license_files:
        return
    names = {member.name for member in contents.members}
    directory = f"{dist_info(contents.filename)}/licenses" if contents.is_wheel else contents.root
    for file in metadata.all("license_files"):
        if f"{directory}/{file}" not in names:
            yield Fault(
                message=f"License-File lists {file}, but {directory}/{file} is missing.",
                fix="List existing files in license-files, and build with a current build backend.",
            )


def _pyproject(contents: DistributionContents) -> Iterator[Fault]:
    if contents.pyproject_fault:
        yield Fault(
            message=f"Cannot read {contents.root}/pyproject.toml: {contents.pyproject_fault}.",
            fix="Correct the file and rebuild the sdist: installers cannot build from it.",
        )


WHEEL_RULES = (
    Rule(
        name="missing-metadata",
        finds="METADATA or WHEEL of a wheel, or PKG-INFO of an sdist, is missing",
        judge=each_file(_missing),
    ),
    Rule(
        name="pyproject",
        finds="`pyproject.toml` of an sdist cannot be read",
        judge=each_file(_pyproject),
        # A later TOML version may allow more than this one.
        severity=Severity.WARNING,
    ),
    Rule(
        name="wheel-tags",
        finds="the tags in WHEEL differ from the file name",
        judge=each_file(_tags),
        # Neither the index nor installers compare these.
        severity=Severity.WARNING,
    ),
    Rule(
        name="record",
        finds="RECORD is missing, or does not match the members and their hashes",
        judge=each_file(_record),
    ),
    Rule(
        name="entry-points",
        finds="`entry_points.txt` cannot be read, or the name of a script is a path",
        judge=each_file(_entry_points),
    ),
    Rule(name="license-file", finds="a file listed in License-File is missing", judge=each_file(_license_files)),
)
