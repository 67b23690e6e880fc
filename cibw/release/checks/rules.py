"""The input and output of rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from packaging.version import Version

from cibw.model.identifiers import BuildIdentifier
from cibw.model.manifest import Manifest, Severity
from cibw.release.checks.contents import DistributionContents, OddFile

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A problem found by a rule: message, fix and files. The severity defaults to that of the rule."""

    message: str
    fix: str = ""
    files: tuple[str, ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Data of optional libraries; empty if they are not installed.

    `classifiers` has all valid classifiers, `deprecated` maps deprecated ones to their replacements.
    `render` returns the problem of a reStructuredText, or an empty string.
    """

    classifiers: frozenset[str] = frozenset()
    deprecated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    render: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRequirements:
    """The requirements of a release.

    `identifiers` are those that need a wheel, or None if unknown. `tags` are those of the commit.
    `limit` is the maximum file size of the index in bytes. `is_whole` is false if single files were given, which may
    be part of a release. `is_public` is false for a private index. `is_between` is true for a check in a CI run for a
    branch, which does not publish.
    """

    identifiers: tuple[BuildIdentifier, ...] | None = None
    sdist: bool = True
    limit: int = 100 * 1024 * 1024
    tags: tuple[str, ...] = ()
    tag_format: str = "v{version}"
    is_whole: bool = True
    is_public: bool = True
    is_between: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRelease:
    """The files of a release, the manifest dist.json of the builds, and the requirements of the release."""

    contents: tuple[DistributionContents, ...]
    odd: tuple[OddFile, ...] = ()
    manifest: Manifest | None = None
    wanted: ReleaseRequirements = field(default_factory=ReleaseRequirements)
    knowledge: Knowledge = field(default_factory=Knowledge)

    @property
    def wheels(self) -> tuple[DistributionContents, ...]:
        """The wheels."""
        return tuple(one for one in self.contents if one.is_wheel)

    @property
    def sdists(self) -> tuple[DistributionContents, ...]:
        """The sdists."""
        return tuple(one for one in self.contents if not one.is_wheel)

    @property
    def readable(self) -> tuple[DistributionContents, ...]:
        """The distributions whose archives could be read."""
        return tuple(one for one in self.contents if not one.broken)

    @property
    def versions(self) -> tuple[Version, ...]:
        """All versions in the file names, lowest first."""
        return tuple(sorted({one.distribution.version for one in self.contents}))

    @property
    def projects(self) -> tuple[str, ...]:
        """All projects in the file names."""
        return tuple(sorted({one.distribution.project for one in self.contents}))


MOST_FAULTS = 50
"""The maximum number of faults listed per rule and file."""
Judge = Callable[[CheckedRelease], Iterator[Fault]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: its name in kebab-case, what it finds, and its severity.

    `of_index` marks faults that only the public index refuses; a private index may accept them.
    """

    name: str
    finds: str
    judge: Judge
    severity: Severity = Severity.ERROR
    of_index: bool = False


def each_file(judge: Callable[[DistributionContents], Iterator[Fault]]) -> Judge:
    """Turn a rule for single readable distributions into a rule for a release."""

    def judge_all(release: CheckedRelease) -> Iterator[Fault]:
        for contents in release.readable:
            for number, fault in enumerate(judge(contents), start=1):
                if number > MOST_FAULTS:
                    yield Fault(message="More problems of this kind are not listed.", files=(contents.filename,))
                    break
                yield Fault(message=fault.message, fix=fault.fix, files=(contents.filename,), severity=fault.severity)

    return judge_all


def usual(values: Sequence[T]) -> T:
    """The most frequent value; the first one on a tie."""
    return Counter(values).most_common(1)[0][0]
