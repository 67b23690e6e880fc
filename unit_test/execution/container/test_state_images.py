"""Images of states: labels, names, and which of them are out of date."""

from __future__ import annotations

from cibw.execution.container.client import LocalImage, RefusedError
from cibw.execution.container.states import StateImage, base_labels, labels_of, name_of, outdated
from unit_test.execution.container.fake_engine import FakeEngine

DAY = 24 * 3600.0
NOW = 1_800_000_000.0
KEY = "0123456789abcdef0123"


def image(identity: str, *names: str, age: float = 0.0, owner: str = "me") -> StateImage:
    labels = labels_of(KEY, owner, NOW - age * DAY)
    return StateImage.of(LocalImage(identity=identity, oci_platform="", names=names, labels=labels))


def test_labels_are_read_as_they_were_written() -> None:
    made = image("i", name_of(KEY))
    assert (made.key, made.owner, made.made) == (KEY, "me", NOW)
    assert str(made) == "cibw-before-all:0123456789abcdef, made on 2027-01-15"


def test_an_image_serves_its_key_for_a_month() -> None:
    assert image("i", age=29).serves(KEY, NOW)
    assert not image("i", age=30).serves(KEY, NOW)
    assert not image("i").serves(f"{KEY}4", NOW)


def test_labels_of_another_make_count_as_ancient() -> None:
    found = StateImage.of(LocalImage(identity="i", oci_platform="", labels={"cibw.before-all.made": "soon"}))
    assert (found.key, found.made) == ("", 0.0)


def test_the_newest_two_of_an_owner_stay() -> None:
    images = [image(name, f"localhost/cibw-before-all:{name}", age=age) for name, age in [("b", 2), ("c", 3), ("a", 1)]]
    others = [image(name, f"cibw-before-all:{name}", owner="you") for name in "xyz"]
    assert list(outdated([*images, *others], "me", NOW)) == ["localhost/cibw-before-all:c"]


def test_what_is_too_old_goes_whoever_made_it() -> None:
    ancient = image("o", "cibw-before-all:o", "cibw-snapshot:o", age=31, owner="you")
    assert list(outdated([ancient], "me", NOW)) == ["cibw-before-all:o", "cibw-snapshot:o"]


def test_the_name_of_a_run_stays_and_an_image_without_name_goes() -> None:
    running = [image(name, f"cibw-snapshot:{name}", age=1) for name in "abc"]
    assert list(outdated([*running, image("sha256:9")], "me", NOW)) == ["sha256:9"]


def test_an_engine_keeps_the_newest_images_of_all_owners() -> None:
    images = [image(f"{age}", f"cibw-before-all:{age}", age=age, owner=f"owner {age}") for age in range(1, 16)]
    gone = [f"cibw-before-all:{age}" for age in (13, 14, 15)]
    assert list(outdated(reversed(images), "owner 1", NOW)) == gone


def large_image(age: int, size: int) -> StateImage:
    labels = {
        **labels_of(KEY, f"owner {age}", NOW - age * DAY),
        **base_labels(FakeEngine(images={"base": LocalImage(identity="base", oci_platform="", size=700)}), "base"),
    }
    name = f"cibw-before-all:{age}"
    return StateImage.of(LocalImage(identity=name, oci_platform="", names=(name,), labels=labels, size=700 + size))


def test_an_engine_that_does_not_report_the_base_costs_only_the_size() -> None:
    class Refusing(FakeEngine):
        def image(self, reference: str) -> LocalImage | None:
            raise RefusedError(500, reference)

    assert base_labels(Refusing(), "base") == {}
    assert base_labels(FakeEngine(), "base") == {}


def test_the_size_of_an_image_is_what_was_added_to_its_base() -> None:
    assert large_image(1, 300).size == 300
    assert image("i").size == 0


def test_an_engine_keeps_the_newest_images_up_to_a_total_size() -> None:
    gibibyte = 2**30
    images = [large_image(age, 3 * gibibyte) for age in (1, 2, 3)] + [large_image(4, gibibyte)]
    assert list(outdated(images, "me", NOW)) == ["cibw-before-all:3"]


def test_the_newest_image_stays_however_large_it_is() -> None:
    images = [large_image(1, 9 * 2**30), large_image(2, 1)]
    assert list(outdated(images, "me", NOW)) == ["cibw-before-all:2"]


def test_images_that_go_anyway_leave_the_others_their_place() -> None:
    own = [image(f"own{age}", f"cibw-before-all:own{age}", age=age) for age in range(1, 6)]
    others = [image(f"{age}", f"cibw-before-all:{age}", age=age, owner=f"owner {age}") for age in range(6, 16)]
    gone = [f"cibw-before-all:own{age}" for age in (3, 4, 5)]
    assert list(outdated([*others, *own], "me", NOW)) == gone
