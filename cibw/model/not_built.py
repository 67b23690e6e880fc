"""Build identifiers that are not in a plan."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.model.identifier import BuildIdentifier


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBuilt:
    """A build identifier of the catalog that is not in the plan, with the reason."""

    identifier: BuildIdentifier
    reason: str
