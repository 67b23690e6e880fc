"""Upload plans as text."""

from __future__ import annotations

from cibw.exhaustive import assert_never
from cibw.model.release import Decision, PlannedUpload, UploadPlan
from cibw.reporting.look import Look
from cibw.reporting.wording import count, size


def upload_plan_text(plan: UploadPlan, look: Look) -> str:
    """The files to upload, skipped files with the reason, and the total size; ends with a newline."""
    first = plan.uploads[0].distribution
    lines = [look.bold(f"{first.project} {first.version} to {plan.index.name}")]
    if plan.index.name != plan.index.upload:
        lines.append(f"  {look.dim(plan.index.upload)}")
    widest = max(len(upload.distribution.filename) for upload in plan.uploads)
    for upload in plan.uploads:
        lines += _upload_lines(upload, widest, look)
    lines.append(f"  {_sum(plan)}")
    lines += [f"  {look.dim('note')} {note}" for note in plan.notes]
    return "\n".join((*lines, ""))


def _upload_lines(upload: PlannedUpload, widest: int, look: Look) -> list[str]:
    one = upload.distribution
    attested = " to be attested" if upload.to_attest else " with attestation" if upload.attestations else ""
    head = f"  {_word(upload.decision, look)} {one.filename.ljust(widest)} {size(one.size):>9}{attested}"
    if not upload.reason:
        return [head]
    beside = f"{head}  {look.dim(upload.reason)}"
    fits = 2 + 8 + 1 + widest + 10 + len(attested) + 2 + len(upload.reason) <= look.width
    return [beside] if fits else [head, f"           {look.dim(upload.reason)}"]


def _word(decision: Decision, look: Look) -> str:
    text = decision.value.ljust(8)
    match decision:
        case Decision.SEND:
            return look.good(text)
        case Decision.SKIP:
            return look.dim(text)
        case Decision.CONFLICT:
            return look.bad(text)
        case _:
            assert_never(decision)


def _sum(plan: UploadPlan) -> str:
    parts = []
    for decision, words in ((Decision.SEND, "to send"), (Decision.SKIP, "skipped"), (Decision.CONFLICT, "in conflict")):
        uploads = plan.having(decision)
        if uploads:
            total = sum(upload.distribution.size for upload in uploads)
            parts.append(f"{len(uploads)} {words} ({size(total)})")
    return f"{count(len(plan.uploads), 'file')}: {', '.join(parts)}"
