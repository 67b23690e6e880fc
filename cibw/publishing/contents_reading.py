"""The distributions of a release with their contents, and files that are none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cibw.publishing.contents import DistributionContents
from cibw.publishing.contents_sdist import read_sdist
from cibw.publishing.contents_wheel import read_wheel
from cibw.publishing.distributions import read_distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class OddFile:
    """A file that is no distribution, or can't be read, and why."""

    filename: str
    reason: str


def read_contents(path: Path) -> DistributionContents | OddFile:
    """One file, by what its name says it is."""
    try:
        found = read_distribution(path)
    except ValueError as error:
        return OddFile(filename=path.name, reason=str(error))
    except OSError as error:
        return OddFile(filename=path.name, reason=f"{path} can't be read: {error.strerror or error}")
    return read_sdist(found) if found.distribution.wheel is None else read_wheel(found)
