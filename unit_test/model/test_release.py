from __future__ import annotations

import pytest
from packaging.version import Version

from cibw.model.events import PublishReport, UploadResult, UploadStatus
from cibw.model.http import Request, Response
from cibw.model.identifiers import BuildIdentifier
from cibw.model.manifest import Finding, Severity, stops
from cibw.model.release import (
    Decision,
    Distribution,
    DistributionKind,
    IndexFile,
    Listing,
    PackageIndex,
    PlannedUpload,
    UploadPlan,
    WheelName,
    is_distribution_name,
    upload_order,
)


def test_a_file_name_has_its_parts() -> None:
    wheel = WheelName.parse("Some.Name-1.2-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")
    assert wheel.filename == "Some.Name-1.2-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    assert wheel.project == "some-name"
    assert wheel.version == Version("1.2")
    assert {tag.platform for tag in wheel.tags} == {"manylinux_2_17_x86_64", "manylinux2014_x86_64"}


@pytest.mark.parametrize("filename", ["x.whl", "x-1.tar.gz", "x-one-py3-none-any.whl"])
def test_other_file_names_are_refused(filename: str) -> None:
    with pytest.raises(ValueError, match="x"):
        WheelName.parse(filename)


@pytest.mark.parametrize(
    ("tags", "is_pure", "is_abi3"),
    [
        ("py3-none-any", True, False),
        ("py2.py3-none-any", True, False),
        ("py3-none-win32", False, False),
        ("cp39-cp39-any", False, False),
        ("cp39-abi3-win32", False, True),
        ("cp315-abi3.abi3t-win32", False, True),
        ("cp315-abi3t-win32", False, False),
    ],
)
def test_a_wheel_knows_whether_it_is_pure_or_abi3(tags: str, *, is_pure: bool, is_abi3: bool) -> None:
    wheel = WheelName.parse(f"x-1-{tags}.whl")
    assert (wheel.is_pure, wheel.is_abi3) == (is_pure, is_abi3)


@pytest.mark.parametrize(
    ("tags", "identifier", "serves"),
    [
        ("cp39-abi3-manylinux_2_17_x86_64", "cp39-manylinux_x86_64", True),
        ("cp39-abi3-manylinux_2_17_x86_64", "cp312-manylinux_x86_64", True),
        ("cp310-abi3-manylinux_2_17_x86_64", "cp39-manylinux_x86_64", False),
        ("cp39-abi3-manylinux_2_17_x86_64", "cp313t-manylinux_x86_64", False),
        ("cp39-abi3-manylinux_2_17_x86_64", "pp311-manylinux_x86_64", False),
        ("cp39-abi3-manylinux_2_17_x86_64", "cp39-musllinux_x86_64", False),
        ("cp39-abi3-manylinux_2_17_x86_64", "cp39-manylinux_aarch64", False),
        ("cp39-abi3-linux_x86_64", "cp39-manylinux_x86_64", True),
        ("cp39-abi3-linux_x86_64", "cp39-musllinux_x86_64", False),
        ("py39-abi3-win32", "cp39-win32", False),
        ("cp315-abi3.abi3t-manylinux_2_17_x86_64", "cp315-manylinux_x86_64", True),
        ("cp315-abi3.abi3t-manylinux_2_17_x86_64", "cp315t-manylinux_x86_64", True),
        ("cp315-abi3.abi3t-manylinux_2_17_x86_64", "cp314-manylinux_x86_64", False),
        ("cp315-abi3.abi3t-manylinux_2_17_x86_64", "cp314t-manylinux_x86_64", False),
        ("cp315-abi3.abi3t-manylinux_2_17_x86_64", "cp315t-musllinux_x86_64", False),
        ("cp315-abi3t-win_amd64", "cp315t-win_amd64", True),
        ("cp315-abi3t-win_amd64", "cp315-win_amd64", False),
        ("cp39-cp39-manylinux_2_17_x86_64", "cp39-manylinux_x86_64", False),
        ("py3-none-manylinux_2_17_x86_64", "pp311-manylinux_x86_64", True),
        ("py3-none-musllinux_1_2_x86_64", "cp313t-musllinux_x86_64", True),
        ("py310-none-win32", "cp39-win32", False),
        ("py2.py3-none-win32", "cp39-win32", True),
        ("py2-none-win32", "cp39-win32", False),
        ("cp39-none-win32", "cp39-win32", False),
        ("py3-none-win_amd64", "cp39-win32", False),
        ("py3-none-macosx_11_0_arm64", "cp39-macosx_arm64", True),
        ("cp313-abi3-pyodide_2025_0_wasm32", "cp314-pyodide_wasm32", False),
        ("py3-none-pyodide_2025_0_wasm32", "cp314-pyodide_wasm32", False),
        ("py3-none-macosx_11_0_arm64", "cp39-macosx_universal2", False),
        ("py3-none-ios_13_0_arm64_iphoneos", "cp314-ios_arm64_iphoneos", True),
        ("pyx-none-win32", "cp39-win32", False),
    ],
)
def test_a_wheel_serves_identifiers(tags: str, identifier: str, *, serves: bool) -> None:
    assert WheelName.parse(f"x-1-{tags}.whl").serves(BuildIdentifier.parse(identifier)) is serves


@pytest.mark.parametrize(
    ("tags", "identifier", "covers"),
    [
        ("cp39-cp39-manylinux_2_17_x86_64", "cp39-manylinux_x86_64", True),
        ("cp39-cp39-manylinux_2_17_x86_64", "cp310-manylinux_x86_64", False),
        ("cp39-cp39-manylinux_2_17_x86_64", "cp39-musllinux_x86_64", False),
        ("cp39-none-win32", "cp39-win32", True),
        ("cp313-cp313t-win32", "cp313t-win32", True),
        ("cp313-cp313t-win32", "cp313-win32", False),
        ("cp313-cp313-win32", "cp313t-win32", False),
        ("pp311-pypy311_pp73-manylinux_2_17_x86_64", "pp311-manylinux_x86_64", True),
        ("pp310-pypy310_pp73-manylinux_2_17_x86_64", "pp311-manylinux_x86_64", False),
        ("graalpy312-graalpy250_312_native-manylinux_2_17_x86_64", "gp312_250-manylinux_x86_64", True),
        ("graalpy311-graalpy242_311_native-manylinux_2_17_x86_64", "gp312_250-manylinux_x86_64", False),
        ("cp39-abi3-manylinux_2_17_x86_64", "cp312-manylinux_x86_64", True),
        ("cp315-abi3.abi3t-macosx_11_0_universal2", "cp315t-macosx_arm64", True),
        ("cp315-abi3t-macosx_11_0_arm64", "cp315-macosx_arm64", False),
        ("py3-none-any", "cp312-manylinux_x86_64", True),
        ("cp312-cp312-macosx_11_0_universal2", "cp312-macosx_arm64", True),
        ("cp39-abi3-macosx_11_0_universal2", "cp312-macosx_x86_64", True),
        ("cp312-cp312-macosx_11_0_arm64", "cp312-macosx_universal2", False),
        ("cp313-cp313-pyodide_2025_0_wasm32", "cp313-pyodide_wasm32", True),
        ("cp314-cp314-pyemscripten_2026_0_wasm32", "cp314-pyodide_wasm32", True),
        ("cp312-abi3-pyodide_2024_0_wasm32", "cp313-pyodide_wasm32", False),
        ("cp312-cp312-win32", "cp312-pyodide_wasm32", False),
        ("cp313-cp313-ios_13_0_arm64_iphoneos", "cp313-ios_arm64_iphoneos", True),
    ],
)
def test_a_wheel_covers_identifiers(tags: str, identifier: str, *, covers: bool) -> None:
    assert WheelName.parse(f"x-1-{tags}.whl").covers(BuildIdentifier.parse(identifier)) is covers


WHEEL = "Hello_World-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"


def parsed(filename: str) -> Distribution:
    return Distribution.parse(filename, size=3, sha256="ab")


def test_a_wheel() -> None:
    found = parsed(WHEEL)
    assert (found.kind, found.project, str(found.version)) == (DistributionKind.WHEEL, "hello-world", "1.0")
    assert found.wheel is not None
    assert found.wheel.filename == WHEEL


def test_an_sdist() -> None:
    found = parsed("hello_world-1.0rc1.tar.gz")
    assert (found.kind, found.project, str(found.version)) == (DistributionKind.SDIST, "hello-world", "1.0rc1")
    assert found.wheel is None


@pytest.mark.parametrize("name", ["hello.whl", "hello.tar.gz", "hello-1.0.zip", "hello-one.tar.gz", "a-1-b.whl"])
def test_any_other_name(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(name)


def test_names_that_end_like_one() -> None:
    assert [is_distribution_name(name) for name in ("a.whl", "a.tar.gz", "a.zip", "report.json")] == [
        True,
        True,
        False,
        False,
    ]


def test_wheels_come_first() -> None:
    names = ["a-1.tar.gz", "b-1-py3-none-any.whl", "a-1-py3-none-any.whl"]
    assert [one.filename for one in upload_order(tuple(map(parsed, names)))] == [names[2], names[1], names[0]]


def planned(filename: str, decision: Decision) -> PlannedUpload:
    distribution = Distribution.parse(filename, size=1, sha256="a")
    return PlannedUpload(distribution=distribution, path=f"dist/{filename}", decision=decision)


def test_a_plan_tells_what_is_sent() -> None:
    sent, skipped = planned("a-1-py3-none-any.whl", Decision.SEND), planned("a-1.tar.gz", Decision.SKIP)
    plan = UploadPlan(index=PackageIndex(name="here", upload="http://localhost/"), uploads=(sent, skipped))
    assert plan.having(Decision.SEND) == (sent,)
    assert plan.having(Decision.CONFLICT) == ()


def test_an_index_has_a_file_where_the_bytes_are_the_same() -> None:
    listing = Listing(files=(IndexFile(filename="a-1.tar.gz", sha256="a"),))
    assert listing.has(Distribution.parse("a-1.tar.gz", size=1, sha256="a"))
    assert not listing.has(Distribution.parse("a-1.tar.gz", size=1, sha256="b"))
    assert not listing.has(Distribution.parse("a-2.tar.gz", size=1, sha256="a"))


def test_a_report_tells_which_files_are_there() -> None:
    results = tuple(
        UploadResult(filename=status.value, size=1, sha256="a", status=status, attempts=1) for status in UploadStatus
    )
    report = PublishReport(index="http://localhost/", project="a", version="1", uploads=results)
    assert [result.is_there for result in results] == [True, True, False, False]
    assert report.having(UploadStatus.FAILED, UploadStatus.NOT_TRIED) == results[2:]


@pytest.mark.parametrize(("severity", "expected"), [(Severity.ERROR, True), (Severity.WARNING, False)])
def test_errors_alone_stop_a_release(severity: Severity, expected: bool) -> None:
    assert stops((Finding(rule="size", message="too large", severity=severity),)) is expected


def test_questions_and_answers_hide_what_may_be_secret() -> None:
    request = Request(address="https://a.example/", headers={"authorization": "Basic secret"}, body=b"secret")
    assert "secret" not in repr(request)
    assert "secret" not in repr(Response(status=200, headers={"set-cookie": "secret"}, body=b"secret"))
