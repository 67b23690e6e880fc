"""Runs without the network: what a plan needs, what is here, and what is told of the rest."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from cibw.errors import DownloadError, ImageUnavailableError
from cibw.execution.fetch.download import (
    DownloadSettings,
    NoTransport,
    demand_here,
    downloads_of,
    fetch,
    fetcher_of,
    images_of,
    place_of,
)
from cibw.model.identifiers import BuildIdentifier
from cibw.model.machines import ContainerEngine, ContainerSpec, Download, EngineName, HostSpec, Image, Mirrors
from cibw.model.plan import Action, Fetch, Job, Plan, PutText, Step, StepName, WheelBuild
from cibw.model.templates import Placeholder, Template
from tests.doubles.fetch import RecordingTransport, Scripted

CONTENT = b"an interpreter"
WANTED = Download(
    address="https://user:word@files.example/a.pkg?token=word", sha256=hashlib.sha256(CONTENT).hexdigest()
)
IMAGE = Image(reference="quay.io/x@sha256:ab", oci_platform="linux/arm64")
PROVED = Download(address="maven:com/x.tar.gz", sha256="ab" * 32)
UNPROVED = Download(address="https://files.example/y.zip")


def fetching_in(cache: Path) -> DownloadSettings:
    mirrors = Mirrors(pseudo=(("maven:", "https://maven.example/"),))
    return DownloadSettings(transport=NoTransport(), cache=cache, mirrors=mirrors)


def fetched(name: str, *, unless: str = "", place: Placeholder = Placeholder.CACHE) -> Fetch:
    path = Template.of(place, f"/interpreters/{name}")
    return Fetch(url=f"https://e/{name}", sha256="", path=path, unless=Template.of(unless) if unless else None)


def plan_of(*actions: Action) -> Plan:
    """A plan whose first job fetches in every kind of step."""
    before, prepare, make, *test = actions
    build = WheelBuild(
        identifier=BuildIdentifier.parse("cp312-macosx_arm64"),
        prepare=Step(name=StepName.SET_UP, actions=(prepare,)),
        make=(Step(name=StepName.BUILD_TOOLS, actions=(make,)),),
        test=(Step(name=StepName.TEST, actions=tuple(test)),),
    )
    hook = Step(name=StepName.BEFORE_ALL, actions=(before,))
    first = Job(name="one", machine=HostSpec(), builds=(build,), before_all=hook)
    engine = ContainerEngine(name=EngineName.DOCKER)
    boxes = tuple(
        Job(name=name, machine=ContainerSpec(engine=engine, image=IMAGE), builds=()) for name in ("two", "three")
    )
    return Plan(jobs=(first, *boxes))


def test_each_step_of_a_plan_is_looked_through() -> None:
    actions = (fetched("a"), fetched("b"), fetched("c"), PutText(path=Template.of("/x"), text=""), fetched("a"))
    plan = plan_of(*actions)
    assert [one.address for one in downloads_of(plan, {})] == ["https://e/a", "https://e/b", "https://e/c"]
    assert [spec.image for spec in images_of(plan)] == [IMAGE]


def test_what_stands_in_its_place_is_not_wanted(tmp_path: Path) -> None:
    (tmp_path / "interpreters" / "b").mkdir(parents=True)
    unless = str(tmp_path / "interpreters")
    actions = (fetched("a"), fetched("b"), fetched("c", unless=unless), fetched("d", place=Placeholder.WORK))
    found = downloads_of(plan_of(*actions), {Placeholder.CACHE: str(tmp_path)})
    assert [one.address for one in found] == ["https://e/a", "https://e/d"]


def test_all_that_is_missing_is_listed_with_address_and_place(tmp_path: Path) -> None:
    fetching = fetching_in(tmp_path)
    with pytest.raises(DownloadError) as caught:
        demand_here((WANTED, PROVED, UNPROVED), fetching, (IMAGE,))
    assert caught.value.message == (
        "3 files and 1 image are missing, and network access is disabled:\n"
        f"  https://files.example/a.pkg\n    {tmp_path / place_of(WANTED)}\n    SHA-256 {WANTED.sha256}\n"
        f"  https://maven.example/com/x.tar.gz\n    {tmp_path / place_of(PROVED)}\n    SHA-256 {'ab' * 32}\n"
        f"  https://files.example/y.zip\n    {tmp_path / place_of(UNPROVED)}\n"
        "  quay.io/x@sha256:ab\n    an image for linux/arm64"
    )


def test_where_images_alone_are_missing_the_error_is_theirs(tmp_path: Path) -> None:
    with pytest.raises(ImageUnavailableError, match=r"1 image is missing, .*:\n  quay\.io/x@sha256:ab"):
        demand_here((), fetching_in(tmp_path), (IMAGE,))


def test_files_that_were_put_there_by_hand_serve_if_they_are_the_right_ones(tmp_path: Path) -> None:
    fetching = fetching_in(tmp_path)
    place = tmp_path / place_of(WANTED)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"another file")
    with pytest.raises(DownloadError, match="1 file is missing"):
        demand_here((WANTED,), fetching, ())
    place.write_bytes(CONTENT)
    demand_here((WANTED,), fetching, ())
    assert fetch(WANTED, fetching) == place


def test_files_of_an_earlier_run_serve(tmp_path: Path) -> None:
    transport = RecordingTransport((Scripted(pieces=(CONTENT,)),))
    fetch(WANTED, DownloadSettings(transport=transport, cache=tmp_path))
    demand_here((WANTED,), fetching_in(tmp_path), ())


def test_no_fetch_gets_by(tmp_path: Path) -> None:
    fetcher = fetcher_of(lambda: fetching_in(tmp_path))
    wanted = Fetch(url=WANTED.address, sha256=WANTED.sha256, path=Template.of("unused"))
    with pytest.raises(DownloadError, match=r"^https://files\.example/a\.pkg is not in the cache, and network"):
        fetcher(wanted, str(tmp_path / "python"))
