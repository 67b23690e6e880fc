"""The results of an upload so far, as a value."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cibw.exhaustive import assert_never
from cibw.model.published import PublishReport, UploadResult, UploadStatus
from cibw.model.release import Decision, PlannedUpload, UploadPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A result for each file of a plan, in the plan's order."""

    plan: UploadPlan
    results: tuple[UploadResult, ...]

    @classmethod
    def of(cls, plan: UploadPlan, now: float) -> Sheet:
        """The sheet before the upload."""
        return cls(plan=plan, results=tuple(_first(upload, now) for upload in plan.uploads))

    def with_result(self, result: UploadResult) -> Sheet:
        """The sheet with the result of a finished file."""
        return replace(self, results=tuple(result if result.filename == one.filename else one for one in self.results))

    def report(self, exit_code: int = 0) -> PublishReport:
        """The sheet as a report for `report.json`."""
        first = self.plan.uploads[0].distribution
        return PublishReport(
            index=self.plan.index.upload,
            project=first.project,
            version=str(first.version),
            uploads=self.results,
            exit_code=exit_code,
        )


def _first(upload: PlannedUpload, now: float) -> UploadResult:
    one, decision = upload.distribution, upload.decision
    match decision:
        case Decision.SKIP:
            status, since = UploadStatus.ALREADY_THERE, now
        case Decision.SEND | Decision.CONFLICT:
            status, since = UploadStatus.NOT_TRIED, 0.0
        case _:
            assert_never(decision)
    return UploadResult(
        filename=one.filename,
        size=one.size,
        sha256=one.sha256,
        status=status,
        message=upload.reason,
        attestations=upload.attestations,
        since=since,
    )
