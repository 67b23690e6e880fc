"""The `init` command: writes workflow files for a CI service."""

from __future__ import annotations

import argparse
import difflib
import pkgutil
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.utils import canonicalize_name

from cibw import __version__
from cibw.catalog import Catalog, load_catalog
from cibw.cli.arguments import CommandLine, Parser, Subcommand, add_debug_traceback, add_package
from cibw.cli.files import is_pure, pyproject_of
from cibw.cli.project import Project, open_project, reader_of, sources_of
from cibw.cli.session import Session
from cibw.config.load import load_options
from cibw.config.options import Options, PublishOptions, ReleaseTarget
from cibw.config.project.kind import version_source
from cibw.config.toml import TomlTable, as_table
from cibw.errors import ConfigurationError, NothingSelectedError, UnfitArchitectureError
from cibw.execution.host.machine import HostMachine
from cibw.execution.source.git import git_lines
from cibw.model.identifiers import BuildIdentifier, Platform
from cibw.model.machines import HostFacts
from cibw.model.release import VersionSource
from cibw.planning.select import select
from cibw.release.gates import TagCustom, custom_of
from cibw.untrusted.limits import UnreadableFileError
from cibw.untrusted.text import read_text
from cibw.workflows import CiService, make_workflow
from cibw.workflows.common import EXAMPLE_VERSION, Workflow, WorkflowFile, WorkflowOptions, group_builds

# The command line of `cibw init`.

_CIS = tuple(service.value for service in CiService)
_EPILOG = """\
The workflow builds the sdist and the wheels for the platforms in release-targets (default: Linux, macOS and Windows).
It checks that the release is complete, and publishes it when a tag is pushed.
Variables of this shell such as CIBW_BUILD are ignored, because the CI does not have them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitArguments(CommandLine):
    """The arguments of `cibw init`."""

    action: str = ""
    sdist_first: bool = False
    per_identifier: bool = False
    pure: bool | None = None
    test_index: bool = True
    output: str = ""
    force: bool = False


def _add_arguments(parser: Parser) -> None:
    add_debug_traceback(parser)
    parser.add_argument("action", metavar="CI", choices=_CIS, help=f"{', '.join(_CIS[:-1])} or {_CIS[-1]}")
    add_package(parser)
    group = parser.add_argument_group("workflow")
    group.add_argument(
        "--from-sdist",
        dest="sdist_first",
        action="store_true",
        help="build the wheels from the sdist instead of a checkout",
    )
    group.add_argument(
        "--per-identifier",
        action="store_true",
        help="use one job per build identifier, not per architecture; abi3 wheels are then built for each Python",
    )
    group.add_argument(
        "--pure",
        action=argparse.BooleanOptionalAction,
        help="use a single job for the wheel of a pure Python project; default: detected from the project's files",
    )
    group.add_argument(
        "--no-test-index",
        dest="test_index",
        action="store_false",
        help="do not publish each push of the main branch to the test index",
    )
    output = parser.add_argument_group("output")
    output.add_argument(
        "--output", metavar="FILE", help="file to write, or - for standard output; default: the CI's usual path"
    )
    output.add_argument("--force", action="store_true", help="overwrite a differing file and show the changes")


# Write generated files, and keep changes of maintainers.


def write_files(session: Session, arguments: InitArguments, files: tuple[WorkflowFile, ...]) -> None:
    """Write the files that are missing or outdated, and print a line for each.

    ConfigurationError, before anything is written, if an existing file differs and --force is not given. Companion
    files that differ are kept.
    """
    first, *others = files
    places = [(arguments.output or first.path, first), *((file.path, file) for file in others)]
    blocked = [name for name, file in places if _differs(session.working_dir / name, file) and not file.is_companion]
    for name in blocked:
        print("\n".join(_difference(session, name, first)))
    if blocked and not arguments.force:
        raise ConfigurationError(
            f"{blocked[0]} already exists and differs from the new file.",
            hint="Use --force to overwrite it, --output FILE to write another file, or --output - to print it.",
        )
    for name, file in places:
        print(_write(session, name, file))


def _differs(path: Path, file: WorkflowFile) -> bool:
    return path.exists() and _text(path) != file.text


def _text(path: Path) -> str:
    """The text of an existing file; ConfigurationError if it cannot be read."""
    try:
        return read_text(path) or ""
    except UnreadableFileError as error:
        raise ConfigurationError(f"{error}.", hint="Remove it, or write another file with --output FILE.") from error


def _difference(session: Session, name: str, file: WorkflowFile) -> Iterator[str]:
    old = _text(session.working_dir / name).splitlines()
    style = session.style
    for line in difflib.unified_diff(old, file.text.splitlines(), name, f"{name} (new)", lineterm=""):
        if line.startswith(("+++", "---", "@@")):
            yield style.bold(line)
        elif line.startswith("+"):
            yield style.good(line)
        else:
            yield style.bad(line) if line.startswith("-") else line


def _write(session: Session, name: str, file: WorkflowFile) -> str:
    path = session.working_dir / name
    if path.exists() and _text(path) == file.text:
        return f"{name} is up to date."
    if path.exists() and file.is_companion:
        return f"{name} already exists and was kept."
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.text.encode())
    return f"{name} was written."


# Read branches and tags of a project's repository, without git if plain files are enough.

_TAGS = "refs/tags/"
_ALL_TAGS = ("for-each-ref", "--format=%(refname:strip=2)", "refs/tags")
_MOST_TAGS = 10_000


def main_branch(directory: Path, release_branches: tuple[str, ...]) -> str:
    """The first branch in publish-branches that is not a pattern, else the main branch of the origin."""
    named = [branch for branch in release_branches if re.fullmatch(r"[\w./-]+", branch)]
    if named:
        return named[0]
    head = _read(_repository(directory) / "refs/remotes/origin/HEAD")
    found = re.fullmatch(r"ref: refs/remotes/origin/([\w./-]+)", head.strip())
    return found[1] if found else "main"


def tags_of(directory: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The tag names of a repository, given the root of its work tree; none without a repository."""
    repository = _repository(directory)
    if (repository / "reftable").is_dir():
        return tuple(git_lines(HostMachine(environment), directory, *_ALL_TAGS) or ())[:_MOST_TAGS]
    names = dict.fromkeys((*_loose(repository / _TAGS), *_packed(_read(repository / "packed-refs"))))
    return tuple(names)[:_MOST_TAGS]


def _loose(directory: Path) -> Iterator[str]:
    yield from (path.relative_to(directory).as_posix() for path in sorted(directory.rglob("*")) if path.is_file())


def _packed(text: str) -> Iterator[str]:
    for line in text.splitlines():
        _hash, _, name = line.partition(" ")
        if name.startswith(_TAGS):
            yield name.removeprefix(_TAGS)


def _repository(directory: Path) -> Path:
    """The directory with branches and tags: `.git`, or its target in a linked work tree or a submodule."""
    path = directory / ".git"
    named = re.fullmatch(r"gitdir: (.+)", _read(path).strip()) if path.is_file() else None
    if named:
        path = directory / named[1]
        common = _read(path / "commondir").strip()
        path = path / common if common else path
    return path


def _read(path: Path) -> str:
    with suppress(UnreadableFileError):
        return read_text(path) or ""
    return ""


# Select the builds of a project on all runners of a CI, independent of this computer.

_USUAL = (Platform.LINUX, Platform.MACOS, Platform.WINDOWS)
_LINUX = HostFacts(platform=Platform.LINUX, machine="x86_64")
_ARM_MAC = HostFacts(platform=Platform.MACOS, machine="arm64")
_INTEL_MAC = HostFacts(platform=Platform.MACOS, machine="x86_64")
_COMPUTERS: Mapping[Platform, tuple[HostFacts, ...]] = {
    Platform.LINUX: (_LINUX, HostFacts(platform=Platform.LINUX, machine="aarch64")),
    Platform.MACOS: (_ARM_MAC, _INTEL_MAC),
    Platform.WINDOWS: (
        HostFacts(platform=Platform.WINDOWS, machine="AMD64"),
        HostFacts(platform=Platform.WINDOWS, machine="ARM64"),
    ),
    Platform.PYODIDE: (_LINUX,),
    Platform.ANDROID: (_LINUX,),
    Platform.IOS: (_ARM_MAC, _INTEL_MAC),
}
"""The runners of CIs for which `archs = "auto"` is evaluated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """The selected builds, the options of the release, and notes about skipped platforms."""

    identifiers: tuple[BuildIdentifier, ...]
    publish: PublishOptions
    notes: tuple[str, ...] = ()


def select_for_ci(session: Session, project: Project) -> Selected:
    """The identifiers of the platforms of a release; NothingSelectedError if there are none.

    Variables of this shell are ignored, because the CI does not have them. UnfitArchitectureError if `archs` selects
    nothing on a platform in release-targets; a default platform is skipped instead.
    """
    publish = _options(session, project, ReleaseTarget(platform=Platform.LINUX)).publish
    targets = publish.targets or tuple(ReleaseTarget(platform=platform) for platform in _USUAL)
    catalog = load_catalog()
    found: list[BuildIdentifier] = []
    notes: list[str] = []
    for target in targets:
        selected = _of_target(_options(session, project, target), catalog)
        if not isinstance(selected, UnfitArchitectureError):
            found += selected
        elif publish.targets:
            raise selected
        else:
            reasons = "; ".join(mistake.message for mistake in selected.mistakes)
            notes.append(f"{target.platform.value} is skipped: {reasons}.")
    if not found:
        raise _nothing(targets)
    return Selected(identifiers=tuple(found), publish=publish, notes=tuple(notes))


def pure_for_ci(session: Session, project: Project) -> Selected:
    """No identifiers, because one wheel is for all platforms, and the options of the release."""
    options = _options(session, project, ReleaseTarget(platform=Platform.LINUX))
    return Selected(identifiers=(), publish=options.publish)


def _nothing(targets: Iterable[ReleaseTarget]) -> NothingSelectedError:
    names = ", ".join(dict.fromkeys(target.platform.value for target in targets))
    return NothingSelectedError(
        f"The options select no build for {names}.",
        hint="`cibw plan --platform NAME` explains why each identifier is not built.",
    )


def _options(session: Session, project: Project, target: ReleaseTarget) -> Options:
    line = replace(session.line, archs=",".join(target.archs))
    return load_options(sources_of(line, project, session.working_dir, {}), target.platform)


def _of_target(options: Options, catalog: Catalog) -> tuple[BuildIdentifier, ...] | UnfitArchitectureError:
    """The identifiers selected on any runner of the platform, or the error if there are none."""
    found = [_selected_on(facts, options, catalog) for facts in _COMPUTERS[options.platform]]
    fitting = [selected for selected in found if not isinstance(selected, UnfitArchitectureError)]
    if not fitting:
        return found[0]
    wanted = {identifier for selected in fitting for identifier in selected}
    entries = catalog.interpreters(options.platform)
    return tuple(entry.identifier for entry in entries if entry.identifier in wanted)


def _selected_on(
    facts: HostFacts, options: Options, catalog: Catalog
) -> tuple[BuildIdentifier, ...] | UnfitArchitectureError:
    try:
        return tuple(entry.identifier for entry in select(options, catalog, facts).selected)
    except UnfitArchitectureError as error:
        return error


# The `init` command.

_STANDARD_OUTPUT = "-"


def run(session: Session, arguments: InitArguments) -> int:
    """Write the files, or print the first one, and print the next steps; ConfigurationError for existing files."""
    made = make_for(session, arguments)
    if arguments.output == _STANDARD_OUTPUT:
        print(made.workflow.files[0].text, end="")
        stream = sys.stderr
    else:
        write_files(session, arguments, made.workflow.files)
        stream = sys.stdout
    print("\n".join(_words(session, made)), file=stream)
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedFiles:
    """The files for a project, and notes about skipped parts."""

    workflow: Workflow
    notes: tuple[str, ...]


def make_for(session: Session, arguments: InitArguments) -> GeneratedFiles:
    """The files for the project and CI on the command line."""
    with open_project(session.line, session.working_dir) as project:
        table = pyproject_of(project)
        has_one_wheel = is_pure(arguments.pure, project)
        selected = pure_for_ci(session, project) if has_one_wheel else select_for_ci(session, project)
        tagging = _tagging(session, project, _name(project, table), selected.publish.tag_format)
        workflow_options = replace(
            _workflow_options(session, arguments, project, table, selected),
            is_pure=has_one_wheel,
            tag_prefix=tagging.tag_format.partition("{version}")[0],
            tag_format=tagging.tag_format if tagging.missing else "",
        )
    workflow = make_workflow(CiService(arguments.action), workflow_options, read_template)
    left_out = (f"{group.name} is skipped: {arguments.action} has no runner for it." for group in workflow.left_out)
    project_name = workflow_options.project
    pure = f"{project_name} is pure Python, so one job builds one wheel for all platforms; --no-pure disables this."
    notes = (*([pure] if has_one_wheel else []), *selected.notes, *tagging.notes, *left_out)
    return GeneratedFiles(workflow=workflow, notes=notes)


def read_template(name: str) -> str:
    """The text of a template in the package."""
    data = pkgutil.get_data("cibw.resources", f"workflows/{name}")
    if data is None:  # pragma: no cover
        raise FileNotFoundError(name)
    return data.decode()


def _workflow_options(
    session: Session, line: InitArguments, project: Project, table: TomlTable, selected: Selected
) -> WorkflowOptions:
    versions = version_source(table, reader_of(project.root / project.package_dir))
    return WorkflowOptions(
        project=_name(project, table),
        cibw_version=__version__,
        groups=group_builds(selected.identifiers, per_identifier=line.per_identifier),
        versions=versions,
        package="" if project.package_dir == "." else project.package_dir,
        config_file=line.config_file,
        branch=main_branch(session.working_dir, selected.publish.branches),
        from_sdist=line.sdist_first,
        output="" if line.output == _STANDARD_OUTPUT else line.output,
        test_index=line.test_index and versions is not VersionSource.COMMIT_LOCAL,
    )


def _name(project: Project, table: TomlTable) -> str:
    name = as_table(table.get("project")).get("name")
    return name if isinstance(name, str) else (project.root / project.package_dir).resolve().name


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tagging:
    """The format of release tags, and notes about it; `missing` if tag-format is not set to it."""

    tag_format: str
    missing: bool = False
    notes: tuple[str, ...] = ()


def _tagging(session: Session, project: Project, name: str, configured: str) -> _Tagging:
    """Use the format of existing tags if the option has its default."""
    is_alone = project.package_dir == "."
    usual = PublishOptions().tag_format
    # Otherwise, a tag would release all packages of the repository.
    own = TagCustom(tag_format=f"{canonicalize_name(name)}-v{{version}}", tag="")
    custom = custom_of(tags_of(session.working_dir, session.environment), name, is_alone=is_alone)
    if custom is None and not is_alone and configured == usual:
        custom = own
    shared = "" if custom is None or custom.is_named or is_alone or configured != usual else _shared(custom, own)
    if custom is None or custom.tag_format == configured:
        return _Tagging(tag_format=configured, notes=tuple(filter(None, [shared])))
    if configured != usual:
        note = f"The tag {custom.tag} does not match tag-format, {configured!r}. The workflow uses tag-format."
        return _Tagging(tag_format=configured, notes=(note,))
    why = f"like the existing tag {custom.tag}" if custom.tag else "one for each package of the repository"
    note = (
        f"Releases get tags such as {_example(custom)}, {why}. The workflow sets CIBW_TAG_FORMAT; "
        f'set tag-format = "{custom.tag_format}" in [tool.cibw] for all commands.'
    )
    return _Tagging(tag_format=custom.tag_format, missing=True, notes=tuple(filter(None, [note, shared])))


def _shared(custom: TagCustom, own: TagCustom) -> str:
    return (
        f"Tags such as {_example(custom)} apply to every package of the repository. If packages have their own "
        f'versions, set tag-format = "{own.tag_format}" in [tool.cibw] and run `cibw init` again.'
    )


def _example(custom: TagCustom) -> str:
    return custom.tag_format.replace("{version}", EXAMPLE_VERSION)


def _words(session: Session, made: GeneratedFiles) -> Iterator[str]:
    style = session.style
    notes = list(made.notes)
    if not (session.working_dir / ".git").exists():
        notes.append("This directory is not the root of a git repository, where the CI expects the file.")
    mark = style.warning(style.symbol("⚠", "!"))
    yield from (f"{mark} {note}" for note in notes)
    yield style.bold("Next steps:")
    yield from (f"  {number}. {step}" for number, step in enumerate(made.workflow.next_steps, 1))


COMMAND = Subcommand(
    name="init",
    usage=f"{{{' | '.join(_CIS)}}} [options]",
    description="Write the workflow files for a CI service that builds, checks and publishes the project.",
    epilog=_EPILOG,
    arguments=InitArguments,
    add_arguments=_add_arguments,
    run=run,
)
