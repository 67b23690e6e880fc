"""Own projects, built on the host for manylinux_2_17 and newer, and for musl."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builds import (
    build,
    check_ended_well,
    check_made_once,
    check_wheel,
    copy_project,
    native_files,
    run_cibw,
    selected,
)
from tests.installing import here, import_from

pytestmark = pytest.mark.host

SUPPORTED = ("cp310", "cp311", "cp312", "cp313")
IMPORTS = {
    "cpp": "import demo_cpp; print(demo_cpp.number('two'))",
    "cython": "from demo_cython.primes import primes; print(primes(1)[0])",
    "cffi": "import demo_cffi; print(demo_cffi.triangle(1) + 1)",
    "meson": "from demo_meson import backwards; print(backwards('2'))",
    "skbuild": "from demo_skbuild import length; print(length('ab'))",
}


def manylinux(*tags: str) -> list[str]:
    return [f"{tag}-manylinux_x86_64" for tag in here(*tags)]


def test_every_python_of_the_host(tmp_path: Path) -> None:
    project = copy_project("c", tmp_path)
    # A Python at its end of life is built where `build` names it.
    settings = {**selected("cp38-*", "cp*"), "CIBW_SKIP": "*-musllinux_*"}
    ran = build(project, "--engine", "host", settings=settings)
    expected = manylinux("cp38", "cp39", *SUPPORTED, "cp314", "cp314t")
    check_ended_well(ran, expected)
    for identifier in expected:
        check_wheel(ran.wheel_of(identifier), "manylinux_2_17_x86_64")
        check_wheel(ran.wheel_of(identifier), "manylinux2014_x86_64")
    tag = expected[-1].partition("-")[0]
    assert import_from(ran.wheel_of(expected[-1]), tag, "import demo_c; print(demo_c.hypotenuse(3, 4))", tmp_path)


@pytest.mark.parametrize("name", IMPORTS)
def test_build_backends(name: str, tmp_path: Path) -> None:
    tag = here(*SUPPORTED)[list(IMPORTS).index(name) % len(here(*SUPPORTED))]
    ran = build(copy_project(name, tmp_path), "--engine", "host", "--only", f"{tag}-manylinux_x86_64")
    check_ended_well(ran, [f"{tag}-manylinux_x86_64"])
    [wheel] = ran.wheels
    check_wheel(wheel, "manylinux_2_17_x86_64")
    assert not [name for name in native_files(wheel) if "stdc++" in name or "libc++" in name]
    assert import_from(wheel, tag, IMPORTS[name], tmp_path) == "2"


def test_an_abi3_wheel_serves_the_later_pythons(tmp_path: Path) -> None:
    identifiers = manylinux(*SUPPORTED)
    ran = build(copy_project("abi3", tmp_path), "--engine", "host", settings=selected(*identifiers))
    check_ended_well(ran, identifiers)
    [wheel] = ran.wheels
    assert "-cp310-abi3-" in wheel.name
    check_wheel(wheel, "manylinux_2_17_x86_64")
    check_made_once(ran)


def test_a_project_elsewhere_is_tested_with_sources_around_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    project = copy_project("c", outside)
    (outside / "checks").mkdir()
    (outside / "checks" / "check.py").write_text("import demo_c; assert demo_c.hypotenuse(3, 4) == 5")
    settings = {"CIBW_TEST_SOURCES": "../checks", "CIBW_TEST_COMMAND": "python ../checks/check.py"}
    (tmp_path / "here").mkdir()
    ran = build(
        tmp_path / "here", str(project), "--engine", "host", "--only", "cp313-manylinux_x86_64", settings=settings
    )
    check_ended_well(ran, ["cp313-manylinux_x86_64"])


def test_the_image_option_sets_the_glibc(tmp_path: Path) -> None:
    [identifier] = manylinux("cp311")
    settings = {"CIBW_MANYLINUX_X86_64_IMAGE": "manylinux_2_34"}
    ran = build(copy_project("c", tmp_path), "--engine", "host", "--only", identifier, settings=settings)
    check_wheel(ran.wheels[0], "manylinux_2_34_x86_64")
    assert "manylinux_2_34" in ran.output


def test_musllinux_with_a_borrowed_python_says_that_it_is_untested(tmp_path: Path) -> None:
    identifier = f"{here(*SUPPORTED)[-1]}-musllinux_x86_64"
    ran = build(copy_project("c", tmp_path), "--engine", "host", "--only", identifier)
    [wheel] = ran.wheels
    check_wheel(wheel, "musllinux_1_2_x86_64")
    assert not ran.results[identifier].tested
    assert "no musl Python" in ran.words


def test_libraries_that_are_too_new_are_named(tmp_path: Path) -> None:
    [identifier] = manylinux("cp311")
    ran = run_cibw(copy_project("needs_new_glibc", tmp_path), "--engine", "host", "--only", identifier)
    assert ran.exit_code == 15, ran.output
    assert "libnewer.so" in ran.output
    assert "GLIBC_2.34" in ran.output
    assert "manylinux2014_x86_64" in ran.output
    assert "Traceback" not in ran.output
    assert not ran.wheels


def test_a_platform_wheel_without_native_files_is_warned_of(tmp_path: Path) -> None:
    [identifier] = manylinux("cp311")
    ran = build(copy_project("optional_extension", tmp_path), "--engine", "host", "--only", identifier)
    [warning] = ran.results[identifier].warnings
    assert "contains no native files" in warning
    assert warning.partition(" ")[0] in ran.output


def test_keep_going_builds_the_rest(tmp_path: Path) -> None:
    good, bad = manylinux("cp311"), manylinux("cp312")
    project = copy_project("c", tmp_path)
    check = 'python -c "import sys; sys.exit(sys.version_info[:2] == (3, 12))"'
    settings = {**selected(*bad, *good, *manylinux("cp310")), "CIBW_TEST_COMMAND": check}
    ran = run_cibw(project, "--engine", "host", "--keep-going", settings=settings)
    assert ran.exit_code == 1, ran.output
    assert {identifier for identifier, result in ran.results.items() if result.wheel} == {
        *good,
        *manylinux("cp310"),
    }
    assert len(ran.wheels) == 2
    failure = ran.results[bad[0]].failure
    assert failure is not None
    assert failure.context.step == "test"
