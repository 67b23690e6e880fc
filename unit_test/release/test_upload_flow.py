from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from cibw.errors import CibwError, CredentialsError, InterruptedRunError, PartialReleaseError, UploadError
from cibw.model.events import PublishReport, UploadStatus
from cibw.model.release import (
    FileFinished,
    FileStarted,
    IndexFile,
    Listing,
    TryFailed,
    UploadEvent,
    UploadFinished,
    UploadStarted,
)
from cibw.release.responses import Receipt
from cibw.release.upload import UploadContext, send_release
from unit_test.release.releasing import OTHER, SDIST, WHEEL, Login, ScriptedUploader, listed, plan_of

OK = Receipt(status=200)
BUSY = Receipt(status=503, message="mended")
EXISTS = Receipt(status=409, message="a.whl already exists")
BAD = Receipt(status=400, message="Unknown classifier")
PAGE = Receipt(status=200, message="Please sign in", is_page=True)


@dataclass(slots=True)
class Trial:
    """An upload of three files to a scripted index; `there` is what the index has when it is looked at."""

    uploader: ScriptedUploader
    list_files: Callable[[], Listing] = Listing
    skip_existing: bool = False
    login: Login = field(default_factory=Login)
    records: list[PublishReport] = field(default_factory=list)
    events: list[UploadEvent] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    error: CibwError | None = None

    def run(self, skipped: tuple[str, ...] = (), sent_before: str = "") -> list[UploadStatus]:
        context = UploadContext(
            uploader=self.uploader,
            source=self.login,
            list_files=self.list_files,
            record=self.records.append,
            emit=self.events.append,
            skip_existing=self.skip_existing,
            attempts=3,
            sleep=self.waits.append,
            clock=lambda: 1000.0,
        )
        plan = plan_of(WHEEL, OTHER, SDIST, skipped=skipped)
        uploads = [
            replace(one, since=900.0) if one.distribution.filename == sent_before else one for one in plan.uploads
        ]
        try:
            report = send_release(replace(plan, uploads=tuple(uploads)), context)
        except CibwError as error:
            self.error, report = error, self.records[-1]
        assert report == self.records[-1]
        assert report.exit_code == (self.error.exit_code if self.error else 0)
        assert self.login.closed
        return [result.status for result in report.uploads]


def trial(*script: Receipt | BaseException | None) -> Trial:
    return Trial(ScriptedUploader(script=list(script)))


THERE, SENT = UploadStatus.ALREADY_THERE, UploadStatus.UPLOADED
FAILED, NOT_TRIED = UploadStatus.FAILED, UploadStatus.NOT_TRIED


def test_all_files_in_order() -> None:
    one = trial()
    assert one.run() == [SENT] * 3
    assert one.uploader.sent == [WHEEL, OTHER, SDIST]
    assert one.uploader.committed
    assert [type(event) for event in one.events] == [UploadStarted, *[FileStarted, FileFinished] * 3, UploadFinished]


def test_the_report_is_true_at_any_time() -> None:
    one = trial()
    one.run()
    seen = [[result.status for result in report.uploads] for report in one.records]
    assert seen == [[NOT_TRIED] * 3, [SENT, NOT_TRIED, NOT_TRIED], [SENT, SENT, NOT_TRIED], [SENT] * 3, [SENT] * 3]
    assert one.records[-1].uploads[0].since == 1000.0


def test_what_is_skipped_is_not_sent() -> None:
    one = trial()
    assert one.run(skipped=(WHEEL, SDIST)) == [THERE, SENT, THERE]
    assert one.uploader.sent == [OTHER]


def test_faults_are_waited_out() -> None:
    one = trial(None, BUSY, OK)
    assert one.run() == [SENT] * 3
    assert one.waits == [2.0, 4.0]
    assert one.records[-1].uploads[0].attempts == 3
    failed = [event for event in one.events if isinstance(event, TryFailed)]
    assert [event.message for event in failed] == ["the connection broke", "it responded with 503: mended"]


def test_a_file_whose_answer_was_lost_is_not_sent_again() -> None:
    one = trial(None)
    one.list_files = lambda: Listing(files=listed(WHEEL))
    assert one.run() == [THERE, SENT, SENT]
    assert one.uploader.sent == [WHEEL, OTHER, SDIST]


def test_a_server_that_stays_at_fault() -> None:
    one = trial(BUSY, BUSY, BUSY)
    assert one.run() == [FAILED, NOT_TRIED, NOT_TRIED]
    assert isinstance(one.error, UploadError)
    assert "in 3 attempts: it responded with 503: mended" in one.error.message
    assert not one.uploader.committed


def test_another_job_was_faster() -> None:
    one = trial(OK, EXISTS)
    one.list_files = lambda: Listing(files=listed(OTHER))
    assert one.run() == [SENT, THERE, SENT]


def test_other_bytes_came_in_between() -> None:
    one = trial(OK, EXISTS)
    one.list_files = lambda: Listing(files=(IndexFile(filename=OTHER, sha256="0"),))
    one.skip_existing = True
    assert one.run() == [SENT, FAILED, NOT_TRIED]
    assert isinstance(one.error, PartialReleaseError)


@pytest.mark.parametrize(
    ("skip_existing", "expected"), [(True, [THERE, SENT, SENT]), (False, [FAILED, NOT_TRIED, NOT_TRIED])]
)
def test_where_nobody_can_compare(*, skip_existing: bool, expected: list[UploadStatus]) -> None:
    one = trial(EXISTS)
    one.list_files = lambda: Listing(unknown="no page")
    one.skip_existing = skip_existing
    assert one.run() == expected


@pytest.mark.parametrize("receipt", [EXISTS, Receipt(status=500, message="Asset already exists"), Receipt(status=409)])
@pytest.mark.parametrize("listing", [Listing(), Listing(unknown="x"), Listing(files=(IndexFile(filename=WHEEL),))])
def test_the_index_has_the_name_and_does_not_list_it(receipt: Receipt, listing: Listing) -> None:
    one = trial(receipt)
    one.list_files, one.skip_existing = lambda: listing, True
    assert one.run() == [THERE, SENT, SENT]
    assert "cannot be compared" in one.records[-1].uploads[0].message
    assert one.waits == []
    again = trial(receipt)
    again.list_files = lambda: listing
    assert again.run() == [FAILED, NOT_TRIED, NOT_TRIED]
    assert again.error is not None
    assert "--skip-existing" in again.error.hint


def test_a_name_that_can_never_be_used_again_is_not_there() -> None:
    one = trial(Receipt(status=400, message="This filename was previously used by a file that has since been deleted."))
    one.skip_existing = True
    assert one.run() == [FAILED, NOT_TRIED, NOT_TRIED]


def test_what_an_earlier_run_sent_is_there_where_the_index_says_so() -> None:
    assert trial(EXISTS).run(sent_before=WHEEL) == [THERE, SENT, SENT]
    assert trial(EXISTS).run(sent_before=OTHER) == [FAILED, NOT_TRIED, NOT_TRIED]
    assert trial(BAD).run(sent_before=WHEEL) == [FAILED, NOT_TRIED, NOT_TRIED]
    one = trial(EXISTS)
    one.list_files = lambda: Listing(files=(IndexFile(filename=WHEEL, sha256="0"),))
    assert one.run(sent_before=WHEEL) == [FAILED, NOT_TRIED, NOT_TRIED]


@pytest.mark.parametrize("receipt", [PAGE, replace(PAGE, status=201), Receipt(status=203)])
def test_a_success_that_is_a_page_for_people_is_not_believed(receipt: Receipt) -> None:
    one = trial(receipt)
    assert one.run() == [FAILED, NOT_TRIED, NOT_TRIED]
    assert isinstance(one.error, UploadError)
    assert f"with {receipt.status} and " in one.error.message
    assert "sign-in page" in one.error.hint
    assert one.uploader.sent == [WHEEL]
    assert one.waits == [2.0, 4.0]


def test_a_success_that_is_a_page_for_people_counts_where_the_index_lists_the_file() -> None:
    one = trial(PAGE, PAGE, PAGE)
    looks = [Listing(), Listing(files=listed(WHEEL)), Listing(files=listed(WHEEL, OTHER, SDIST))]
    one.list_files = lambda: looks.pop(0) if len(looks) > 1 else looks[0]
    assert one.run() == [SENT, SENT, SENT]
    assert one.waits == [2.0]


@pytest.mark.parametrize(
    ("listing", "said"),
    [
        (Listing(unknown="the page answers with 403"), "the page answers with 403"),
        (Listing(files=(IndexFile(filename=WHEEL, sha256="0"),)), "a different file"),
        (Listing(files=(IndexFile(filename=WHEEL),)), "does not provide the hash"),
    ],
)
def test_a_success_that_nobody_can_confirm(listing: Listing, said: str) -> None:
    one = trial(PAGE)
    one.list_files, one.skip_existing = lambda: listing, True
    assert one.run() == [FAILED, NOT_TRIED, NOT_TRIED]
    assert one.error is not None
    assert said in one.error.message


def test_the_wait_that_an_index_asks_for_is_obeyed() -> None:
    one = trial(replace(BUSY, retry_after=45.0), replace(BUSY, status=429, retry_after=1.0), OK)
    assert one.run() == [SENT] * 3
    assert one.waits == [45.0, 4.0]
    assert [event.wait for event in one.events if isinstance(event, TryFailed)] == [45.0, 4.0]


def test_a_wait_that_is_too_long_is_told() -> None:
    one = trial(replace(BUSY, retry_after=3600.0))
    assert one.run() == [FAILED, NOT_TRIED, NOT_TRIED]
    assert one.waits == []
    assert one.error is not None
    assert "requests a wait of 3600 seconds" in one.error.message
    there = trial(replace(BUSY, retry_after=3600.0))
    there.list_files = lambda: Listing(files=listed(WHEEL))
    assert there.run() == [THERE, SENT, SENT]


def test_a_limit_of_new_projects_is_no_matter_of_seconds() -> None:
    one = trial(Receipt(status=429, message="Too many new projects created"))
    assert one.run() == [FAILED, NOT_TRIED, NOT_TRIED]
    assert one.waits == []
    assert one.error is not None
    assert "how many new projects" in one.error.hint


def test_a_partial_release_says_how_to_go_on() -> None:
    one = trial(OK, BAD)
    assert one.run() == [SENT, FAILED, NOT_TRIED]
    assert isinstance(one.error, PartialReleaseError)
    assert "1 of 3 files of demo 1.0 are on here." in one.error.message
    assert "Unknown classifier" in one.error.message
    assert one.error.hint.endswith("Run the same command again to upload the rest.")


def test_a_release_that_was_partial_before_stays_so() -> None:
    one = trial(BAD)
    one.run(skipped=(WHEEL,))
    assert isinstance(one.error, PartialReleaseError)


def test_a_wrong_login() -> None:
    one = trial(Receipt(status=401))
    assert one.run() == [FAILED, NOT_TRIED, NOT_TRIED]
    assert isinstance(one.error, CredentialsError)


def test_a_token_that_ended_on_the_way_is_renewed_once() -> None:
    one = trial(Receipt(status=403))
    one.login.renewed = ["second"]
    assert one.run() == [SENT, SENT, SENT]
    assert one.uploader.sent == [WHEEL, WHEEL, OTHER, SDIST]
    assert one.waits == []
    again = trial(Receipt(status=403), Receipt(status=403))
    again.login.renewed = ["second"]
    assert again.run() == [FAILED, NOT_TRIED, NOT_TRIED]


def test_a_look_that_fails_hides_nothing() -> None:
    def list_files() -> Listing:
        raise UploadError("the index is down")

    one = trial(BAD)
    one.list_files = list_files
    one.run()
    assert one.error is not None
    assert "Unknown classifier" in one.error.message


def test_an_interrupt_leaves_a_report() -> None:
    one = trial(OK, KeyboardInterrupt())
    assert one.run() == [SENT, FAILED, NOT_TRIED]
    assert isinstance(one.error, InterruptedRunError)
    assert "1 of 3 files" in one.error.message
    assert "the index may have it" in one.records[-1].uploads[1].message


def test_an_interrupt_between_files() -> None:
    one = trial()

    def list_files() -> Listing:
        raise KeyboardInterrupt

    one.uploader.script = [BUSY]
    one.list_files = list_files
    assert one.run() == [FAILED, NOT_TRIED, NOT_TRIED]


def test_an_index_that_says_the_password_back() -> None:
    one = trial(Receipt(status=400, message="no sesame-77 here"))
    one.run()
    assert "sesame-77" not in repr((one.records, one.events, one.error))
    assert "no *** here" in one.records[-1].uploads[0].message
