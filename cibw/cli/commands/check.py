"""The `check` command: checks a release before it is published."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from cibw.catalog import load_catalog
from cibw.ci import ci_facts
from cibw.cli.arguments import CommandLine, Parser, Subcommand, add_debug_traceback, add_package, address
from cibw.cli.facts import known_facts
from cibw.cli.files import release_paths, release_project
from cibw.cli.session import Session, without_credentials
from cibw.config.options import PublishOptions, ReleaseTarget
from cibw.errors import CibwError, ConfigurationError, MissingToolError, ReleaseFaultError
from cibw.execution.host.machine import HostMachine
from cibw.model.identifiers import BuildIdentifier
from cibw.model.manifest import MANIFEST_NAME, Finding, Manifest, stops
from cibw.model.release import Distribution, PackageIndex
from cibw.model.templates import CommandRequest, Outcome
from cibw.planning.select import select
from cibw.release.checks.checking import LINTERS, Programs, find_faults, lint, load_knowledge, settled
from cibw.release.checks.contents import DistributionContents, OddFile, read_contents
from cibw.release.checks.rules import CheckedRelease, ReleaseRequirements
from cibw.release.index import page_address
from cibw.release.upload_plan import Release, distributions_in
from cibw.reporting.errors import finding_annotations
from cibw.reporting.files import read_manifest
from cibw.reporting.streams import write_command

# The command line of `cibw check`.

_EPILOG = """\
Errors stop a release, warnings do not. check-ignore = ["RULE"] in [tool.cibw] turns a rule's errors into warnings.
docs/delivery.md lists the rules.

exit codes:
  0 the release can be published; 2 invalid configuration; 18 the release has errors.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckArguments(CommandLine):
    """The arguments of `cibw check`."""

    paths: tuple[str, ...] = ()
    tag: str = ""
    to: str = ""
    linters: bool = True


def _add_arguments(parser: Parser) -> None:
    add_debug_traceback(parser)
    parser.add_argument(
        "paths",
        metavar="DIR | FILE",
        nargs="*",
        help="directory of a release, or files, which may be part of a release; default: dist, else wheelhouse",
    )
    add_package(parser)
    parser.add_argument("--tag", metavar="TAG", help="tag that the version must match; default: the tag of the CI run")
    parser.add_argument(
        "--to",
        metavar="INDEX",
        type=address,
        help="index to check for; rules that only the public index enforces are warnings for other indexes; "
        "default: the option publish-to, else pypi [CIBW_PUBLISH_TO]",
    )
    parser.add_argument(
        "--no-linters",
        dest="linters",
        action="store_false",
        help="do not run check-wheel-contents, pydistcheck and abi3audit, which run if they are installed",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="also list linters that are not installed")
    parser.add_argument("--json", dest="as_json", action="store_true", help="print the findings as JSON")


# Output for CI runs: annotations, the summary of a GitHub job, and the URL of a release.


def annotate(session: Session, findings: tuple[Finding, ...]) -> None:
    """Write the findings as annotations, which the CI shows on the page of the run."""
    for line in finding_annotations(findings, session.style.group_style, session.mask):
        write_command(session.stream_for_people, f"{line}\n")


def add_summary(session: Session, markdown: str) -> None:
    """Append to the summary of a GitHub job; do nothing elsewhere."""
    summary = session.environment.get("GITHUB_STEP_SUMMARY")
    if not summary:
        return
    text = session.mask(markdown)
    # A successful release must not fail because its summary cannot be written.
    with suppress(OSError), (session.working_dir / summary).open("ab") as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def tell_page(session: Session, index: PackageIndex, release: Release) -> None:
    """Print the URL of a release's page, also as the output `url` of a GitHub Actions step for its environment."""
    page = page_address(index, release.project, release.version)
    if not page:
        return
    session.stream_for_people.write(f"{page}\n")
    outputs = session.environment.get("GITHUB_OUTPUT")
    if outputs:
        with (session.working_dir / outputs).open("a", encoding="utf-8") as file:
            file.write(f"url={page}\n")


# The build identifiers that a release needs wheels for.


def expected_identifiers(
    session: Session, targets: tuple[ReleaseTarget, ...], manifest: Manifest | None
) -> tuple[BuildIdentifier, ...] | None:
    """The identifiers selected by release-targets and listed in the manifest; None if there are neither."""
    noted = manifest.expected if manifest else ()
    if not targets and not noted:
        return None
    selected = [identifier for target in targets for identifier in _selected(session, target)]
    return tuple(dict.fromkeys([*selected, *noted]))


def _selected(session: Session, target: ReleaseTarget) -> Iterator[BuildIdentifier]:
    line = replace(session.line, platform=target.platform.value, archs=",".join(target.archs))
    with release_project(replace(session, line=line)) as found:
        selection = select(found.options, load_catalog(), known_facts())
    yield from (entry.identifier for entry in selection.selected)


# Find and run linters.


def programs_of(session: Session) -> Programs:
    """Programs next to cibw's Python, else on PATH. They run in the working directory and read its settings."""
    return Programs(find=partial(_find, session), run=partial(_run, session))


def _find(session: Session, name: str) -> str:
    beside = str(Path(sys.executable).parent)
    found = shutil.which(name, path=beside) or shutil.which(name, path=session.environment.get("PATH", ""))
    return found or ""


def _run(session: Session, argv: tuple[str, ...]) -> Outcome:
    environment = {**without_credentials(session.environment), "NO_COLOR": "1", "PYTHONUTF8": "1", "COLUMNS": "10000"}
    request = CommandRequest(argv=argv, cwd=str(session.working_dir), environment=environment)
    return HostMachine(environment).run(request, lambda _text, _is_error: None)


# The `check` command.

_TAGS = "refs/tags/"
_FAMOUS = ("pypi", "testpypi")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFiles:
    """The distributions of a release, and the findings."""

    files: tuple[Distribution, ...]
    findings: tuple[Finding, ...]


def run(session: Session, arguments: CheckArguments) -> int:
    """Print the findings about a release; exit code 18 if there are errors."""
    with release_project(session) as found:
        paths = chosen_paths(session, arguments.paths)
        checked = check_release(session, found.options.publish, paths, arguments)
    if arguments.as_json:
        from cibw.reporting.checks import findings_to_json

        print(findings_to_json(checked.files, checked.findings), end="")
    else:
        from cibw.reporting.checks import findings_text

        print(findings_text(checked.files, checked.findings, session.style), end="")
    tell_ci(session, checked)
    return ReleaseFaultError.exit_code if stops(checked.findings) else 0


def tell_ci(session: Session, checked: CheckedFiles) -> None:
    """Show the findings on the page of the CI run."""
    from cibw.reporting.markdown import check_markdown

    annotate(session, checked.findings)
    add_summary(session, check_markdown(checked.files, checked.findings))


def check_release(
    session: Session,
    options: PublishOptions,
    paths: tuple[Path, ...],
    arguments: CheckArguments,
    *,
    is_publishing: bool = False,
) -> CheckedFiles:
    """Check a directory as a release, or single files as part of a release."""
    is_whole = len(paths) == 1 and paths[0].is_dir()
    files = tuple(distributions_in(paths[0])) if is_whole else paths
    read = [read_contents(path) for path in files]
    manifest = _manifest(paths[0]) if is_whole else None
    contents = tuple(one for one in read if isinstance(one, DistributionContents))
    release = CheckedRelease(
        contents=contents,
        odd=tuple(one for one in (*read, manifest) if isinstance(one, OddFile)),
        manifest=manifest if isinstance(manifest, Manifest) else None,
        knowledge=load_knowledge(),
    )
    wanted = _wanted(session, options, release.manifest, arguments, is_whole=is_whole, is_publishing=is_publishing)
    release = replace(release, wanted=wanted)
    found = [*find_faults(release), *_lint(session, contents, arguments)]
    return CheckedFiles(
        files=tuple(one.distribution for one in contents), findings=settled(found, options.check_ignore)
    )


def _manifest(directory: Path) -> Manifest | OddFile | None:
    try:
        return read_manifest(directory)
    except CibwError as error:
        return OddFile(filename=MANIFEST_NAME, reason=error.message.rstrip("."))


def _wanted(
    session: Session,
    options: PublishOptions,
    manifest: Manifest | None,
    arguments: CheckArguments,
    *,
    is_whole: bool,
    is_publishing: bool,
) -> ReleaseRequirements:
    tag = arguments.tag.removeprefix(_TAGS)
    facts = ci_facts(session.environment)
    tags = (tag,) if tag else facts.tags
    return ReleaseRequirements(
        identifiers=expected_identifiers(session, options.targets, manifest) if is_whole else None,
        sdist=options.sdist,
        limit=options.file_size_limit,
        tags=tags,
        tag_format=options.tag_format,
        is_whole=is_whole,
        is_public=_is_public(arguments.to or options.to),
        is_between=not is_publishing and not tags and facts.is_ci,
    )


def _is_public(to: str) -> bool:
    if "://" not in to:
        return to in _FAMOUS
    with suppress(MissingToolError):
        from cibw.release.credentials import famous_addresses, is_public

        return is_public(f"{to.rstrip('/')}/", famous_addresses())
    return False


def chosen_paths(session: Session, names: tuple[str, ...]) -> tuple[Path, ...]:
    """The directory or files to check; ConfigurationError if some are missing."""
    chosen = release_paths(session.working_dir, names)
    paths = chosen.files if chosen.directory is None else (chosen.directory,)
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise ConfigurationError(
            f"Not found: {', '.join(missing)}.",
            hint="Pass the directory of the distributions. `cibw collect` gathers a release in one directory.",
        )
    return paths


def _lint(
    session: Session, contents: tuple[DistributionContents, ...], arguments: CheckArguments
) -> tuple[Finding, ...]:
    programs = programs_of(session)
    # Linters are optional, so missing ones are only listed with --verbose.
    linters = [linter for linter in LINTERS if arguments.linters and (arguments.verbose or programs.find(linter.name))]
    return tuple(finding for linter in linters for finding in lint(linter, contents, programs))


COMMAND = Subcommand(
    name="check",
    usage="[options] [DIR | FILE...]",
    description=(
        "Check the wheels and the sdist of a release before publishing: the release is complete, its files are\n"
        "consistent, and a package index accepts them. Nothing is uploaded, and no network is needed."
    ),
    epilog=_EPILOG,
    arguments=CheckArguments,
    add_arguments=_add_arguments,
    run=run,
)
