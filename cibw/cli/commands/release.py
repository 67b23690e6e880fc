"""The command that does all of a release: each part calls another command."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cibw.cli.arguments import (
    RELEASE_DIR,
    Call,
    LineT,
    Parser,
    Subcommand,
    add_debug_traceback,
    add_engine,
    add_jobs,
    add_package_directory,
)
from cibw.cli.commands import build, check, collect, publish, sdist, verify
from cibw.cli.commands.build import BuildArguments
from cibw.cli.commands.check import CheckArguments
from cibw.cli.commands.collect import CollectArguments
from cibw.cli.commands.publish import PublishArguments
from cibw.cli.commands.sdist import SdistArguments
from cibw.cli.commands.verify import DEFAULT_TIMEOUT, VerifyArguments, add_verification
from cibw.cli.files import is_pure, release_project
from cibw.cli.index import UploadArguments, add_gates, add_upload, named_index
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseArguments(UploadArguments):
    """The arguments of `cibw release`."""

    pure: bool | None = None
    resume: bool | None = None
    collect: tuple[str, ...] = ()
    timeout: float = DEFAULT_TIMEOUT
    dependencies_from: str = ""


def _add_arguments(parser: Parser) -> None:
    add_debug_traceback(parser)
    add_package_directory(parser)
    build = parser.add_argument_group("build")
    add_engine(build)
    add_jobs(build)
    _add_parts(parser.add_argument_group("parts"))
    index = parser.add_argument_group("index")
    add_upload(index)
    add_verification(index)
    add_gates(parser.add_argument_group("gates"))


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


# The `release` command: runs the other commands.


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePart:
    """A step of a release, and the words after its command that run it by hand."""

    call: Call
    words: tuple[str, ...]

    def __str__(self) -> str:
        return shlex.join(("cibw", self.call.name, *self.words))


def run(session: Session, arguments: ReleaseArguments) -> int:
    """Run the steps of a release until one fails, and return its exit code; the error says how to continue."""
    with release_project(session) as found:
        wheels = found.options.output_dir
        one_wheel = is_pure(arguments.pure, found.project)
        # Report an invalid index before anything is built.
        named_index(arguments, arguments.to or found.options.publish.to)
    parts = tuple(parts_of(arguments, wheels, is_pure=one_wheel))
    for number, part in enumerate(parts, start=1):
        _title(session, f"{number}/{len(parts)}  {part}", is_first=number == 1)
        try:
            code = part.call.run(session)
        except CibwError as error:
            error.hint = f"{error.hint} {_way_on(part)}".lstrip()
            raise
        if code == PureWheelError.exit_code and arguments.pure is None:
            print("The project is pure Python, so one wheel serves all platforms.\n")
            return run(session, replace(arguments, pure=True))
        if code:
            print(f"The release stops here. {_way_on(part)}")
            return code
    return 0


def parts_of(line: ReleaseArguments, wheels: str, *, is_pure: bool = False) -> Iterator[ReleasePart]:
    """The commands of a release in order; `wheels` is the output directory of builds.

    A pure Python project has nothing to collect: the wheel is built next to the sdist.
    """
    if not line.collect:
        yield _sdist(line, is_pure=is_pure)
        if not is_pure:
            yield _build(line)
    if line.collect or not is_pure:
        yield _collect(line.collect or (wheels,))
    yield _check(line)
    yield _publish(line)
    if not line.dry_run:
        yield _verify(line)


def _part(command: Subcommand[LineT], arguments: LineT) -> ReleasePart:
    return ReleasePart(call=command.call(arguments), words=command.words(arguments))


def _sdist(line: ReleaseArguments, *, is_pure: bool) -> ReleasePart:
    return _part(sdist.COMMAND, SdistArguments(package=line.package, config_file=line.config_file, wheel=is_pure))


def _build(line: ReleaseArguments) -> ReleasePart:
    arguments = BuildArguments(
        package=line.package,
        config_file=line.config_file,
        engine=line.engine,
        jobs=line.jobs,
        resume=line.resume is not False,
    )
    return _part(build.COMMAND, arguments)


def _collect(folders: tuple[str, ...]) -> ReleasePart:
    return _part(collect.COMMAND, CollectArguments(paths=folders))


def _check(line: ReleaseArguments) -> ReleasePart:
    arguments = CheckArguments(package=line.package, config_file=line.config_file, paths=(RELEASE_DIR,), to=line.to)
    return _part(check.COMMAND, arguments)


def _publish(line: ReleaseArguments) -> ReleasePart:
    arguments = PublishArguments(
        package=line.package,
        config_file=line.config_file,
        paths=(RELEASE_DIR,),
        to=line.to,
        simple_url=line.simple_url,
        allow_http=line.allow_http,
        skip_existing=line.skip_existing,
        trusted_publishing=line.trusted_publishing,
        require_tag=line.require_tag,
        branches=line.branches,
        never_from_pull_request=line.never_from_pull_request,
        dry_run=line.dry_run,
        is_checked=True,
    )
    return _part(publish.COMMAND, arguments)


def _verify(line: ReleaseArguments) -> ReleasePart:
    arguments = VerifyArguments(
        package=line.package,
        config_file=line.config_file,
        paths=(RELEASE_DIR,),
        to=line.to,
        simple_url=line.simple_url,
        allow_http=line.allow_http,
        timeout=line.timeout,
        dependencies_from=line.dependencies_from,
    )
    return _part(verify.COMMAND, arguments)


def _way_on(part: ReleasePart) -> str:
    return f"`{part}` retries this step; the same `cibw release` continues from here."


def _title(session: Session, text: str, *, is_first: bool) -> None:
    print("" if is_first else "\n", end="")
    print(session.style.bold(text), flush=True)


COMMAND = Subcommand(
    name="release",
    usage="[options] [PACKAGE]",
    description=(
        "Build the sdist and the wheels of a project, collect and check them, upload them to a package index, and\n"
        "verify them there: `cibw sdist`, `build`, `collect`, `check`, `publish`, `verify`, one after the other."
    ),
    epilog=_EPILOG,
    arguments=ReleaseArguments,
    add_arguments=_add_arguments,
    run=run,
)
