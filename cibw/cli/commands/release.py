"""The `release` command: runs the functions of the other commands."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cibw.cli.arguments import CommandLine, CommandName, add_config_file, add_engine, add_jobs, command_parser
from cibw.cli.commands.verify import add_verification
from cibw.cli.files import COLLECTED, is_pure, release_project
from cibw.cli.index import add_gates, add_upload, named_index
from cibw.cli.parser import carry_out
from cibw.cli.session import Session
from cibw.errors import CibwError, PureWheelError

# The command line of `cibw release`.

_EPILOG = """\
The release stops at the first command that fails. Run the same command again to continue: nothing is rebuilt unless it
has changed, and nothing is uploaded twice.

exit codes:
  the exit codes of the commands: see `cibw --help`, `cibw publish --help` and `cibw verify --help`;
  25 the index already has all files of a tagged release.
"""


def release_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "release",
        "[options] [PACKAGE]",
        "Build the sdist and the wheels of a project, collect and check them, upload them to a package index, and\n"
        "verify them there: `cibw sdist`, `build`, `collect`, `check`, `publish`, `verify`, one after the other.",
        _EPILOG,
    )
    parser.add_argument(
        "package",
        metavar="PACKAGE",
        nargs="?",
        help="package directory in the current directory; default: the current directory",
    )
    add_config_file(parser)
    build = parser.add_argument_group("build")
    add_engine(build)
    add_jobs(build)
    _add_parts(parser.add_argument_group("parts"))
    index = parser.add_argument_group("index")
    add_upload(index)
    add_verification(index)
    add_gates(parser.add_argument_group("gates"))
    return parser


def _add_parts(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--collect",
        metavar="DIR",
        nargs="+",
        help="collect the files that other jobs built from these directories instead of building",
    )
    group.add_argument(
        "--resume",
        action=argparse.BooleanOptionalAction,
        help="reuse wheels from the store if nothing has changed since they were built; default: yes, also in a CI",
    )
    group.add_argument(
        "--pure",
        action=argparse.BooleanOptionalAction,
        help="build one wheel of a pure Python project for all platforms; default: detected from the project's files",
    )
    group.add_argument("--dry-run", action="store_true", help="stop after the upload plan; upload nothing")


# The `release` command: runs the functions of the other commands.


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A step of a release, and the command line that runs it by hand."""

    line: CommandLine
    words: tuple[str, ...]

    def __str__(self) -> str:
        return shlex.join(("cibw", self.line.command.value, *self.words))


def release(session: Session) -> int:
    """Run the steps of a release until one fails, and return its exit code; the error says how to continue."""
    with release_project(session) as found:
        wheels = found.options.output_dir
        one_wheel = is_pure(session.line, found.project)
        # Report an invalid index before anything is built.
        named_index(session, session.line.to or found.options.publish.to)
    parts = tuple(parts_of(session.line, wheels, is_pure=one_wheel))
    for number, part in enumerate(parts, start=1):
        _title(session, f"{number}/{len(parts)}  {part}", is_first=number == 1)
        try:
            code = carry_out(replace(session, line=part.line))
        except CibwError as error:
            error.hint = f"{error.hint} {_way_on(part)}".lstrip()
            raise
        if code == PureWheelError.exit_code and session.line.pure is None:
            print("The project is pure Python, so one wheel serves all platforms.\n")
            return release(replace(session, line=replace(session.line, pure=True)))
        if code:
            print(f"The release stops here. {_way_on(part)}")
            return code
    return 0


def parts_of(line: CommandLine, wheels: str, *, is_pure: bool = False) -> Iterator[Part]:
    """The commands of a release in order; `wheels` is the output directory of builds.

    A pure Python project has nothing to collect: the wheel is built next to the sdist.
    """
    config = ("--config-file", line.config_file) if line.config_file else ()
    other = (*(("--package", line.package) if line.package != "." else ()), *config)
    plain = replace(line, collect=(), paths=(COLLECTED,), resume=None)
    if not line.collect:
        own = (*((line.package,) if line.package != "." else ()), *config)
        sdist = replace(plain, command=CommandName.SDIST, paths=(), output_dir=COLLECTED, wheel=is_pure)
        yield Part(line=sdist, words=(*own, *(("--wheel",) if is_pure else ())))
        if not is_pure:
            yield _build(line, plain, own)
    if line.collect or not is_pure:
        folders = line.collect or (wheels,)
        yield Part(line=replace(plain, command=CommandName.COLLECT, paths=folders, output_dir=COLLECTED), words=folders)
    to = ("--to", line.to) if line.to else ()
    yield Part(line=replace(plain, command=CommandName.CHECK), words=(COLLECTED, *other, *to))
    index = _index_words(line)
    sending = (COLLECTED, *other, *index, *(("--dry-run",) if line.dry_run else ()))
    yield Part(line=replace(plain, command=CommandName.PUBLISH, is_checked=True), words=sending)
    if not line.dry_run:
        yield Part(line=replace(plain, command=CommandName.VERIFY), words=(COLLECTED, *other, *index))


def _build(line: CommandLine, plain: CommandLine, own: tuple[str, ...]) -> Part:
    resume = line.resume is not False
    engine = ("--engine", line.engine) if line.engine else ()
    jobs = ("--jobs", str(line.jobs)) if line.jobs else ()
    return Part(
        line=replace(plain, command=CommandName.BUILD, paths=(), resume=resume),
        words=(*own, *engine, *jobs, "--resume" if resume else "--no-resume"),
    )


def _index_words(line: CommandLine) -> tuple[str, ...]:
    pairs = {"--to": line.to, "--simple-url": line.simple_url}
    words = [word for name, value in pairs.items() if value for word in (name, value)]
    return (*words, *(("--allow-http",) if line.allow_http else ()))


def _way_on(part: Part) -> str:
    return f"`{part}` retries this step; the same `cibw release` continues from here."


def _title(session: Session, text: str, *, is_first: bool) -> None:
    print("" if is_first else "\n", end="")
    print(session.look.bold(text), flush=True)
