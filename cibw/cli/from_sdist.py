"""Build wheels from the sdist of a project, with the project's configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from cibw.cli.project import Project, is_sdist_name, open_project, reader_of
from cibw.cli.sdist import DEFAULT_DIR
from cibw.cli.sdist_work import SdistWork
from cibw.cli.sessions import Session
from cibw.config.sources import Sources
from cibw.errors import ConfigurationError
from cibw.publishing.distributions import FoundFile, read_distribution
from cibw.reporting.fold import is_ci


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltFrom:
    """The unpacked sdist as a project, its configuration sources, and notes for the user."""

    project: Project
    sources: Sources
    notes: tuple[str, ...]


@contextmanager
def unpacked_sdist(
    session: Session, project: Project, sources: Sources, environment: Mapping[str, str]
) -> Iterator[BuiltFrom]:
    """The sdist for --from-sdist, unpacked for the duration of the context.

    Without a file, it is the one in dist, else a new one. Files in the configuration are looked up in the sdist,
    then in the project.
    """
    if is_sdist_name(session.line.package):
        raise ConfigurationError(
            f"{session.line.package} is an sdist, but --from-sdist needs the directory of a project.",
            hint="Omit --from-sdist, or pass the directory.",
        )
    work = SdistWork(
        session=session, project=project, directory=session.working_dir / DEFAULT_DIR, environment=environment
    )
    found, stale = _find(work)
    with open_project(replace(session.line, package=str(found.path)), session.working_dir) as unpacked:
        read_first, read_then = reader_of(unpacked.root), sources.read_text

        def read(path: str) -> str | None:
            text = read_first(path)
            return read_then(path) if text is None else text

        arguments = replace(sources.arguments, package_dir=unpacked.package_dir)
        yield BuiltFrom(
            project=unpacked,
            sources=replace(sources, arguments=arguments, read_text=read),
            notes=(f"from the sdist {found.distribution.filename}, SHA-256 {found.distribution.sha256}", *stale),
        )


def _find(work: SdistWork) -> tuple[FoundFile, tuple[str, ...]]:
    """The sdist, and a note if the source has changed since it was built."""
    session, directory = work.session, work.directory
    if session.line.from_sdist:
        return _named(session, session.line.from_sdist), ()
    there = sorted(path for path in directory.glob("*.tar.gz") if path.is_file() and not path.name.startswith("."))
    if len(there) > 1:
        raise ConfigurationError(
            f"{DEFAULT_DIR} has several sdists: {', '.join(path.name for path in there)}.",
            hint=f"Pass one, as in --from-sdist={DEFAULT_DIR}/{there[0].name}, or remove the others.",
        )
    if not there:
        return work.provide(anew=False), ()
    found = _named(session, str(there[0]))
    # In a CI, the sdist comes from another job, whose checkout may write the same files differently.
    if is_ci(session.environment) or not work.is_outdated(found):
        return found, ()
    return found, ("the source has changed since this sdist was built; `cibw sdist` builds a new one",)


def _named(session: Session, name: str) -> FoundFile:
    path = session.working_dir / name
    if not path.is_file():
        kind = "a directory" if path.is_dir() else "missing"
        raise ConfigurationError(
            f"The sdist {name} of --from-sdist is {kind}.",
            hint="Pass a .tar.gz file. The package comes first, as in `cibw PACKAGE --from-sdist`.",
        )
    try:
        return read_distribution(path)
    except ValueError as error:
        raise ConfigurationError(f"{name} is not an sdist: {error}", hint="`cibw sdist` builds one.") from error
