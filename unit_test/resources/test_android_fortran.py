from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from cibw.resources.android_fortran import assemble, bring, clang_version, command, main

COMPILER = "/ndk/bin/aarch64-linux-android24-clang"
PARTS = {
    "install": "out/install/linux-x86/clang-dev/lib/clang/18/lib/linux/of_termux.a",
    "flang-host": "build-host-install/bin/flang-new",
    "flang-aarch64": "build-aarch64-install/libFortranRuntime.a",
    "flang-x86_64": "build-x86_64-install/libFortranRuntime.a",
}


def put(directory: Path, name: str) -> None:
    (directory / name).parent.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text(name)


def lay_ndk(directory: Path, version: str = "18") -> Path:
    put(directory, f"lib/clang/{version}/lib/linux/of_ndk.a")
    put(directory, "sysroot/usr/include/stdio.h")
    return directory


def test_archives_and_ndk_are_joined_once(tmp_path: Path) -> None:
    for name, member in PARTS.items():
        put(tmp_path / "made", member)
        with tarfile.open(tmp_path / f"package-{name}.tar.bz2", "w:bz2") as archive:
            archive.add(tmp_path / "made" / member, member)
    whole, release = tmp_path / "cache" / "flang", tmp_path.as_uri()
    bring(whole, lay_ndk(tmp_path / "ndk"), release)
    found = sorted(path.relative_to(whole).as_posix() for path in whole.rglob("*") if path.is_file())
    assert found == [
        "bin/flang-new",
        "lib/clang/18/lib/linux/of_ndk.a",
        "sysroot/usr/include/stdio.h",
        "sysroot/usr/lib/aarch64-linux-android/libFortranRuntime.a",
        "sysroot/usr/lib/x86_64-linux-android/libFortranRuntime.a",
    ]
    assert sorted(path.name for path in whole.parent.iterdir()) == ["flang", "flang.lock"]
    bring(whole, tmp_path / "ndk", "file:///nowhere")


def test_what_can_not_be_fetched_is_tried_again_and_told(tmp_path: Path) -> None:
    waits: list[float] = []
    with pytest.raises(SystemExit, match=r"Android from file:.*package-flang-aarch64.*\[tool\.cibw\.mirrors\]"):
        bring(tmp_path / "flang", tmp_path, (tmp_path / "nothing").as_uri(), waits.append)
    assert waits == [3, 6, 12]
    assert not (tmp_path / "flang").exists()


def test_without_the_network_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", COMPILER)
    monkeypatch.setenv("UV_OFFLINE", "1")
    with pytest.raises(SystemExit, match=r"is not in .*flang, and network access is disabled"):
        main(str(tmp_path / "flang"), tmp_path.as_uri(), "a.f90")


def test_another_clang_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "unpacked", PARTS["install"])
    with pytest.raises(SystemExit, match="built for clang 18, but the NDK has clang 19"):
        assemble(tmp_path / "unpacked", lay_ndk(tmp_path / "ndk", "19"))
    with pytest.raises(SystemExit, match="contains 0 versions of clang"):
        clang_version(tmp_path)


def test_the_target_is_that_of_the_c_compiler() -> None:
    words = command(Path("/flang"), COMPILER, ("-c", "a.f90"), "linux")
    assert words == ["/flang/bin/flang-new", "--target=aarch64-linux-android24", "-c", "a.f90"]


def test_docker_runs_it_on_a_mac() -> None:
    words = command(Path("/flang"), COMPILER, ("a.f90",), "darwin")
    assert words[:5] == ["docker", "run", "--rm", "--platform", "linux/amd64"]
    assert words[-5:-3] == ["--entrypoint", "/flang/bin/flang-new"]
    assert words[-2:] == ["--target=aarch64-linux-android24", "a.f90"]
    assert f"{Path.home()}:{Path.home()}" in words


@pytest.mark.parametrize("compiler", ["", "gcc", "/usr/bin/clang"])
def test_a_compiler_without_a_target_is_refused(compiler: str) -> None:
    with pytest.raises(SystemExit, match="not an NDK compiler"):
        command(Path("/flang"), compiler, (), "linux")
