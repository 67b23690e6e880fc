from __future__ import annotations

import hashlib
import os
import stat
import time
from pathlib import Path

import pytest

from cibw.execution.store.store import Removed, Store, StoredWheel, clear, prune
from unit_test.execution.damages import replace_by_fifo

NAME = "hello-1.0-cp312-cp312-linux_x86_64.whl"
KEY = "ab" * 32
OTHER = "cd" * 32
DAY = 86_400


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def put(store: Store, key: str, content: bytes = b"wheel", *, days: float = 0) -> StoredWheel:
    wheel = store.directory.parent / NAME
    wheel.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    entry = StoredWheel(
        filename=NAME, size=len(content), sha256=digest, identifier="cp312", project="/p", seconds=2.5, warnings=("w",)
    )
    store.put(key, wheel, entry)
    used = time.time() - days * DAY
    os.utime(place(store, key) / "entry.json", (used, used))
    return entry


def place(store: Store, key: str) -> Path:
    return store.directory / "wheels" / key[:2] / key


def test_a_wheel_comes_back(store: Store, tmp_path: Path) -> None:
    entry = put(store, KEY, days=3)
    target = tmp_path / "target"
    target.mkdir()
    assert store.find(KEY) == entry
    assert store.take(KEY, target) == entry
    assert (target / NAME).read_bytes() == b"wheel"
    [(key, wheel, used)] = store.entries()
    assert (key, wheel) == (KEY, entry)
    assert time.time() - used < DAY


def test_an_unknown_key_gives_nothing(store: Store, tmp_path: Path) -> None:
    assert store.find(KEY) is None
    assert store.take(KEY, tmp_path) is None


def test_a_later_wheel_replaces_an_earlier_one(store: Store, tmp_path: Path) -> None:
    put(store, KEY, b"old")
    put(store, KEY, b"new")
    assert store.take(KEY, tmp_path) is not None
    assert (tmp_path / NAME).read_bytes() == b"new"
    assert not list(store.directory.rglob("*.part"))


def test_a_broken_wheel_is_removed(store: Store, tmp_path: Path) -> None:
    put(store, KEY)
    (place(store, KEY) / NAME).write_bytes(b"whee")
    assert store.take(KEY, tmp_path) is None
    assert not place(store, KEY).exists()


def test_a_missing_wheel_is_removed(store: Store, tmp_path: Path) -> None:
    put(store, KEY)
    (place(store, KEY) / NAME).unlink()
    assert store.take(KEY, tmp_path) is None
    assert not place(store, KEY).exists()


def test_a_wheel_of_another_key_is_none(store: Store, tmp_path: Path) -> None:
    put(store, KEY)
    place(store, OTHER).parent.mkdir()
    place(store, KEY).rename(place(store, OTHER))
    assert store.find(OTHER) is None
    assert store.take(OTHER, tmp_path) is None


def test_a_fifo_in_place_of_a_wheel_is_removed(store: Store, tmp_path: Path) -> None:
    put(store, KEY)
    replace_by_fifo(place(store, KEY) / NAME)
    assert store.take(KEY, tmp_path) is None
    assert not place(store, KEY).exists()


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "{}"),
        '{"filename": "a.whl", "size": "1", "sha256": "x"}',
        '{"filename": "../a.whl", "size": 1, "sha256": "x"}',
        '{"filename": "a.txt", "size": 1, "sha256": "x"}',
    ],
)
def test_a_broken_entry_is_none(store: Store, text: str) -> None:
    put(store, KEY)
    (place(store, KEY) / "entry.json").write_text(text)
    assert store.find(KEY) is None
    assert not list(store.entries())


def test_a_wheel_that_changes_meanwhile_is_not_kept(store: Store, tmp_path: Path) -> None:
    wheel = tmp_path / NAME
    wheel.write_bytes(b"something else")
    store.put(KEY, wheel, StoredWheel(filename=NAME, size=5, sha256="0" * 64))
    assert store.find(KEY) is None
    assert not list(store.directory.rglob("*.part"))


def test_the_secret_is_made_once_for_its_owner_alone(store: Store) -> None:
    secret = store.secret()
    assert len(secret) == 32
    assert store.secret() == secret == Store(store.directory).secret()
    assert stat.S_IMODE((store.directory / "secret").stat().st_mode) == 0o600
    (store.directory / "secret").write_bytes(b"short")
    assert len(store.secret()) == 32


def test_tests_that_passed(store: Store) -> None:
    assert not store.has_passed(KEY)
    store.pass_tests(KEY)
    assert store.has_passed(KEY)
    assert not store.has_passed(OTHER)


def test_what_the_last_key_was_made_of(store: Store) -> None:
    assert store.last_parts("p", "cp312") == store.last_files("p", "cp312") == {}
    store.remember("p", "cp312", {"the source": "s", "the image": "i"}, {"a.c": "1"})
    assert store.last_parts("p", "cp312") == {"the source": "s", "the image": "i"}
    assert store.last_files("p", "cp312") == {"a.c": "1"}
    assert store.last_parts("p", "cp311") == store.last_parts("q", "cp312") == {}


def test_what_was_used_longest_ago_goes_first(store: Store) -> None:
    put(store, KEY, b"12345", days=1)
    put(store, OTHER, b"12345", days=2)
    assert prune(store, 10) == Removed()
    assert prune(store, 9) == Removed(wheels=1, size=5)
    assert store.find(OTHER) is None
    assert store.find(KEY) is not None


def test_what_was_not_used_for_days_goes(store: Store) -> None:
    put(store, KEY, days=1)
    put(store, OTHER, days=5)
    assert prune(store, 1000, days=3).wheels == 1
    assert [key for key, _wheel, _used in store.entries()] == [KEY]


def test_old_notes_and_leftovers_go(store: Store) -> None:
    store.pass_tests(KEY)
    store.pass_tests(OTHER)
    store.remember("p", "cp312", {"the source": "used"}, {})
    store.remember("p", "cp311", {"the source": "old"}, {})
    store.remember("p", "cp311", {"the source": "used"}, {})
    left = store.directory / "wheels" / "ab" / ".x.1.part"
    left.mkdir(parents=True)
    for path in (store.directory / "tests" / KEY, store.directory / "sources" / "old.json", left):
        os.utime(path, (1, 1))
    prune(store, 1000)
    assert not store.has_passed(KEY)
    assert store.has_passed(OTHER)
    assert [path.name for path in (store.directory / "sources").iterdir()] == ["used.json"]
    assert not left.exists()


def test_clear_removes_all_but_the_secret(store: Store) -> None:
    secret = store.secret()
    put(store, KEY)
    store.pass_tests(KEY)
    assert clear(store) == Removed(wheels=1, size=5)
    assert not list(store.entries())
    assert not store.has_passed(KEY)
    assert store.secret() == secret
