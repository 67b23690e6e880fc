from __future__ import annotations

import pytest

from cibw.errors import ImageUnavailableError, InterruptedRunError
from cibw.execution.container.client import LocalImage, RefusedError
from cibw.execution.container.images import PullSettings, Reference, ensure_image, same_platform
from cibw.model.machines import Image
from unit_test.execution.container.fake_engine import FakeEngine

DIGEST = "sha256:" + "a" * 64
PINNED = f"quay.io/pypa/manylinux_2_28_x86_64@{DIGEST}"
TAGGED = "quay.io/pypa/manylinux_2_28_x86_64:2026.01"
WANTED = Image(reference=f"{TAGGED}@{DIGEST}", oci_platform="linux/amd64")
GOOD = LocalImage(identity="sha256:1", oci_platform="linux/amd64")
OTHER = LocalImage(identity="sha256:2", oci_platform="linux/arm64/v8")
BUSY = RefusedError(500, "toomanyrequests: slow down")


def ensured(engine: FakeEngine, image: Image = WANTED) -> tuple[str, list[float], list[str]]:
    pauses: list[float] = []
    told: list[str] = []
    pulling = PullSettings(
        progress=told.append, option="manylinux-x86_64-image", sleep=pauses.append, clock=lambda: 0.0
    )
    return ensure_image(engine, image, pulling), pauses, told


@pytest.mark.parametrize("name", [PINNED, TAGGED])
def test_a_local_image_is_used_without_a_pull(name: str) -> None:
    engine = FakeEngine(images={name: GOOD})
    assert ensured(engine)[0] == "sha256:1"
    assert not engine.pulled


def test_images_made_on_the_spot_are_found_in_podman_too() -> None:
    engine = FakeEngine(images={"localhost/cibw-test/x:1": GOOD})
    assert ensured(engine, Image(reference="cibw-test/x:1", oci_platform="linux/amd64"))[0] == "sha256:1"


def test_a_tag_that_was_pulled_with_another_digest_is_not_meant() -> None:
    stale = LocalImage(identity="sha256:9", oci_platform="linux/amd64", digests=("quay.io/x@sha256:bb",))
    engine = FakeEngine(images={TAGGED: stale}, pulls=[GOOD])
    assert ensured(engine)[0] == "sha256:1"
    assert engine.pulled == [(PINNED, "linux/amd64")]


def test_a_tag_that_was_pulled_with_this_digest_is_meant() -> None:
    same = LocalImage(identity="sha256:9", oci_platform="linux/amd64", digests=(PINNED,))
    assert ensured(FakeEngine(images={TAGGED: same}))[0] == "sha256:9"


def test_without_the_network_nothing_is_pulled() -> None:
    engine = FakeEngine(images={TAGGED: OTHER}, pulls=[GOOD])
    with pytest.raises(ImageUnavailableError) as caught:
        ensure_image(engine, WANTED, PullSettings(option="manylinux-x86_64-image", offline=True))
    assert caught.value.message == (
        f"The image {TAGGED}@{DIGEST} (from the option manylinux-x86_64-image) for linux/amd64 is not available "
        "locally, and network access is disabled. The local image is for linux/arm64/v8."
    )
    assert not engine.pulled
    here = FakeEngine(images={TAGGED: GOOD})
    assert ensure_image(here, WANTED, PullSettings(offline=True)) == "sha256:1"


def test_an_image_of_another_platform_is_not_taken() -> None:
    engine = FakeEngine(images={TAGGED: OTHER}, pulls=[GOOD])
    assert ensured(engine)[0] == "sha256:1"


def test_an_engine_that_keeps_several_platforms_gets_the_name() -> None:
    assert ensured(FakeEngine(pulls=[OTHER]))[0] == PINNED


def test_pulls_are_tried_again_with_longer_pauses() -> None:
    engine = FakeEngine(pulls=[BUSY, BUSY, BUSY, GOOD])
    identity, pauses, told = ensured(engine)
    assert identity == "sha256:1"
    assert sum(pauses) == pytest.approx(1 + 2 + 4)
    assert sum("retrying in" in line for line in told) == 3
    assert told[-1] == f"pulled {PINNED}"


def test_an_interrupt_ends_a_pause_between_two_pulls() -> None:
    pauses: list[float] = []

    def check_cancelled() -> None:
        if len(pauses) >= 3:
            raise InterruptedRunError("The run was interrupted.")

    engine = FakeEngine(pulls=[BUSY, BUSY, BUSY, BUSY, GOOD])
    with pytest.raises(InterruptedRunError):
        ensure_image(engine, WANTED, PullSettings(sleep=pauses.append, check_cancelled=check_cancelled))
    assert len(engine.pulled) == 1
    assert sum(pauses) < 1


def test_five_tries_are_enough() -> None:
    engine = FakeEngine(images={TAGGED: OTHER}, pulls=[BUSY] * 6)
    with pytest.raises(ImageUnavailableError) as caught:
        ensured(engine)
    assert len(engine.pulled) == 5
    assert "manylinux-x86_64-image" in caught.value.message
    assert "linux/arm64/v8" in caught.value.message
    assert "toomanyrequests" in caught.value.message
    assert "network" in caught.value.hint


@pytest.mark.parametrize(
    "refused",
    [
        RefusedError(404, "manifest for x not found"),
        RefusedError(403, "forbidden"),
        RefusedError(500, "pull access denied for x, repository does not exist"),
        RefusedError(500, "reading manifest 1 in x: manifest unknown"),
        RefusedError(500, 'short-name "x" did not resolve to an alias'),
    ],
)
def test_what_the_registry_denies_is_not_tried_again(refused: RefusedError) -> None:
    engine = FakeEngine(pulls=[refused, GOOD])
    with pytest.raises(ImageUnavailableError) as caught:
        ensured(engine)
    assert len(engine.pulled) == 1
    assert "name" in caught.value.hint


def test_progress_is_told_now_and_then() -> None:
    told: list[str] = []
    times = iter(range(0, 1000, 10))
    pulling = PullSettings(progress=told.append, clock=lambda: float(next(times)))
    ensure_image(FakeEngine(pulls=[GOOD]), WANTED, pulling)
    assert told[0] == f"pulling {PINNED} for linux/amd64"
    assert told[1] == f"pulling {PINNED}: 0 of 1 layers, 3 MB of the remaining layers"
    assert told[2] == f"pulling {PINNED}: 1 of 1 layers"


@pytest.mark.parametrize(
    ("text", "name", "tag", "digest"),
    [
        ("x", "x", "", ""),
        ("x:1", "x", "1", ""),
        ("host:5000/x", "host:5000/x", "", ""),
        ("host:5000/x:1@sha256:ab", "host:5000/x", "1", "sha256:ab"),
        ("a/b@sha256:ab", "a/b", "", "sha256:ab"),
    ],
)
def test_references_are_taken_apart(text: str, name: str, tag: str, digest: str) -> None:
    assert Reference.parse(text) == Reference(name=name, tag=tag, digest=digest)


def test_platforms_are_compared_with_their_usual_variants() -> None:
    assert same_platform("linux/arm64", "linux/arm64/v8")
    assert same_platform("linux/arm/v7", "linux/arm")
    assert not same_platform("linux/arm/v6", "linux/arm")
    assert not same_platform("linux/amd64", "linux/386")


def test_a_pull_can_be_broken_off() -> None:
    asked: list[str] = []

    def check_cancelled() -> None:
        asked.append("may I?")
        if len(asked) == 2:
            raise InterruptedRunError("stopped")

    engine = FakeEngine(pulls=[BUSY, GOOD])
    with pytest.raises(InterruptedRunError):
        ensure_image(engine, WANTED, PullSettings(check_cancelled=check_cancelled))
    assert len(engine.pulled) == 1
