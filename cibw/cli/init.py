"""The command that writes workflow files for a CI."""

from __future__ import annotations

import pkgutil
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cibw.cli.init_files import write_files
from cibw.cli.init_groups import Selected, select_for_ci
from cibw.cli.project import Project, open_project
from cibw.cli.sessions import Session
from cibw.config.toml import as_table, parse_toml
from cibw.untrusted.faults import UnreadableFileError
from cibw.untrusted.text import read_text
from cibw.workflows.make import make_workflow
from cibw.workflows.matrix import group_builds
from cibw.workflows.values import CiService, Wishes, Workflow

_STANDARD_OUTPUT = "-"
_HEAD_OF_ORIGIN = ".git/refs/remotes/origin/HEAD"


def init(session: Session) -> int:
    """Write the files, or print the first one, and say what to do next; ConfigurationError where one is in the way."""
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
    """The files for a project, and lines about what they leave out."""

    workflow: Workflow
    notes: tuple[str, ...]


def make_for(session: Session) -> Made:
    """The files that the command line asks for, of the project that it names."""
    with open_project(session.line, session.working_dir) as project:
        selected = select_for_ci(session, project)
        wishes = _wishes(session, project, selected)
    workflow = make_workflow(CiService(session.line.action), wishes, read_template)
    left_out = (
        f"{group.name} is left out: {session.line.action} has no computer for it." for group in workflow.left_out
    )
    return Made(workflow=workflow, notes=(*selected.notes, *left_out))


def read_template(name: str) -> str:
    """The text of a template of cibw's own."""
    data = pkgutil.get_data("cibw.resources", f"workflows/{name}")
    if data is None:  # pragma: no cover
        raise FileNotFoundError(name)
    return data.decode()


def _wishes(session: Session, project: Project, selected: Selected) -> Wishes:
    line = session.line
    return Wishes(
        project=_name(project),
        groups=group_builds(selected.identifiers, per_identifier=line.per_identifier),
        package="" if project.package_dir == "." else project.package_dir,
        config_file=line.config_file,
        branch=_main_branch(session.working_dir, selected.publish.branches),
        tag_prefix=selected.publish.tag_format.partition("{version}")[0],
        from_sdist=line.sdist_first,
        output="" if line.output == _STANDARD_OUTPUT else line.output,
        test_index=line.test_index,
    )


def _name(project: Project) -> str:
    text = read_text(project.root / project.package_dir / "pyproject.toml")
    table = as_table(parse_toml(text or "").get("project"))
    name = table.get("name")
    return name if isinstance(name, str) else (project.root / project.package_dir).resolve().name


def _main_branch(directory: Path, release_branches: tuple[str, ...]) -> str:
    """The branch of publish-branches where that names one, else what git knows as the main branch of the origin."""
    named = [branch for branch in release_branches if re.fullmatch(r"[\w./-]+", branch)]
    if named:
        return named[0]
    head = ""
    with suppress(UnreadableFileError):
        head = read_text(directory / _HEAD_OF_ORIGIN) or ""
    found = re.fullmatch(r"ref: refs/remotes/origin/([\w./-]+)", head.strip())
    return found[1] if found else "main"


def _words(session: Session, made: Made) -> Iterator[str]:
    look = session.look
    notes = list(made.notes)
    if not (session.working_dir / ".git").exists():
        notes.append("This directory is not the top of a git repository, where the CI looks for the file.")
    mark = look.warning(look.symbol("⚠", "!"))
    yield from (f"{mark} {note}" for note in notes)
    yield look.bold("What to do next:")
    yield from (f"  {number}. {step}" for number, step in enumerate(made.workflow.next_steps, 1))
