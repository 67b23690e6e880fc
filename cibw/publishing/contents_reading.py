"""Read the distributions of a release with their contents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cibw.publishing.contents import DistributionContents
from cibw.publishing.contents_sdist import read_sdist
from cibw.publishing.contents_wheel import read_wheel
from cibw.publishing.distributions import read_distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class OddFile:
    """A file that is not a distribution or cannot be read, and why."""

    filename: str
    reason: str


def read_contents(path: Path) -> DistributionContents | OddFile:
    """Read one file as the kind of distribution that its name implies."""
    try:
        found = read_distribution(path)
    except ValueError as error:
        return OddFile(filename=path.name, reason=str(error))
    except OSError as error:
        return OddFile(filename=path.name, reason=f"cannot read {path}: {error.strerror or error}")
    return read_sdist(found) if found.distribution.wheel is None else read_wheel(found)
