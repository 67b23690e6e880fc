"""Run an upload with its hooks, progress display and report."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from cibw.cli.ci_page import add_summary
from cibw.cli.project import writing_to
from cibw.cli.publish_attestations import Attestations
from cibw.cli.publish_files import Chosen, check_unchanged
from cibw.cli.publish_hooks import Hooks
from cibw.cli.publish_index import AskedIndex
from cibw.cli.publish_login import LateSource, certificates
from cibw.cli.sessions import Session
from cibw.config.publish_values import PublishOptions
from cibw.errors import CibwError, CommandFailedError, NothingToPublishError
from cibw.model.published import PublishReport
from cibw.model.release import Decision, UploadPlan
from cibw.model.uploading import BytesSent, UploadEvent
from cibw.publishing.upload_flow import Sending, send_release
from cibw.publishing.upload_sheet import Sheet
from cibw.reporting.publish_report import keep_publish
from cibw.reporting.release_summary import publish_markdown
from cibw.reporting.upload_console import UploadConsole
from cibw.reporting.upload_json import publish_report_to_json

_TRIES_UNDER_WAY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishWork:
    """The dependencies of an upload; `kept` has its reports, the newest last."""

    session: Session
    root: Path
    options: PublishOptions
    chosen: Chosen
    asked: AskedIndex
    source: LateSource
    attestations: Attestations
    kept: list[PublishReport] = field(default_factory=list)

    def send(self, plan: UploadPlan) -> int:
        """Upload the files of the plan, between the hooks; return the exit code of a successful release."""
        self.source.open()
        hooks = Hooks(directory=self.root, environment=self.session.environment, say=self._say)
        hooks.run("before-publish", self.options.before_publish)
        # Do not lock during the hooks, which may run cibw for the same directory.
        with writing_to(self.session, self.chosen.directory):
            check_unchanged(plan)
            try:
                send_release(self.attestations.made(plan, self.source), self._sending())
            finally:
                self._tell_ending()
        try:
            hooks.run("after-publish", self.options.after_publish)
        except CommandFailedError as error:
            mark = self.session.look.warning(self.session.look.symbol("⚠", "!"))
            self._say(f"  {mark} {error.message} The release is on {plan.index.name}. {error.hint}")
        return 0

    def rehearse(self, plan: UploadPlan, tag: str) -> int:
        """End like the real run before the first upload: CredentialsError if no credentials are found."""
        if plan.having(Decision.SEND):
            self.source.open()
        elif tag and not self.options.skip_existing:
            raise _nothing_to_publish(plan, self.chosen, tag)
        return 0

    def skip_all(self, plan: UploadPlan, tag: str) -> int:
        """Report that there is nothing to do; NothingToPublishError in a run for a tag."""
        error = None if not tag or self.options.skip_existing else _nothing_to_publish(plan, self.chosen, tag)
        with writing_to(self.session, self.chosen.directory):
            self._keep(Sheet.of(plan, time.time()).report(error.exit_code if error else 0))
        self._tell_ending()
        if error is not None:
            raise error
        self._say(f"Nothing to do: {plan.index.name} already has all of these files.")
        return 0

    def _sending(self) -> Sending:
        from cibw.publishing.upload_twine import TwineUploader

        emit = UploadConsole(self.session.stream_for_people, self.session.look)
        uploader = TwineUploader(
            index=self.asked.index,
            context=certificates(self.session, self.asked.index),
            sent=partial(_tell_bytes, emit),
        )
        return Sending(
            uploader=uploader,
            source=self.source,
            look=lambda: self.asked.listing(self.chosen.release, attempts=_TRIES_UNDER_WAY),
            record=self._keep,
            emit=emit,
            skip_existing=self.options.skip_existing,
        )

    def _keep(self, report: PublishReport) -> None:
        self.kept.append(report)
        keep_publish(report, self.chosen.directory)

    def _tell_ending(self) -> None:
        if not self.kept:
            return
        add_summary(self.session, publish_markdown(self.kept[-1]))
        if self.session.line.as_json:
            print(publish_report_to_json(self.kept[-1]), end="", flush=True)

    def _say(self, text: str) -> None:
        stream = self.session.stream_for_people
        stream.write(f"{text}\n")
        stream.flush()


def _nothing_to_publish(plan: UploadPlan, chosen: Chosen, tag: str) -> CibwError:
    release = chosen.release
    return NothingToPublishError(
        f"{plan.index.name} already has all files of {release.project} {release.version}, but this run is for the "
        f"tag {tag}.",
        hint="If the version was not raised, raise it and tag again. If the release is already published, use "
        "--skip-existing or skip-existing = true.",
    )


def _tell_bytes(emit: UploadConsole, sent: int, total: int) -> None:
    event: UploadEvent = BytesSent(sent=sent, total=total)
    emit(event)
