"""Find and read the distributions in a directory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cibw.errors import ConfigurationError, Mistake
from cibw.model.distribution import Distribution, is_distribution_name, upload_order

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A distribution and its path."""

    distribution: Distribution
    path: Path


def read_distribution(path: Path) -> FoundFile:
    """Read one file; ValueError if it is not a regular file or does not have the name of a distribution."""
    if path.exists() and not path.is_file():
        raise ValueError(f"{path.name} is not a regular file")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    distribution = Distribution.parse(path.name, size=path.stat().st_size, sha256=digest.hexdigest())
    return FoundFile(distribution=distribution, path=path)


def distributions_in(directory: Path) -> Iterator[Path]:
    """The files directly in a directory that have the names of distributions, sorted."""
    # Names with a leading dot belong to files that are still being written.
    for path in sorted(directory.iterdir()):
        if path.is_file() and is_distribution_name(path.name) and not path.name.startswith("."):
            yield path


def read_directory(directory: Path) -> tuple[FoundFile, ...]:
    """The distributions directly in a directory, wheels first; ConfigurationError lists all invalid file names."""
    if not directory.is_dir():
        raise ConfigurationError(
            f"Directory not found: {directory}.", hint="`cibw collect` gathers the files of a release in one directory."
        )
    read = [_read_or_mistake(path) for path in distributions_in(directory)]
    mistakes = tuple(one for one in read if isinstance(one, Mistake))
    if mistakes:
        raise ConfigurationError(f"{directory} has files with invalid names.", mistakes=mistakes)
    by_name = {one.distribution.filename: one for one in read if isinstance(one, FoundFile)}
    return tuple(by_name[one.filename] for one in upload_order(tuple(one.distribution for one in by_name.values())))


def read_files(paths: tuple[Path, ...]) -> tuple[FoundFile, ...]:
    """The given distributions; ConfigurationError lists all that are missing or are not distributions."""
    read = [_read_or_mistake(path) for path in paths]
    mistakes = tuple(one for one in read if isinstance(one, Mistake))
    if mistakes:
        raise ConfigurationError("Some of the given files cannot be published.", mistakes=mistakes)
    return tuple(one for one in read if isinstance(one, FoundFile))


def _read_or_mistake(path: Path) -> FoundFile | Mistake:
    try:
        return read_distribution(path)
    except OSError as error:
        return Mistake(place=str(path), message=f"Cannot read it: {error.strerror or error}.")
    except ValueError as error:
        return Mistake(place=str(path), message=str(error), hint="remove or rename it")
