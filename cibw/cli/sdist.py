"""The command that builds the source distribution."""

from __future__ import annotations

from cibw.cli.project import open_project
from cibw.cli.sdist_work import SdistWork
from cibw.cli.sessions import Session
from cibw.errors import ConfigurationError

DEFAULT_DIR = "dist"


def sdist(session: Session) -> int:
    """Build the sdist of a project, unless the one of its source is there; the errors say what the exit codes mean."""
    line = session.line
    if line.package.endswith(".tar.gz"):
        raise ConfigurationError(f"{line.package} is an sdist already.", hint="Name the directory of the project.")
    with open_project(line, session.working_dir) as project:
        work = SdistWork(
            session=session,
            project=project,
            directory=session.working_dir / (line.output_dir or DEFAULT_DIR),
            environment=session.environment,
        )
        found = work.provide(anew=line.force)
        if line.wheel:
            work.provide_wheel(found, anew=line.force)
    return 0
