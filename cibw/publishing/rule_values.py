"""What rules are asked about, and what they answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from packaging.version import Version

from cibw.model.findings import Severity
from cibw.model.identifier import BuildIdentifier
from cibw.model.manifest import Manifest
from cibw.publishing.contents import DistributionContents
from cibw.publishing.contents_reading import OddFile

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What a rule has found: what is wrong, what to do, the files; without a severity it has that of its rule."""

    message: str
    fix: str = ""
    files: tuple[str, ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What only libraries know; empty where they are not installed.

    `classifiers` are all that exist, `deprecated` those that are no longer taken, with what stands in their place.
    `render` gives what is wrong with a reStructuredText, empty where nothing is.
    """

    classifiers: frozenset[str] = frozenset()
    deprecated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    render: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a release must be.

    `identifiers` are those that need a wheel, None where nobody has said which. `tags` are those of the commit.
    `limit` is the size in bytes of the largest file that the index takes. `is_whole` is false where single files
    were named, which need not be a whole release; `is_public` is false where the release goes to an index of one's own.
    `is_between` says that the check is part of a CI's run for a branch, from which nothing is published by that.
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
    """The files of a release, what builds have promised in dist.json, and what the release must be."""

    contents: tuple[DistributionContents, ...]
    odd: tuple[OddFile, ...] = ()
    manifest: Manifest | None = None
    wanted: Wanted = field(default_factory=Wanted)
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
        """Every version that a file is named after, the lowest first."""
        return tuple(sorted({one.distribution.version for one in self.contents}))

    @property
    def projects(self) -> tuple[str, ...]:
        """Every project that a file is named after."""
        return tuple(sorted({one.distribution.project for one in self.contents}))


MOST_FAULTS = 50
"""The most faults of one rule that are listed for a file."""
Judge = Callable[[CheckedRelease], Iterator[Fault]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: its name in kebab-case, what it finds, and how bad that is.

    `of_index` marks what only the public index refuses; an index of one's own may take it.
    """

    name: str
    finds: str
    judge: Judge
    severity: Severity = Severity.ERROR
    of_index: bool = False


def each_file(judge: Callable[[DistributionContents], Iterator[Fault]]) -> Judge:
    """A rule about a release made of one about a single distribution whose archive could be read."""

    def judge_all(release: CheckedRelease) -> Iterator[Fault]:
        for contents in release.readable:
            for number, fault in enumerate(judge(contents), start=1):
                if number > MOST_FAULTS:
                    yield Fault(message="There is more of that kind, which is not listed.", files=(contents.filename,))
                    break
                yield Fault(message=fault.message, fix=fault.fix, files=(contents.filename,), severity=fault.severity)

    return judge_all


def usual(values: Sequence[T]) -> T:
    """The value that is there most often; the first of several."""
    return Counter(values).most_common(1)[0][0]
