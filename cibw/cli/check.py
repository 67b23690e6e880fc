"""The `check` command."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cibw.cli.check_expected import expected_identifiers
from cibw.cli.check_linters import programs_of
from cibw.cli.ci_page import add_summary, annotate
from cibw.cli.command_line import CommandName
from cibw.cli.release_options import release_project
from cibw.cli.release_paths import release_paths
from cibw.cli.sessions import Session
from cibw.config.publish_values import PublishOptions
from cibw.errors import CibwError, ConfigurationError, MissingToolError, ReleaseFaultError
from cibw.model.ci import CiProvider
from cibw.model.distribution import Distribution
from cibw.model.findings import Finding, stops
from cibw.model.manifest import MANIFEST_NAME, Manifest
from cibw.publishing.checking import find_faults, settled
from cibw.publishing.ci_facts import ci_facts
from cibw.publishing.contents import DistributionContents
from cibw.publishing.contents_reading import OddFile, read_contents
from cibw.publishing.distributions import distributions_in
from cibw.publishing.knowledge import load_knowledge
from cibw.publishing.linters import LINTERS, lint
from cibw.publishing.rule_values import CheckedRelease, Wanted
from cibw.reporting.manifest import read_manifest

_TAGS = "refs/tags/"
_FAMOUS = ("pypi", "testpypi")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The distributions of a release, and the findings."""

    files: tuple[Distribution, ...]
    findings: tuple[Finding, ...]


def check(session: Session) -> int:
    """Print the findings about a release; exit code 18 if there are errors."""
    with release_project(session) as found:
        checked = check_release(session, found.options.publish, chosen_paths(session))
    if session.line.as_json:
        from cibw.reporting.check_json import findings_to_json

        print(findings_to_json(checked.files, checked.findings), end="")
    else:
        from cibw.reporting.check_text import findings_text

        print(findings_text(checked.files, checked.findings, session.look), end="")
    tell_ci(session, checked)
    return ReleaseFaultError.exit_code if stops(checked.findings) else 0


def tell_ci(session: Session, checked: Checked) -> None:
    """Show the findings on the page of the CI run."""
    from cibw.reporting.release_summary import check_markdown

    annotate(session, checked.findings)
    add_summary(session, check_markdown(checked.files, checked.findings))


def check_release(session: Session, options: PublishOptions, paths: tuple[Path, ...]) -> Checked:
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
    release = replace(release, wanted=_wanted(session, options, release.manifest, is_whole=is_whole))
    found = [*find_faults(release), *_lint(session, contents)]
    return Checked(files=tuple(one.distribution for one in contents), findings=settled(found, options.check_ignore))


def _manifest(directory: Path) -> Manifest | OddFile | None:
    try:
        return read_manifest(directory)
    except CibwError as error:
        return OddFile(filename=MANIFEST_NAME, reason=error.message.rstrip("."))


def _wanted(session: Session, options: PublishOptions, manifest: Manifest | None, *, is_whole: bool) -> Wanted:
    tag = session.line.tag.removeprefix(_TAGS)
    facts = ci_facts(session.environment)
    tags = (tag,) if tag else facts.tags
    is_only_check = session.line.command is CommandName.CHECK
    return Wanted(
        identifiers=expected_identifiers(session, options.targets, manifest) if is_whole else None,
        sdist=options.sdist,
        limit=options.file_size_limit,
        tags=tags,
        tag_format=options.tag_format,
        is_whole=is_whole,
        is_public=_is_public(session.line.to or options.to),
        is_between=is_only_check and not tags and facts.provider is not CiProvider.NONE,
    )


def _is_public(to: str) -> bool:
    if "://" not in to:
        return to in _FAMOUS
    with suppress(MissingToolError):
        from cibw.publishing.upload_pypirc import famous_addresses, is_public

        return is_public(f"{to.rstrip('/')}/", famous_addresses())
    return False


def chosen_paths(session: Session) -> tuple[Path, ...]:
    """The directory or files to check; ConfigurationError if some are missing."""
    chosen = release_paths(session)
    paths = chosen.files if chosen.directory is None else (chosen.directory,)
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise ConfigurationError(
            f"Not found: {', '.join(missing)}.",
            hint="Pass the directory of the distributions. `cibw collect` gathers a release in one directory.",
        )
    return paths


def _lint(session: Session, contents: tuple[DistributionContents, ...]) -> tuple[Finding, ...]:
    programs = programs_of(session)
    # Linters are optional, so missing ones are only listed with --verbose.
    linters = [
        linter for linter in LINTERS if session.line.linters and (session.line.verbose or programs.find(linter.name))
    ]
    return tuple(finding for linter in linters for finding in lint(linter, contents, programs))
