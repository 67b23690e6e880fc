"""Find a project on disk and its configuration sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cibw.cli.arguments import CommandLine
from cibw.cli.session import Session
from cibw.config.cascade import Arguments, Sources
from cibw.errors import ConfigurationError
from cibw.untrusted.limits import UnreadableFileError
from cibw.untrusted.text import read_text

_PROJECT_FILES = ("setup.py", "setup.cfg", "pyproject.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project's root, which is copied to machines, and its package directory relative to the root.

    `is_sdist`: it was unpacked for this run and is not a git checkout. `is_elsewhere`: the package is its own root,
    because it is not in the current directory.
    """

    root: Path
    package_dir: str
    is_sdist: bool = False
    is_elsewhere: bool = False


@contextmanager
def open_project(line: CommandLine, working_dir: Path) -> Iterator[Project]:
    """Find the project on the command line; an sdist is unpacked for the duration of the context."""
    package = working_dir / line.package
    if package.is_dir():
        yield _directory(package, working_dir)
    elif package.is_file() and is_sdist_name(package.name):
        from cibw.execution.files import scratch_directory

        with scratch_directory("sdist") as directory:
            unpacked = directory / "sdist"
            unpacked.mkdir()
            yield replace(_unpack(package, unpacked), is_sdist=True)
    else:
        kind = "not an sdist (.tar.gz, .tgz or .zip) or a directory" if package.exists() else "missing"
        raise ConfigurationError(
            f"The package {line.package} is {kind}.", hint="Pass the directory of a Python project, or its sdist."
        )


def is_sdist_name(filename: str) -> bool:
    """Whether a file has the name of an sdist; `.tgz` and `.zip` predate PEP 625."""
    return filename.lower().endswith((".tar.gz", ".tgz", ".zip"))


def is_project(directory: Path) -> bool:
    """Whether a directory is a Python project."""
    return any((directory / name).is_file() for name in _PROJECT_FILES)


def _directory(package: Path, working_dir: Path) -> Project:
    if not is_project(package):
        raise ConfigurationError(
            f"{package} is not a Python project: {', '.join(_PROJECT_FILES)} are all missing.",
            hint="Run cibw in the project's directory, or pass that directory.",
        )
    if not package.resolve().is_relative_to(working_dir.resolve()):
        return Project(root=package.resolve(), package_dir=".", is_elsewhere=True)
    relative = package.resolve().relative_to(working_dir.resolve())
    return Project(root=working_dir.resolve(), package_dir=relative.as_posix())


def refuse_elsewhere(project: Project, working_dir: Path) -> None:
    """ConfigurationError for a package outside of the current directory, which containers cannot access."""
    if project.is_elsewhere:
        raise ConfigurationError(
            f"The package {project.root} is not in the current directory, {working_dir}.",
            hint="Run cibw from a directory that contains the package and everything its build uses.",
        )


def _unpack(sdist: Path, directory: Path) -> Project:
    from cibw.untrusted.limits import ArchiveError
    from cibw.untrusted.unpacking import unpack_into

    try:
        unpack_into(directory, sdist)
    except ArchiveError as error:
        raise ConfigurationError(
            f"Cannot unpack the sdist {sdist}: {error}.",
            hint="Nothing was written. Download it again. If that does not help, report it to its maintainers.",
        ) from error
    entries = list(directory.iterdir())
    if len(entries) != 1 or entries[0].is_symlink() or not entries[0].is_dir():
        raise ConfigurationError(f"The sdist {sdist} must contain exactly one directory.")
    return Project(root=entries[0].resolve(), package_dir=".")


def make_output_dir(path: Path) -> Path:
    """Create the output directory and return its absolute path; ConfigurationError if it is not writable."""
    from tempfile import NamedTemporaryFile

    try:
        path.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path, prefix=".cibw-"):
            return path.resolve()
    except OSError as error:
        raise ConfigurationError(
            f"Cannot write to the output directory {path}: {error.strerror}",
            hint="Set another directory with --output-dir or CIBW_OUTPUT_DIR.",
        ) from error


@contextmanager
def writing_to(session: Session, path: Path) -> Iterator[Path]:
    """Create the output directory and lock it against other runs until the context ends.

    ConfigurationError if it is not writable.
    """
    from cibw.execution.files import sole_writer
    from cibw.execution.host.probe import read_node

    directory = make_output_dir(path)

    def tell(text: str) -> None:
        print(text, file=session.stream_for_people, flush=True)

    with sole_writer(directory, read_node(), tell):
        yield directory


def sources_of(line: CommandLine, project: Project, working_dir: Path, environ: Mapping[str, str]) -> Sources:
    """All configuration sources of a project; ConfigurationError if a given configuration file is missing."""
    label, path = config_file_of(line, project, working_dir)
    try:
        text = read_text(path)
    except UnreadableFileError as error:
        raise ConfigurationError(f"{error}.") from error
    if path.is_dir():
        raise ConfigurationError(f"The configuration file {path} is a directory.")
    if text is None and line.config_file:
        raise ConfigurationError(
            f"The configuration file {path} is missing.", hint="Check --config-file; it may contain {package}."
        )
    return Sources(
        config_label=label,
        config_text=text,
        environ=environ,
        arguments=Arguments(
            package_dir=project.package_dir,
            output_dir=line.output_dir,
            archs=line.archs,
            enable=line.enable,
            only=line.only,
            allow_empty=line.allow_empty,
            engine=line.engine,
            jobs=line.jobs,
            offline=line.offline,
        ),
        read_text=reader_of(project.root),
    )


def config_file_of(line: CommandLine, project: Project, working_dir: Path) -> tuple[str, Path]:
    """The configuration file of a command line: its name for messages, and its path.

    A relative path names a file of an sdist if there is one, and otherwise a file below the current directory.
    """
    package = project.root / project.package_dir
    if not line.config_file:
        path = package / "pyproject.toml"
        is_below = path.is_relative_to(working_dir)
        return (str(path.relative_to(working_dir)) if is_below else path.name), path
    name = line.config_file.replace("{package}", str(package))
    inside = package / name
    return name, inside if project.is_sdist and inside.is_file() else working_dir / name


def reader_of(root: Path) -> Callable[[str], str | None]:
    """A function that reads text files of a project by their POSIX paths relative to its root; None for missing files.

    UnreadableFileError for a file that cannot be read.
    """
    return lambda path: read_text(root / path, path)
