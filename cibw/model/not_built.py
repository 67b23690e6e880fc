"""What a plan leaves out."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.model.identifier import BuildIdentifier


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBuilt:
    """An identifier of the catalog that this plan leaves out, with the reason."""

    identifier: BuildIdentifier
    reason: str
