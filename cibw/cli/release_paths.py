"""Find the files of a release for `cibw check`, `publish` and `verify`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cibw.cli.own_files import is_written_by_cibw
from cibw.cli.sessions import Session
from cibw.errors import ConfigurationError
from cibw.publishing.distributions import distributions_in

_DIRECTORIES = ("dist", "wheelhouse")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePaths:
    """One directory, which may be missing, or single files; `note` describes a default."""

    directory: Path | None = None
    files: tuple[Path, ...] = ()
    note: str = ""


def release_paths(session: Session) -> ReleasePaths:
    """The given directory or files, else `dist` or `wheelhouse`; ConfigurationError for a mixture.

    Of several paths, files that cibw wrote are skipped. If the paths are all distributions of a directory, as with
    `dist/*`, the result is the directory.
    """
    named = tuple(session.working_dir / path for path in session.line.paths)
    if not named:
        return _usual(session.working_dir)
    paths = tuple(path for path in named if len(named) == 1 or not is_written_by_cibw(path))
    if not paths:
        raise ConfigurationError(
            f"{' and '.join(path.name for path in named)} cannot be published: cibw wrote these files for its own use.",
            hint="Pass the directory, or its wheels and sdist.",
        )
    if len(paths) < len(named) and _is_all(paths):
        return ReleasePaths(directory=paths[0].parent)
    directories = [path for path in paths if path.is_dir()]
    if not directories:
        return ReleasePaths(files=paths)
    if len(paths) > 1:
        raise ConfigurationError(
            f"{directories[0]} is a directory and cannot be combined with other paths.",
            hint="Pass one directory, or files. `cibw collect` merges several directories.",
        )
    return ReleasePaths(directory=directories[0])


def _is_all(paths: tuple[Path, ...]) -> bool:
    """Whether these are all distributions of one directory."""
    directory = paths[0].parent
    return directory.is_dir() and sorted(paths) == list(distributions_in(directory))


def _usual(working_dir: Path) -> ReleasePaths:
    name = next((name for name in _DIRECTORIES if (working_dir / name).is_dir()), _DIRECTORIES[0])
    note = "" if name == _DIRECTORIES[0] else f"Directory {_DIRECTORIES[0]} not found; publishing {name}."
    return ReleasePaths(directory=working_dir / name, note=note)
