from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cibw.resources.host_files import main


def test_fresh_directories_hold_nothing_of_an_earlier_build(tmp_path: Path) -> None:
    source, project, work = tmp_path / "source", tmp_path / "project", tmp_path / "work"
    (source / "src").mkdir(parents=True)
    (source / "src" / "a.c").write_text("int a;")
    for stale in (project, work / "built"):
        stale.mkdir(parents=True)
        (stale / "stale").touch()
    main("fresh", str(source), str(project), str(work))
    assert [str(path.relative_to(project)) for path in project.rglob("*.c")] == [str(Path("src", "a.c"))]
    assert not list(tmp_path.rglob("stale"))
    assert sorted(path.name for path in work.iterdir()) == ["built", "repaired", "test"]


def test_a_wheel_is_moved(tmp_path: Path) -> None:
    (tmp_path / "a.whl").touch()
    (tmp_path / "repaired").mkdir()
    main("move", str(tmp_path / "a.whl"), str(tmp_path / "repaired"))
    assert [path.name for path in (tmp_path / "repaired").iterdir()] == ["a.whl"]
    assert not (tmp_path / "a.whl").exists()


def test_files_of_tests_keep_their_places(tmp_path: Path) -> None:
    with inside(tmp_path):
        for name in ("tests/unit/a.py", "data/small.txt"):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).touch()
        main("copy", "there", "tests/", "data/small.txt")
        main("copy", "there", "tests/", "data/small.txt")
        copied = sorted(path.as_posix() for path in Path("there").rglob("*.*"))
    assert copied == ["there/data/small.txt", "there/tests/unit/a.py"]


def test_another_python_on_path_is_told(tmp_path: Path) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    for directory in (own, other):
        directory.mkdir()
        program = directory / "python"
        program.touch()
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    with variable("PATH", os.pathsep.join(map(str, (own, other)))):
        main("judge", str(own))
    with variable("PATH", str(other)), pytest.raises(SystemExit, match=r"python on PATH is .*other"):
        main("judge", str(own))


def test_settings_of_a_cross_build(tmp_path: Path) -> None:
    file = tmp_path / "cross.cfg"
    with variable("VSCMD_ARG_TGT_ARCH", ""):
        main("cross", str(file), "C:/libs", "win-arm64")
    assert file.read_text().split() == [
        *("[build]", "plat_name=win-arm64", "[build_ext]", "library_dirs=C:/libs", "plat_name=win-arm64"),
        *("[bdist_wheel]", "plat_name=win-arm64"),
    ]


def test_a_compiler_for_another_processor_is_refused(tmp_path: Path) -> None:
    with variable("VSCMD_ARG_TGT_ARCH", "x64"), pytest.raises(SystemExit, match="x64, but this build is for arm64"):
        main("cross", str(tmp_path / "cross.cfg"), "C:/libs", "win-arm64")
    assert not (tmp_path / "cross.cfg").exists()


def test_an_unknown_action() -> None:
    with pytest.raises(SystemExit, match="mend is not an action"):
        main("mend")


@contextmanager
def variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextmanager
def inside(directory: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)
