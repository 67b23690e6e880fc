from __future__ import annotations

from unit_test.cli.calling import Caller

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
