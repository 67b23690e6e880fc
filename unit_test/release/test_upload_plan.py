from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from cibw.errors import ConfigurationError, ReleaseFaultError
from cibw.model.events import PublishReport, UploadResult, UploadStatus
from cibw.model.release import Decision, IndexFile, Listing, PackageIndex, UploadPlan
from cibw.release.upload_plan import (
    LAG,
    IndexState,
    check_conflicts,
    memory_of,
    plan_upload,
    read_directory,
    read_files,
    release_of,
)
from unit_test.release.releasing import INDEX, OTHER, SDIST, WHEEL, found, hash_of, listed


def test_wheels_then_the_sdist_with_size_and_hash(tmp_path: Path) -> None:
    (tmp_path / "a-1.tar.gz").write_bytes(b"source")
    (tmp_path / "a-1-py3-none-any.whl").write_bytes(b"wheel")
    (tmp_path / ".a-1-py3-none-any.whl").write_bytes(b"half of it")
    (tmp_path / "report.json").write_bytes(b"{}")
    wheel, sdist = read_directory(tmp_path)
    assert wheel.path == tmp_path / "a-1-py3-none-any.whl"
    assert wheel.distribution.sha256 == hashlib.sha256(b"wheel").hexdigest()
    assert (sdist.distribution.filename, sdist.distribution.size) == ("a-1.tar.gz", 6)


def test_all_odd_names_are_told(tmp_path: Path) -> None:
    for name in ("a.whl", "b.tar.gz", "c-1.tar.gz"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(ConfigurationError) as caught:
        read_directory(tmp_path)
    assert [Path(mistake.place).name for mistake in caught.value.mistakes] == ["a.whl", "b.tar.gz"]


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Directory not found") as caught:
        read_directory(tmp_path / "dist")
    assert "cibw collect" in caught.value.hint


def test_files_that_are_named(tmp_path: Path) -> None:
    (tmp_path / "a-1.tar.gz").write_bytes(b"source")
    (found,) = read_files((tmp_path / "a-1.tar.gz",))
    assert found.distribution.size == 6


def test_all_named_files_that_can_not_be_published_are_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ConfigurationError) as caught:
        read_files((tmp_path / "notes.txt", tmp_path / "a-1.tar.gz"))
    assert [Path(mistake.place).name for mistake in caught.value.mistakes] == ["notes.txt", "a-1.tar.gz"]


FAMOUS = replace(INDEX, page="https://index.example/project/")


def plan(known: IndexState, index: PackageIndex = INDEX) -> UploadPlan:
    release = release_of(found(SDIST, OTHER, WHEEL))
    return plan_upload(release, index, known)


def decisions(plan: UploadPlan) -> list[Decision]:
    return [upload.decision for upload in plan.uploads]


def test_wheels_go_first_and_the_sdist_last() -> None:
    made = plan(IndexState(listing=Listing()))
    assert [upload.distribution.filename for upload in made.uploads] == [WHEEL, OTHER, SDIST]
    assert decisions(made) == [Decision.SEND] * 3
    assert made.notes == ()
    check_conflicts(made)


def test_the_same_bytes_are_skipped_and_others_are_a_conflict() -> None:
    changed = IndexFile(filename=OTHER, sha256="0" * 64)
    made = plan(IndexState(listing=Listing(files=(*listed(WHEEL), changed))))
    assert decisions(made) == [Decision.SKIP, Decision.CONFLICT, Decision.SEND]
    with pytest.raises(ReleaseFaultError, match=r"(?s)Nothing was uploaded.*000000000000\.\.\. on the index") as caught:
        check_conflicts(made)
    assert "raise the version" in caught.value.hint


def test_all_conflicts_are_told() -> None:
    changed = tuple(IndexFile(filename=name, sha256="0" * 64) for name in (WHEEL, SDIST))
    with pytest.raises(ReleaseFaultError) as caught:
        check_conflicts(plan(IndexState(listing=Listing(files=changed))))
    assert WHEEL in caught.value.message
    assert SDIST in caught.value.message


def test_a_file_that_can_not_be_compared() -> None:
    listing = Listing(files=(IndexFile(filename=WHEEL),))
    made = plan(IndexState(listing=listing))
    assert made.uploads[0].decision is Decision.CONFLICT
    with pytest.raises(ReleaseFaultError) as caught:
        check_conflicts(made)
    assert "--skip-existing" in caught.value.hint
    assert plan(IndexState(listing=listing, skip_existing=True)).uploads[0].decision is Decision.SKIP


def test_what_an_earlier_run_sent_is_sent_again_where_the_index_does_not_list_it() -> None:
    result = UploadResult(filename=WHEEL, size=1, sha256=hash_of(WHEEL), status=UploadStatus.UPLOADED, since=1000.0)
    failed = replace(result, filename=OTHER, status=UploadStatus.FAILED)
    report = PublishReport(index=INDEX.upload, project="demo", version="1.0", uploads=(result, failed))
    memory = memory_of(report, INDEX, 1001.0)
    made = plan(IndexState(listing=Listing(), memory=memory))
    assert decisions(made) == [Decision.SEND] * 3
    assert [upload.reason for upload in made.uploads] == [
        "an earlier run uploaded it, but the index does not list it",
        "",
        "",
    ]
    assert [upload.since for upload in made.uploads] == [1000.0, 0.0, 0.0]
    untold = plan(IndexState(listing=Listing(unknown="no page"), memory=memory))
    assert (untold.uploads[0].reason, untold.uploads[0].since) == ("", 1000.0)
    assert plan(IndexState(listing=Listing(files=listed(WHEEL)), memory=memory)).uploads[0].since == 0.0
    skipped = replace(report, uploads=(replace(result, status=UploadStatus.ALREADY_THERE),))
    assert memory_of(skipped, INDEX, 1001.0) == {}
    assert memory_of(report, INDEX, 1000.0 + LAG) == {}
    assert memory_of(replace(report, index="https://other.example/"), INDEX, 1001.0) == {}
    assert memory_of(None, INDEX, 1001.0) == {}


def test_a_yanked_file_is_there_and_said_to_be_yanked() -> None:
    (entry,) = listed(WHEEL)
    made = plan(IndexState(listing=Listing(files=(replace(entry, yanked="broken"),))))
    assert made.uploads[0].decision is Decision.SKIP
    assert made.uploads[0].reason == "the index has it, but it was yanked"


def test_what_the_index_does_not_tell_is_a_note() -> None:
    (note,) = plan(IndexState(listing=Listing(unknown="the page answers with 500"))).notes
    assert "unknown before the upload: the page answers with 500." in note


@pytest.mark.parametrize(
    ("there", "notes"),
    [
        ((), ["The index accepts new files"]),
        (("demo-0.9.tar.gz", "readme.txt"), ["The index accepts new files"]),
        (("demo-1.0-cp311-cp311-win_amd64.whl",), ["The index already has files of this release."]),
        ((WHEEL,), ["The index already has files of this release."]),
        ((WHEEL, OTHER, SDIST), []),
    ],
)
def test_the_14_days(there: tuple[str, ...], notes: list[str]) -> None:
    made = plan(IndexState(listing=Listing(files=listed(*there))), FAMOUS)
    assert len(made.notes) == len(notes)
    assert all(note.startswith(start) for note, start in zip(made.notes, notes, strict=True))


def test_files_of_a_project_without_a_name_are_told() -> None:
    with pytest.raises(ReleaseFaultError, match=r"UNKNOWN-0\.0\.0\.tar\.gz: the build backend did not find") as caught:
        release_of(found("UNKNOWN-0.0.0.tar.gz"))
    assert "[project]" in caught.value.hint


@pytest.mark.parametrize("names", [(), (WHEEL, "demo-1.1.tar.gz"), (WHEEL, "other-1.0.tar.gz")])
def test_files_that_are_no_release(names: tuple[str, ...]) -> None:
    with pytest.raises(ReleaseFaultError):
        release_of(found(*names))
