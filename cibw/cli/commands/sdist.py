"""The `sdist` command, and builds from an sdist."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from cibw.ci import ci_facts
from cibw.cli.arguments import RELEASE_DIR, CommandLine, Parser, Subcommand, add_debug_traceback, add_package_directory
from cibw.cli.commands.cache import mark_cache
from cibw.cli.project import Project, is_sdist_name, open_project, reader_of, writing_to
from cibw.cli.session import Session, without_credentials
from cibw.config.cascade import Sources
from cibw.config.project.build_system import build_requirements
from cibw.errors import ConfigurationError, MissingToolError, ReleaseFaultError
from cibw.execution.host.machine import HostMachine
from cibw.execution.host.session import FOREIGN_VARIABLES, ISOLATING_VARIABLES, settings_for_uv
from cibw.execution.source.state import (
    KnownSources,
    build_sdist,
    build_wheel,
    changed_files,
    read_source_state,
    source_digest,
    source_hashes,
)
from cibw.execution.wheels import waiting_place
from cibw.model.manifest import Finding, Manifest, ManifestFile, kept, merged, stops
from cibw.release.sdist import changes_during_build, read_sdist, sdist_findings, source_findings
from cibw.release.upload_plan import FoundFile, read_distribution
from cibw.reporting.checks import begun_line, built_lines, kept_lines
from cibw.reporting.console import output_line
from cibw.reporting.errors import fault_text, warning_lines
from cibw.reporting.files import read_manifest, write_manifest
from cibw.untrusted.limits import UnreadableFileError
from cibw.untrusted.text import read_text

# The command line of `cibw sdist`.

_EPILOG = """\
An sdist is built only once, because two builds never give the same bytes and an index accepts a name only once.
dist.json beside the sdist records which source it was built from. `cibw build --from-sdist` builds wheels from it.

exit codes:
  0 the sdist exists; 1 the build backend failed; 16 pip install 'cibw[publish]' is required;
  18 the source is incomplete, or an index would not accept the sdist.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SdistArguments(CommandLine):
    """The arguments of `cibw sdist`."""

    wheel: bool = False
    force: bool = False


def _add_arguments(parser: Parser) -> None:
    add_debug_traceback(parser)
    add_package_directory(parser)
    parser.add_argument("--output-dir", metavar="DIR", help="directory for the sdist; default: dist")
    parser.add_argument(
        "--wheel",
        action="store_true",
        help="also build the wheel of a pure Python project from the sdist; other projects need `cibw build`",
    )
    parser.add_argument("--force", action="store_true", help="rebuild the sdist even if the source has not changed")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the output of the build")


# Build the sdist of a project, or reuse the existing one.

_WHEELS_DIR = "wheelhouse"


@dataclass(frozen=True, slots=True, kw_only=True)
class SdistWork:
    """The source and output of a project's sdist; `environment` is the user's environment."""

    session: Session
    project: Project
    directory: Path
    environment: Mapping[str, str] = field(repr=False)

    @property
    def package(self) -> Path:
        """The directory that the sdist is built from."""
        return self.project.root / self.project.package_dir

    def provide(self, *, anew: bool) -> FoundFile:
        """The sdist of the current source, built if it does not exist or if `anew` is set.

        ReleaseFaultError if the source is incomplete, or an index would not accept the sdist.
        """
        mark_cache(self.session)
        with writing_to(self.session, self.directory) as directory:
            return self._provided(directory, anew=anew)

    def _provided(self, directory: Path, *, anew: bool) -> FoundFile:
        manifest = read_manifest(directory) or Manifest()
        before = self._hashes()
        source = self._known.origin(source_digest(before))
        found = None if anew else _made_before(directory, manifest, source)
        if found is not None:
            self._say(kept_lines(found.distribution, self._shown(found.path), self.session.style))
            return found
        self._judge_source()
        self._say([begun_line(self._shown(directory), self.session.style)])
        started = time.monotonic()
        found = self._build(directory)
        self._say(
            built_lines(found.distribution, self._shown(found.path), time.monotonic() - started, self.session.style)
        )
        _note(manifest, found, source if self._is_settled(before, source) else "")
        return found

    def provide_wheel(self, sdist: FoundFile, *, anew: bool) -> FoundFile:
        """The wheel of a pure Python project, built from its sdist unless it already exists.

        ReleaseFaultError if the wheel is for one platform only.
        """
        with writing_to(self.session, self.directory) as directory:
            manifest = read_manifest(directory) or Manifest()
            source = sdist.distribution.sha256
            found = None if anew else _made_before(directory, manifest, source)
            if found is not None:
                self._say(kept_lines(found.distribution, self._shown(found.path), self.session.style))
                return found
            started = time.monotonic()
            found = self._build_wheel(sdist, directory)
            self._say(
                built_lines(found.distribution, self._shown(found.path), time.monotonic() - started, self.session.style)
            )
            _note(manifest, found, source)
            return found

    def _build_wheel(self, sdist: FoundFile, directory: Path) -> FoundFile:
        line = replace(self.session.line, package=str(sdist.path))
        with open_project(line, self.session.working_dir) as unpacked, waiting_place(directory) as place:
            path = build_wheel(HostMachine(self._child_environment()), unpacked.root, place, self._hear())
            made = read_distribution(path)
            if not (made.distribution.wheel and made.distribution.wheel.is_pure):
                raise ReleaseFaultError(
                    f"{path.name} is not a pure Python wheel: it is for one platform only.",
                    hint="`cibw build` builds the wheels of such a project. Use --no-pure with `cibw init` and "
                    "`cibw release`.",
                )
            return FoundFile(distribution=made.distribution, path=path.replace(directory / path.name))

    def is_outdated(self, found: FoundFile) -> bool:
        """Whether an sdist in the directory was built from another source, according to its manifest."""
        entry = (read_manifest(found.path.parent) or Manifest()).file(found.path.name)
        return entry is not None and entry.source not in ("", self._known.origin(source_digest(self._hashes())))

    def _hashes(self) -> Mapping[str, str]:
        """The hashes of the project's files without build outputs."""
        return source_hashes(HostMachine(self.environment), self.project.root, self._made, self._kept("files"))

    @property
    def _made(self) -> tuple[Path, ...]:
        """The paths that cibw writes to, which are not sources."""
        wheels = self.environment.get("CIBW_OUTPUT_DIR") or _WHEELS_DIR
        here = self.session.working_dir
        return (self.directory, self.session.cache_dir, here / wheels, here / _WHEELS_DIR)

    def _kept(self, what: str) -> Path:
        name = hashlib.sha256(str(self.project.root).encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return self.session.cache_dir / "sdists" / f"{name}-{what}.json"

    @property
    def _known(self) -> KnownSources:
        return KnownSources(self._kept("sources"))

    def _judge_source(self) -> None:
        state = read_source_state(HostMachine(self.environment), self.package, self._made)
        findings = source_findings(state, build_requirements(_text(self.package / "pyproject.toml")))
        self._judge(findings, "The source is incomplete.")

    def _judge(self, findings: tuple[Finding, ...], what: str) -> None:
        self._say(warning_lines(findings, self.session.style))
        if stops(findings):
            raise ReleaseFaultError(f"{what}\n{fault_text(findings)}")

    def _build(self, directory: Path) -> FoundFile:
        _require_build()
        with waiting_place(directory) as place:
            path = build_sdist(HostMachine(self._child_environment()), self.package, place, self._hear())
            try:
                made = read_distribution(path)
            except ValueError as error:
                raise ReleaseFaultError(str(error), hint="Check the name and the version of the project.") from error
            self._judge(sdist_findings(made.distribution, read_sdist(path)), "The sdist cannot be released.")
            return FoundFile(distribution=made.distribution, path=path.replace(directory / path.name))

    def _is_settled(self, before: Mapping[str, str], source: str) -> bool:
        """Whether no file changed during the sdist build; files that the build added are recorded."""
        after = self._hashes()
        changed = changed_files(before, after)
        self._say(warning_lines(changes_during_build(changed), self.session.style))
        self._known.remember(source, source_digest(after))
        return not changed

    def _child_environment(self) -> dict[str, str]:
        environment = without_credentials(self.environment)
        own = {name: value for name, value in environment.items() if name not in FOREIGN_VARIABLES}
        return {**ISOLATING_VARIABLES, **own, **dict(settings_for_uv(own))}

    def _hear(self) -> Callable[[str, bool], None]:
        style = self.session.style

        def hear(line: str, _is_error: bool) -> None:
            if style.output:
                self._say([output_line(self.session.mask(line), style)])

        return hear

    def _say(self, lines: Iterable[str]) -> None:
        for line in lines:
            print(line, flush=True)

    def _shown(self, path: Path) -> str:
        here = self.session.working_dir
        return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _made_before(directory: Path, manifest: Manifest, source: str) -> FoundFile | None:
    """The sdist of a source in a manifest, if the file exists with the recorded hash."""
    for entry in manifest.files:
        path = directory / entry.filename
        if entry.source == source and path.is_file():
            found = read_distribution(path)
            if found.distribution.sha256 == entry.sha256:
                return found
    return None


def _note(manifest: Manifest, found: FoundFile, source: str) -> None:
    sdist = found.distribution
    directory = found.path.parent
    sizes = {path.name: path.stat().st_size for path in directory.iterdir() if path.is_file()}
    entry = ManifestFile(filename=sdist.filename, size=sdist.size, sha256=sdist.sha256, source=source)
    write_manifest(merged((kept(manifest, sizes), Manifest(files=(entry,)))), directory)


def _require_build() -> None:
    # A directory `build` in the project would also be importable as a module.
    from importlib.metadata import PackageNotFoundError, version

    try:
        version("build")
    except PackageNotFoundError as error:
        raise MissingToolError(
            "The library build is not installed.", hint="Run `pip install 'cibw[publish]'` in cibw's environment."
        ) from error


def _text(path: Path) -> str | None:
    try:
        return read_text(path)
    except UnreadableFileError as error:
        raise ConfigurationError(f"{error}.") from error


# The `sdist` command.


def run(session: Session, arguments: SdistArguments) -> int:
    """Build the sdist of a project, unless it already exists; the exit code comes from the error."""
    if arguments.package.endswith(".tar.gz"):
        raise ConfigurationError(f"{arguments.package} is already an sdist.", hint="Pass the directory of the project.")
    with open_project(arguments, session.working_dir) as project:
        work = SdistWork(
            session=session,
            project=project,
            directory=session.working_dir / (arguments.output_dir or RELEASE_DIR),
            environment=session.environment,
        )
        found = work.provide(anew=arguments.force)
        if arguments.wheel:
            work.provide_wheel(found, anew=arguments.force)
    return 0


# Build wheels from the sdist of a project, with the project's configuration.


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackedSdist:
    """The unpacked sdist as a project, its configuration sources, and notes for the user."""

    project: Project
    sources: Sources
    notes: tuple[str, ...]


@contextmanager
def unpacked_sdist(
    session: Session, named: str, project: Project, sources: Sources, environment: Mapping[str, str]
) -> Iterator[UnpackedSdist]:
    """The sdist for --from-sdist, unpacked for the duration of the context.

    If `named` is empty, it is the one in dist, else a new one. Files in the configuration are looked up in the sdist,
    then in the project.
    """
    if is_sdist_name(session.line.package):
        raise ConfigurationError(
            f"{session.line.package} is an sdist, but --from-sdist needs the directory of a project.",
            hint="Omit --from-sdist, or pass the directory.",
        )
    work = SdistWork(
        session=session, project=project, directory=session.working_dir / RELEASE_DIR, environment=environment
    )
    found, stale = _find(work, named)
    with open_project(replace(session.line, package=str(found.path)), session.working_dir) as unpacked:
        read_first, read_then = reader_of(unpacked.root), sources.read_text

        def read(path: str) -> str | None:
            text = read_first(path)
            return read_then(path) if text is None else text

        arguments = replace(sources.arguments, package_dir=unpacked.package_dir)
        yield UnpackedSdist(
            project=unpacked,
            sources=replace(sources, arguments=arguments, read_text=read),
            notes=(f"from the sdist {found.distribution.filename}, SHA-256 {found.distribution.sha256}", *stale),
        )


def _find(work: SdistWork, named: str) -> tuple[FoundFile, tuple[str, ...]]:
    """The sdist, and a note if the source has changed since it was built."""
    session, directory = work.session, work.directory
    if named:
        return _named(session, named), ()
    there = sorted(path for path in directory.glob("*.tar.gz") if path.is_file() and not path.name.startswith("."))
    if len(there) > 1:
        raise ConfigurationError(
            f"{RELEASE_DIR} has several sdists: {', '.join(path.name for path in there)}.",
            hint=f"Pass one, as in --from-sdist={RELEASE_DIR}/{there[0].name}, or remove the others.",
        )
    if not there:
        return work.provide(anew=False), ()
    found = _named(session, str(there[0]))
    # In a CI, the sdist comes from another job, whose checkout may write the same files differently.
    if ci_facts(session.environment).is_ci or not work.is_outdated(found):
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


COMMAND = Subcommand(
    name="sdist",
    usage="[options] [PACKAGE]",
    description="Build the source distribution of a project, unless it already exists.",
    epilog=_EPILOG,
    arguments=SdistArguments,
    add_arguments=_add_arguments,
    run=run,
)
