"""The `sdist` command."""

from __future__ import annotations

from cibw.cli.project import open_project
from cibw.cli.sdist_work import SdistWork
from cibw.cli.sessions import Session
from cibw.errors import ConfigurationError

DEFAULT_DIR = "dist"


def sdist(session: Session) -> int:
    """Build the sdist of a project, unless it already exists; the exit code comes from the error."""
    line = session.line
    if line.package.endswith(".tar.gz"):
        raise ConfigurationError(f"{line.package} is already an sdist.", hint="Pass the directory of the project.")
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
