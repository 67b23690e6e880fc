"""The options of a release, also without the project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cibw.cli.command_line import CommandLine
from cibw.cli.project import Project, is_project, open_project, reader_of, sources_of
from cibw.cli.sessions import Session
from cibw.config.load import load_options
from cibw.config.options import Options
from cibw.config.project_kind import is_pure_python
from cibw.config.toml import TomlTable, parse_toml
from cibw.errors import ConfigurationError
from cibw.untrusted.faults import UnreadableFileError
from cibw.untrusted.text import read_text


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


def is_pure(line: CommandLine, project: Project) -> bool:
    """Whether one wheel is for all platforms: from the command line, else detected from the project's files."""
    if line.pure is not None:
        return line.pure
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
