"""Select the builds of a project on all runners of a CI, independent of this computer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from cibw.catalog import Catalog, load_catalog
from cibw.cli.project import Project, sources_of
from cibw.cli.sessions import Session
from cibw.config.load import load_options
from cibw.config.options import Options
from cibw.config.publish_values import PublishOptions, ReleaseTarget
from cibw.errors import NothingSelectedError, UnfitArchitectureError
from cibw.model.facts import Facts
from cibw.model.identifier import BuildIdentifier
from cibw.model.target import Platform
from cibw.planning.select import select

_USUAL = (Platform.LINUX, Platform.MACOS, Platform.WINDOWS)
_LINUX = Facts(platform=Platform.LINUX, machine="x86_64")
_ARM_MAC = Facts(platform=Platform.MACOS, machine="arm64")
_INTEL_MAC = Facts(platform=Platform.MACOS, machine="x86_64")
_COMPUTERS: Mapping[Platform, tuple[Facts, ...]] = {
    Platform.LINUX: (_LINUX, Facts(platform=Platform.LINUX, machine="aarch64")),
    Platform.MACOS: (_ARM_MAC, _INTEL_MAC),
    Platform.WINDOWS: (
        Facts(platform=Platform.WINDOWS, machine="AMD64"),
        Facts(platform=Platform.WINDOWS, machine="ARM64"),
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
    facts: Facts, options: Options, catalog: Catalog
) -> tuple[BuildIdentifier, ...] | UnfitArchitectureError:
    try:
        return tuple(entry.identifier for entry in select(options, catalog, facts).selected)
    except UnfitArchitectureError as error:
        return error
