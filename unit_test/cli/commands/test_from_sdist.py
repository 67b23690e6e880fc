from __future__ import annotations

from pathlib import Path

from unit_test.cli.calling import Caller


def test_an_sdist_has_no_sdist(cibw: Caller) -> None:
    called = cibw("sdist", "demo-1.0.tar.gz")
    assert called.exit_code == 2
    assert "is already an sdist" in called.stderr


def test_which_sdist_is_asked_for_must_be_clear(cibw: Caller) -> None:
    for arguments, message in (
        (("--from-sdist", "missing.tar.gz"), "is missing"),
        (("--from-sdist", "."), "is a directory"),
        (("--from-sdist=pyproject.toml",), "is not an sdist"),
    ):
        called = cibw("build", *arguments, "--platform", "linux")
        assert called.exit_code == 2
        assert message in called.stderr


def test_of_several_sdists_one_must_be_named(cibw: Caller) -> None:
    (cibw.directory / "dist").mkdir()
    for version in ("1.0", "1.1"):
        Path(cibw.directory, f"dist/demo-{version}.tar.gz").touch()
    called = cibw("--from-sdist", "--platform", "linux")
    assert called.exit_code == 2
    assert "demo-1.0.tar.gz, demo-1.1.tar.gz" in called.stderr
