"""Rules about files as such: names, sizes, archives."""

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
_LIFTED = "An index lifts limits where it is asked to; then set file-size-limit to what it allows."


def _odd_names(release: CheckedRelease) -> Iterator[Fault]:
    for odd in release.odd:
        fix = "Remove the file, or build it anew."
        if odd.filename == MANIFEST_NAME:
            fix = "Take it again from where the files were built; it says what the release must have."
        yield Fault(message=f"{odd.reason}.", fix=fix, files=(odd.filename,))


def _nothing(release: CheckedRelease) -> Iterator[Fault]:
    if not release.contents:
        yield Fault(
            message="There is no distribution at all.",
            fix="Build wheels and sdist, and gather them by `cibw collect`; or name their directory.",
        )


def _broken(release: CheckedRelease) -> Iterator[Fault]:
    for one in release.contents:
        if one.broken:
            yield Fault(
                message=f"{one.broken}.",
                fix="Fetch it again from where it was built, or build it.",
                files=(one.filename,),
            )


def _framing(contents: DistributionContents) -> Iterator[Fault]:
    for text in contents.framing:
        yield Fault(message=f"The archive is odd: {text}.", fix="Build it anew with a current build backend.")


def _directory(contents: DistributionContents) -> Iterator[Fault]:
    wanted = sdist_root(contents.filename)
    if contents.top and contents.top != wanted:
        yield Fault(
            message=f"Its directory is named {contents.top}, and should be named {wanted} like the file.",
            fix="Installers accept it. Use a newer release of the build backend.",
        )


def _too_large(release: CheckedRelease) -> Iterator[Fault]:
    for one in release.contents:
        size, limit = one.distribution.size, release.wanted.limit
        if size > limit:
            yield Fault(
                message=f"It has {_megabytes(size)}, and the index takes files of up to {_megabytes(limit)}.",
                fix=f"Strip debug symbols (`strip --strip-debug`), and leave out data and tests. {_LIFTED}",
                files=(one.filename,),
            )


def _release_size(release: CheckedRelease) -> Iterator[Fault]:
    total = sum(one.distribution.size for one in release.contents)
    if total > _PROJECT_LIMIT:
        yield Fault(
            message=f"The release has {_gigabytes(total)}; a project may have 10 GiB, all of its releases together.",
            fix="Make the wheels smaller, or ask the index for more room before the release.",
            severity=Severity.ERROR,
        )
    elif total > _TELLS_FROM:
        yield Fault(
            message=f"The release takes {_gigabytes(total)} of the 10 GiB that all releases of a project may have.",
            fix="Look at the project's page how much is left; old releases may have to go.",
        )


def _normalised(contents: DistributionContents) -> Iterator[Fault]:
    distribution = contents.distribution
    name = distribution.project.replace("-", "_")
    wanted = f"{name}-{distribution.version}{SDIST_ENDING}"
    if contents.is_wheel and distribution.filename.split("-")[0] != name:
        yield Fault(
            message=f"The name of the wheel must begin with the normal form of the project's name, {name}.",
            fix=_NEW_BACKEND,
        )
    if not contents.is_wheel and distribution.filename != wanted:
        yield Fault(message=f"The name of the sdist must be {wanted} (PEP 625).", fix=_NEW_BACKEND)


def _platforms(contents: DistributionContents) -> Iterator[Fault]:
    wheel = contents.distribution.wheel
    for tag in sorted({tag.platform for tag in wheel.tags} if wheel else ()):
        if not is_taken(tag):
            yield Fault(message=f"The index takes no wheels for {tag}.", fix=remedy(tag))


def _compression(contents: DistributionContents) -> Iterator[Fault]:
    methods = {member.method for member in contents.members} - {*PLAIN_METHODS, ""}
    if methods:
        yield Fault(
            message=f"Members are compressed by {', '.join(sorted(methods))}; wheels may be stored or deflated.",
            fix="Pack the wheel anew: `python -m wheel unpack` and `python -m wheel pack`.",
        )


def _ratio(contents: DistributionContents) -> Iterator[Fault]:
    if is_bomb(contents.unpacked, contents.distribution.size):
        yield Fault(
            message=f"It unpacks from {_megabytes(contents.distribution.size)} to {_megabytes(contents.unpacked)} or "
            "more; the index takes more than fifty times for an attack.",
            fix="Leave out what is nearly empty, or make it when it is first used.",
        )


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:.1f} MiB"


def _gigabytes(size: int) -> str:
    return f"{size / 1024**3:.1f} GiB"


RULES = (
    Rule(name="no-files", finds="there is nothing to publish", judge=_nothing),
    Rule(name="odd-file", finds="a file is named like no distribution, or can't be read", judge=_odd_names),
    Rule(name="broken-archive", finds="an archive can't be unpacked", judge=_broken),
    Rule(
        name="archive-form",
        of_index=True,
        finds="members twice or outside of their directory, sparse files, a zip file that can be read in two ways",
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
        finds="the release takes more than 1 GiB of the 10 GiB of a project; an error where it does not fit at all",
        judge=_release_size,
        severity=Severity.WARNING,
    ),
    Rule(
        name="file-name",
        of_index=True,
        finds="a file's name is not normalised: that of an sdist is `name_with_underscores-version.tar.gz`",
        judge=each_file(_normalised),
    ),
    Rule(
        name="platform-tag",
        of_index=True,
        finds="a wheel's platform is unknown to the index, such as `linux_x86_64` or `macosx_12_3_arm64`",
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
