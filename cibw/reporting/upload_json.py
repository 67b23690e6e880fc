"""Upload plans and results as JSON; docs/plan.md describes the format."""

from __future__ import annotations

from cibw.model.events import REPORT_VERSION
from cibw.model.published import PublishReport
from cibw.model.release import PlannedUpload, UploadPlan
from cibw.reporting.converter import converter
from cibw.reporting.json_text import json_text

UPLOAD_VERSION = 1


def upload_plan_to_json(plan: UploadPlan) -> str:
    """A plan as JSON text, with a newline at the end."""
    index = plan.index
    return json_text(
        {
            "version": UPLOAD_VERSION,
            "index": {"name": index.name, "upload": index.upload, "simple": index.simple, "page": index.page},
            "uploads": [_upload(upload) for upload in plan.uploads],
            "notes": list(plan.notes),
        }
    )


def publish_report_to_json(report: PublishReport) -> str:
    """The result of an upload, as in `publish` of the report, as JSON text with a newline at the end."""
    fields: dict[str, object] = converter().unstructure(report, PublishReport)
    return json_text({"version": REPORT_VERSION, "publish": fields})


def _upload(upload: PlannedUpload) -> dict[str, object]:
    one = upload.distribution
    return {
        "filename": one.filename,
        "kind": one.kind.value,
        "project": one.project,
        "version": str(one.version),
        "size": one.size,
        "sha256": one.sha256,
        "path": upload.path,
        "decision": upload.decision.value,
        "reason": upload.reason,
        "attestations": list(upload.attestations),
        "to_attest": upload.to_attest,
    }
