"""The `init` command."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name

from cibw import __version__
from cibw.cli.init_files import write_files
from cibw.cli.init_git import main_branch, tags_of
from cibw.cli.init_groups import Selected, pure_for_ci, select_for_ci
from cibw.cli.project import Project, open_project, reader_of
from cibw.cli.release_options import is_pure, pyproject_of
from cibw.cli.sessions import Session
from cibw.config.project_kind import version_source
from cibw.config.publish_values import PublishOptions
from cibw.config.toml import TomlTable, as_table
from cibw.model.versions import VersionSource
from cibw.publishing.tags import TagCustom, custom_of
from cibw.workflows.common import EXAMPLE_VERSION
from cibw.workflows.make import make_workflow
from cibw.workflows.matrix import group_builds
from cibw.workflows.values import CiService, Wishes, Workflow

_STANDARD_OUTPUT = "-"


def init(session: Session) -> int:
    """Write the files, or print the first one, and print the next steps; ConfigurationError for existing files."""
    made = make_for(session)
    if session.line.output == _STANDARD_OUTPUT:
        print(made.workflow.files[0].text, end="")
        stream = sys.stderr
    else:
        write_files(session, made.workflow.files)
        stream = sys.stdout
    print("\n".join(_words(session, made)), file=stream)
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The files for a project, and notes about skipped parts."""

    workflow: Workflow
    notes: tuple[str, ...]


def make_for(session: Session) -> Made:
    """The files for the project and CI on the command line."""
    with open_project(session.line, session.working_dir) as project:
        table = pyproject_of(project)
        has_one_wheel = is_pure(session.line, project)
        selected = pure_for_ci(session, project) if has_one_wheel else select_for_ci(session, project)
        tagging = _tagging(session, project, _name(project, table), selected.publish.tag_format)
        wishes = replace(
            _wishes(session, project, table, selected),
            is_pure=has_one_wheel,
            tag_prefix=tagging.tag_format.partition("{version}")[0],
            tag_format=tagging.tag_format if tagging.missing else "",
        )
    workflow = make_workflow(CiService(session.line.action), wishes, read_template)
    left_out = (f"{group.name} is skipped: {session.line.action} has no runner for it." for group in workflow.left_out)
    pure = f"{wishes.project} is pure Python, so one job builds one wheel for all platforms; --no-pure disables this."
    notes = (*([pure] if has_one_wheel else []), *selected.notes, *tagging.notes, *left_out)
    return Made(workflow=workflow, notes=notes)


def read_template(name: str) -> str:
    """The text of a template in the package."""
    data = pkgutil.get_data("cibw.resources", f"workflows/{name}")
    if data is None:  # pragma: no cover
        raise FileNotFoundError(name)
    return data.decode()


def _wishes(session: Session, project: Project, table: TomlTable, selected: Selected) -> Wishes:
    line = session.line
    versions = version_source(table, reader_of(project.root / project.package_dir))
    return Wishes(
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


def _words(session: Session, made: Made) -> Iterator[str]:
    look = session.look
    notes = list(made.notes)
    if not (session.working_dir / ".git").exists():
        notes.append("This directory is not the root of a git repository, where the CI expects the file.")
    mark = look.warning(look.symbol("⚠", "!"))
    yield from (f"{mark} {note}" for note in notes)
    yield look.bold("Next steps:")
    yield from (f"  {number}. {step}" for number, step in enumerate(made.workflow.next_steps, 1))
