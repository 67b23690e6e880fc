"""Finds the files and the options of a release from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cibw.cli.arguments import RELEASE_DIR
from cibw.cli.project import Project, is_project, open_project, reader_of, sources_of
from cibw.cli.session import Session
from cibw.config.load import load_options
from cibw.config.options import Options
from cibw.config.project.kind import is_pure_python
from cibw.config.toml import TomlTable, parse_toml
from cibw.errors import ConfigurationError, ReleaseFaultError
from cibw.model.manifest import MANIFEST_NAME
from cibw.model.release import ATTESTATION_ENDING, PROVENANCE_ENDING, UploadPlan
from cibw.release.upload_plan import (
    Release,
    distributions_in,
    read_directory,
    read_distribution,
    read_files,
    release_of,
)
from cibw.reporting.files import FILE_NAME
from cibw.untrusted.limits import UnreadableFileError
from cibw.untrusted.text import read_text

# Files that cibw itself writes into a project.

LOGS = "logs"
"""The directory of log files, next to the wheels."""


def made_by_cibw(session: Session, output_dir: Path) -> tuple[Path, ...]:
    """Paths that are not sources of a build: its wheels, the cache, and a `dist` with a manifest."""
    collected = session.working_dir / RELEASE_DIR
    is_ours = (collected / MANIFEST_NAME).is_file()
    return (output_dir, session.cache_dir, *((collected,) if is_ours else ()))


def is_written_by_cibw(path: Path) -> bool:
    """Whether cibw wrote a file next to distributions: reports, logs and attestations."""
    name = path.name
    if name == LOGS:
        return path.is_dir()
    return name in (MANIFEST_NAME, FILE_NAME) or name.endswith((ATTESTATION_ENDING, PROVENANCE_ENDING))


# The options of a release, also without the project.


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseProject:
    """A project and its options."""

    project: Project
    options: Options


def pyproject_of(project: Project) -> TomlTable:
    """The pyproject.toml of a project, empty if it is missing; ConfigurationError if it is not TOML."""
    try:
        return parse_toml(read_text(project.root / project.package_dir / "pyproject.toml") or "")
    except (UnreadableFileError, ValueError) as error:
        raise ConfigurationError(f"Cannot read pyproject.toml: {error}") from error


def is_pure(chosen: bool | None, project: Project) -> bool:
    """Whether one wheel is for all platforms: as chosen by the user, else detected from the project's files."""
    if chosen is not None:
        return chosen
    return is_pure_python(pyproject_of(project), reader_of(project.root / project.package_dir))


@contextmanager
def release_project(session: Session) -> Iterator[ReleaseProject]:
    """The project and its options; a job with only the distributions has the options of variables."""
    line, here = session.line, session.working_dir
    if line.package == "." and not is_project(here):
        yield _read(session, Project(root=here.resolve(), package_dir="."))
        return
    with open_project(line, here) as project:
        yield _read(session, project)


def _read(session: Session, project: Project) -> ReleaseProject:
    sources = sources_of(session.line, project, session.working_dir, session.environment)
    options = load_options(sources, session.platform())
    session.mask.watch(options.secrets, session.environment)
    return ReleaseProject(project=project, options=options)


# Find the files of a release for `cibw check`, `publish` and `verify`.

_DIRECTORIES = ("dist", "wheelhouse")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePaths:
    """One directory, which may be missing, or single files; `note` describes a default."""

    directory: Path | None = None
    files: tuple[Path, ...] = ()
    note: str = ""


def release_paths(working_dir: Path, names: tuple[str, ...]) -> ReleasePaths:
    """The given directory or files, else `dist` or `wheelhouse`; ConfigurationError for a mixture.

    Of several paths, files that cibw wrote are skipped. If the paths are all distributions of a directory, as with
    `dist/*`, the result is the directory.
    """
    named = tuple(working_dir / name for name in names)
    if not named:
        return _usual(working_dir)
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


# Choose the files of `cibw publish`.


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenRelease:
    """A release, the directory of its report, and a note about a default."""

    release: Release
    directory: Path
    note: str = ""


def choose_files(working_dir: Path, names: tuple[str, ...]) -> ChosenRelease:
    """The files of a directory, or the given files."""
    paths = release_paths(working_dir, names)
    files = read_files(paths.files) if paths.directory is None else read_directory(paths.directory)
    return ChosenRelease(release=release_of(files), directory=paths.directory or paths.files[0].parent, note=paths.note)


def check_unchanged(plan: UploadPlan) -> None:
    """ReleaseFaultError if a file has changed since the plan was made."""
    changed = [
        upload.distribution.filename
        for upload in plan.uploads
        if read_distribution(Path(upload.path)).distribution.sha256 != upload.distribution.sha256
    ]
    if changed:
        raise ReleaseFaultError(
            f"before-publish has changed {', '.join(changed)}. Nothing was uploaded.",
            hint="Change files before publishing: files must not change after the checks.",
        )
