"""Rules about the files of a release and the files in them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as ConfigError
from math import prod

from packaging.tags import parse_tag

from cibw.model.manifest import MANIFEST_NAME, Severity
from cibw.model.release import SDIST_ENDING
from cibw.release.checks.contents import PLAIN_METHODS, DistributionContents, dist_info, is_bomb, sdist_root
from cibw.release.checks.rules import CheckedRelease, Fault, Rule, each_file

# The platform tags that the public index accepts.

_FIXED = frozenset(
    "any win32 win_amd64 win_arm64 win_ia64 linux_armv6l linux_armv7l manylinux1_i686 manylinux1_x86_64 "
    "manylinux2010_i686 manylinux2010_x86_64 manylinux2014_aarch64 manylinux2014_armv7l manylinux2014_i686 "
    "manylinux2014_ppc64 manylinux2014_ppc64le manylinux2014_s390x manylinux2014_x86_64".split()
)
_LINUX = "(x86_64|i686|aarch64|armv7l|ppc64le|s390x|riscv64)"
_MAC = "(x86_64|arm64|universal2|universal|intel|i386|fat|fat3|fat64|ppc|ppc64)"
# macOS has versions 10.0 to 10.15, then a major version per year; tags of the latter have no minor version.
_MAC_MAJOR = "(11|12|13|14|15|26)"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"manylinux_\d+_\d+_({_LINUX}|ppc64)",
        rf"musllinux_\d+_\d+_{_LINUX}",
        rf"macosx_10_\d+_{_MAC}",
        rf"macosx_{_MAC_MAJOR}_0_{_MAC}",
        r"ios_\d+_\d+_(arm64|x86_64)_(iphoneos|iphonesimulator)",
        r"android_\d+_(armeabi_v7a|arm64_v8a|x86|x86_64)",
        r"pyemscripten_\d+_\d+_wasm32",
    )
)
_MAC_MINOR = re.compile(r"macosx_(\d+)_[1-9]\d*_(.+)")


def is_taken(tag: str) -> bool:
    """Whether the index accepts wheels with a platform tag."""
    return tag in _FIXED or any(pattern.fullmatch(tag) for pattern in _PATTERNS)


def remedy(tag: str) -> str:
    """How to fix a platform tag that the index does not accept."""
    if tag.startswith("linux_"):
        return "Repair the wheel: auditwheel gives it a manylinux or musllinux tag. `cibw build` does that by default."
    minor = _MAC_MINOR.fullmatch(tag)
    if minor:
        return f"Since macOS 11, the minor version must be 0: set MACOSX_DEPLOYMENT_TARGET={minor[1]}.0 for the build."
    if tag.startswith("pyodide_"):
        return "Publish for a Pyodide whose wheels are tagged pyemscripten, or do not publish this wheel."
    return "Build the wheel for a platform that the index supports, or publish it elsewhere."


# Rules about file names, sizes and archives.

_PROJECT_LIMIT = 10 * 1024**3
_TELLS_FROM = 1024**3
_NEW_BACKEND = "Build it with a current build backend, such as setuptools 75 or newer."
_LIFTED = "An index may raise the limit on request; then set file-size-limit to the new limit."


def _odd_names(release: CheckedRelease) -> Iterator[Fault]:
    for odd in release.odd:
        fix = "Remove or rebuild the file."
        if odd.filename == MANIFEST_NAME:
            fix = "Copy it again from the job that built the files; it lists the contents of the release."
        yield Fault(message=f"{odd.reason}.", fix=fix, files=(odd.filename,))


def _nothing(release: CheckedRelease) -> Iterator[Fault]:
    if not release.contents:
        yield Fault(
            message="There are no distributions.",
            fix="Build wheels and sdist and gather them with `cibw collect`, or pass their directory.",
        )


def _broken(release: CheckedRelease) -> Iterator[Fault]:
    for one in release.contents:
        if one.broken:
            yield Fault(
                message=f"{one.broken}.",
                fix="Download it again from the job that built it, or rebuild it.",
                files=(one.filename,),
            )


def _framing(contents: DistributionContents) -> Iterator[Fault]:
    for text in contents.framing:
        yield Fault(message=f"The archive is malformed: {text}.", fix="Rebuild it with a current build backend.")


def _directory(contents: DistributionContents) -> Iterator[Fault]:
    wanted = sdist_root(contents.filename)
    if contents.top and contents.top != wanted:
        yield Fault(
            message=f"Its directory is named {contents.top}, but should be named {wanted} like the file.",
            fix="Installers accept this. Use a newer release of the build backend.",
        )


def _too_large(release: CheckedRelease) -> Iterator[Fault]:
    for one in release.contents:
        size, limit = one.distribution.size, release.wanted.limit
        if size > limit:
            yield Fault(
                message=f"The file has {_megabytes(size)}, but the index accepts at most {_megabytes(limit)}.",
                fix=f"Strip debug symbols (`strip --strip-debug`), and exclude data and tests. {_LIFTED}",
                files=(one.filename,),
            )


def _release_size(release: CheckedRelease) -> Iterator[Fault]:
    total = sum(one.distribution.size for one in release.contents)
    if total > _PROJECT_LIMIT:
        yield Fault(
            message=f"The release has {_gigabytes(total)}; all releases of a project together may have 10 GiB.",
            fix="Make the wheels smaller, or ask the index for a higher limit before the release.",
            severity=Severity.ERROR,
        )
    elif total > _TELLS_FROM:
        yield Fault(
            message=f"The release uses {_gigabytes(total)} of the 10 GiB that all releases of a project may have.",
            fix="Check the remaining space on the project's page; you may have to delete old releases.",
        )


def _normalised(contents: DistributionContents) -> Iterator[Fault]:
    distribution = contents.distribution
    name = distribution.project.replace("-", "_")
    wanted = f"{name}-{distribution.version}{SDIST_ENDING}"
    if contents.is_wheel and distribution.filename.split("-")[0] != name:
        yield Fault(
            message=f"The wheel's file name must begin with the normalized project name, {name}.",
            fix=_NEW_BACKEND,
        )
    if not contents.is_wheel and distribution.filename != wanted:
        yield Fault(message=f"The sdist's file name must be {wanted} (PEP 625).", fix=_NEW_BACKEND)


def _platforms(contents: DistributionContents) -> Iterator[Fault]:
    wheel = contents.distribution.wheel
    for tag in sorted({tag.platform for tag in wheel.tags} if wheel else ()):
        if not is_taken(tag):
            yield Fault(message=f"The index does not accept wheels for {tag}.", fix=remedy(tag))


def _compression(contents: DistributionContents) -> Iterator[Fault]:
    methods = {member.method for member in contents.members} - {*PLAIN_METHODS, ""}
    if methods:
        yield Fault(
            message=f"Members are compressed with {', '.join(sorted(methods))}; wheels may be stored or deflated.",
            fix="Repack the wheel with `python -m wheel unpack` and `python -m wheel pack`.",
        )


def _ratio(contents: DistributionContents) -> Iterator[Fault]:
    if is_bomb(contents.unpacked, contents.distribution.size):
        yield Fault(
            message=f"It unpacks from {_megabytes(contents.distribution.size)} to {_megabytes(contents.unpacked)} or "
            "more; the index rejects more than fifty times the size as an attack.",
            fix="Exclude nearly empty data, or generate it on first use.",
        )


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:.1f} MiB"


def _gigabytes(size: int) -> str:
    return f"{size / 1024**3:.1f} GiB"


ARCHIVE_RULES = (
    Rule(name="no-files", finds="there is nothing to publish", judge=_nothing),
    Rule(name="odd-file", finds="a file does not have the name of a distribution, or cannot be read", judge=_odd_names),
    Rule(name="broken-archive", finds="an archive cannot be unpacked", judge=_broken),
    Rule(
        name="archive-form",
        of_index=True,
        finds="duplicate members, members outside of their directory, sparse files, ambiguous zip files",
        judge=each_file(_framing),
    ),
    Rule(
        name="sdist-directory",
        finds="the directory in an sdist is not named like the file",
        judge=each_file(_directory),
        severity=Severity.WARNING,
    ),
    Rule(name="file-size", of_index=True, finds="a file is larger than `file-size-limit`", judge=_too_large),
    Rule(
        name="release-size",
        of_index=True,
        finds="the release uses more than 1 GiB of the 10 GiB of a project; an error if it exceeds 10 GiB",
        judge=_release_size,
        severity=Severity.WARNING,
    ),
    Rule(
        name="file-name",
        of_index=True,
        finds="a file name is not normalized: that of an sdist is `name_with_underscores-version.tar.gz`",
        judge=each_file(_normalised),
    ),
    Rule(
        name="platform-tag",
        of_index=True,
        finds="the index does not accept a wheel's platform, such as `linux_x86_64` or `macosx_12_3_arm64`",
        judge=each_file(_platforms),
    ),
    Rule(
        name="compression",
        of_index=True,
        finds="members of a wheel are neither stored nor deflated",
        judge=each_file(_compression),
    ),
    Rule(
        name="compression-ratio",
        of_index=True,
        finds="an archive of more than 64 MiB unpacks to more than fifty times its size",
        judge=each_file(_ratio),
    ),
)


# Rules about the metadata files in a distribution.

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
