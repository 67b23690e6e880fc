"""The build identifiers that a release needs wheels for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cibw.catalog import load_catalog
from cibw.cli.facts import known_facts
from cibw.cli.release_options import release_project
from cibw.cli.sessions import Session
from cibw.config.publish_values import ReleaseTarget
from cibw.model.identifier import BuildIdentifier
from cibw.model.manifest import Manifest
from cibw.planning.select import select


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
