"""The options of a release, also where the project itself is not at hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cibw.cli.project import Project, is_project, open_project, sources_of
from cibw.cli.sessions import Session
from cibw.config.load import load_options
from cibw.config.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseProject:
    """A project and its options."""

    project: Project
    options: Options


@contextmanager
def release_project(session: Session) -> Iterator[ReleaseProject]:
    """The project and its options; a job that has only the distributions has those of the variables."""
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
