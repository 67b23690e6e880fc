from __future__ import annotations

import hashlib

import pytest

from cibw.execution.container.states import Volume, VolumeRecords
from cibw.execution.store.store import Store, StoredWheel
from cibw.model.machines import EngineName
from unit_test.cli.calling import Caller

HASHES = {size: hashlib.sha256(b"x" * size).hexdigest() for size in (5, 7)}
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n"


def test_a_marked_cache_is_removed(cibw: Caller) -> None:
    cache = cibw.directory / "cache"
    cache.mkdir()
    (cache / "CACHEDIR.TAG").write_text(TAG)
    called = cibw("--clean-cache")
    assert called.exit_code == 0
    assert str(cache) in called.stdout
    assert not cache.exists()


def test_a_missing_cache_is_fine(cibw: Caller) -> None:
    assert cibw("--clean-cache").exit_code == 0


def test_any_other_directory_stays(cibw: Caller) -> None:
    cache = cibw.directory / "cache"
    cache.mkdir()
    (cache / "precious").touch()
    called = cibw("--clean-cache")
    assert called.exit_code == 1
    assert "CACHEDIR.TAG" in called.stderr
    assert (cache / "precious").exists()


def test_a_relative_cache_lies_in_the_current_directory(cibw: Caller) -> None:
    cibw.environment.setenv("CIBW_CACHE_PATH", "kept")
    assert str(cibw.directory / "kept") in cibw("--clean-cache").stdout


def noted(cibw: Caller) -> VolumeRecords:
    records = VolumeRecords(cibw.directory / "cache")
    records.note_use(Volume(name="cibw-a", engine=EngineName.DOCKER, project="/somewhere"))
    return records


def test_volumes_of_engines_are_shown(cibw: Caller) -> None:
    noted(cibw)
    shown = cibw("cache", "info").stdout
    assert "cibw-a of Docker: /somewhere, last used 2" in shown


@pytest.mark.parametrize("action", [("clear",), ("prune", "--older-than", "0")])
def test_volumes_that_cannot_be_removed_are_told_and_not_forgotten(cibw: Caller, action: tuple[str, ...]) -> None:
    cibw.environment.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    records = noted(cibw)
    called = cibw("cache", *action)
    assert called.exit_code == 0
    assert "1 volume of Docker cannot be removed: Docker is not available" in called.stdout
    assert [volume.name for volume in records.all()] == ["cibw-a"]


def test_a_volume_in_use_lately_is_not_pruned(cibw: Caller) -> None:
    noted(cibw)
    assert "volume" not in cibw("cache", "prune").stdout


def stored(cibw: Caller) -> Store:
    store = Store(cibw.directory / "cache" / "store")
    for key, size in (("ab", 5), ("cd", 7)):
        wheel = cibw.directory / "a.whl"
        wheel.write_bytes(b"x" * size)
        entry = StoredWheel(filename="a.whl", size=size, sha256=HASHES[size], project="/somewhere")
        store.put(key * 32, wheel, entry)
    return store


def test_what_the_store_holds(cibw: Caller) -> None:
    store = stored(cibw)
    shown = cibw("cache", "info").stdout
    assert str(store.directory) in shown
    assert "2 wheels, 12 B of at most 5.0 GB" in shown
    assert "/somewhere: 2 wheels, 12 B" in shown


def test_pruning_goes_down_to_the_limit(cibw: Caller) -> None:
    store = stored(cibw)
    cibw.environment.setenv("CIBW_CACHE_SIZE", "7B")
    assert "Removed 1 wheel, 5 B; 1 wheel left, 7 B." in cibw("cache", "prune").stdout
    assert len(list(store.entries())) == 1


def test_pruning_by_age(cibw: Caller) -> None:
    store = stored(cibw)
    assert "Removed 0 wheels" in cibw("cache", "prune", "--older-than", "1").stdout
    assert "Removed 2 wheels" in cibw("cache", "prune", "--older-than", "0").stdout
    assert not list(store.entries())


def test_clearing(cibw: Caller) -> None:
    store = stored(cibw)
    assert "Removed 2 wheels, 12 B; 0 wheels left" in cibw("cache", "clear").stdout
    assert not list(store.entries())


def test_engines_that_are_not_there_have_no_images(cibw: Caller) -> None:
    for variable in ("DOCKER_HOST", "CONTAINER_HOST"):
        cibw.environment.setenv(variable, "unix:///nowhere/engine.sock")
    called = cibw("cache", "clear", "--images")
    assert called.exit_code == 0
    assert [line.partition(":")[0] for line in called.stdout.splitlines()[1:]] == [
        "Docker is not available",
        "Podman is not available",
    ]


def test_a_store_that_is_not_there(cibw: Caller) -> None:
    for action in ("info", "prune", "clear"):
        assert cibw("cache", action).exit_code == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("500MB", "500.0 MB"),
        ("2 GiB", "2.1 GB"),
        ("1.5g", "1.5 GB"),
        ("12", "12 B"),
        ("1KiB", "1.0 kB"),
        ("", "5.0 GB"),
    ],
)
def test_sizes(cibw: Caller, text: str, shown: str) -> None:
    cibw.environment.setenv("CIBW_CACHE_SIZE", text)
    assert f"of at most {shown}\n" in cibw("cache").stdout


def test_a_wrong_size(cibw: Caller) -> None:
    cibw.environment.setenv("CIBW_CACHE_SIZE", "much")
    called = cibw("cache")
    assert called.exit_code == 2
    assert "CIBW_CACHE_SIZE" in called.stderr
