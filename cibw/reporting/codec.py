"""Convert plans, reports and manifests to and from JSON; docs/plan.md describes the format."""

from __future__ import annotations

from typing import TypeVar

from cibw.errors import CibwError
from cibw.limited import parse_json
from cibw.model.events import REPORT_VERSION, Report
from cibw.model.manifest import MANIFEST_VERSION, Manifest
from cibw.model.plan import PLAN_VERSION, Plan
from cibw.reporting.converter import converter, mistakes_of
from cibw.reporting.json_text import json_text

_Root = TypeVar("_Root", Plan, Report, Manifest)


def plan_to_json(plan: Plan) -> str:
    """A plan as JSON text, with a newline at the end."""
    return _dump(plan)


def plan_from_json(text: str) -> Plan:
    """Read a plan; CibwError if the text is invalid or has another version."""
    return _load(text, Plan, PLAN_VERSION)


def report_to_json(report: Report) -> str:
    """A report as JSON text, with a newline at the end."""
    return _dump(report)


def report_from_json(text: str) -> Report:
    """Read a report; CibwError if the text is invalid or has another version."""
    return _load(text, Report, REPORT_VERSION)


def manifest_to_json(manifest: Manifest) -> str:
    """A manifest as JSON text, with a newline at the end."""
    return _dump(manifest)


def manifest_from_json(text: str) -> Manifest:
    """Read a manifest; CibwError if the text is invalid or has another version."""
    return _load(text, Manifest, MANIFEST_VERSION)


def _dump(value: Plan | Report | Manifest) -> str:
    fields: dict[str, object] = converter().unstructure(value, type(value))
    # The version comes first, because a reader may need it before the rest.
    ordered = {"version": fields.pop("version"), **fields}
    return json_text(ordered)


def _load(text: str, root: type[_Root], version: int) -> _Root:
    name = root.__name__.lower()
    try:
        data: object = parse_json(text)
    except ValueError as error:
        raise CibwError(f"This {name} is not JSON: {error}") from error
    found = data.get("version") if isinstance(data, dict) else None
    if found != version:
        raise CibwError(
            f"This {name} has the version {found!r}; this cibw reads version {version}.",
            hint=f"Create the {name} with the same release of cibw that reads it.",
        )
    try:
        return converter().structure(data, root)
    except Exception as error:
        mistakes = mistakes_of(error)
        if mistakes is None:
            raise
        raise CibwError(f"Cannot read this {name}: {'; '.join(mistakes)}") from error
