"""The distributions of a release with their contents, and files that are none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cibw.model.distribution import is_distribution_name
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


def distributions_in(directory: Path) -> Iterable[Path]:
    """The files directly in a directory that are named like distributions, sorted."""
    # A name that begins with a dot is that of a file which is still being written.
    return (
        path
        for path in sorted(directory.iterdir())
        if path.is_file() and is_distribution_name(path.name) and not path.name.startswith(".")
    )
