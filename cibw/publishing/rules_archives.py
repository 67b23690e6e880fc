"""Rules about file names, sizes and archives."""

from __future__ import annotations

from collections.abc import Iterator

from cibw.model.distribution import SDIST_ENDING
from cibw.model.findings import Severity
from cibw.model.manifest import MANIFEST_NAME
from cibw.publishing.contents import PLAIN_METHODS, DistributionContents, is_bomb, sdist_root
from cibw.publishing.platform_tags import is_taken, remedy
from cibw.publishing.rule_values import CheckedRelease, Fault, Rule, each_file

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
