from __future__ import annotations

import pytest

from cibw.config.options import StableAbi
from cibw.model.target import Platform
from cibw.planning.expectations import with_expectations
from unit_test.planning.planned import plan_of
from unit_test.running.trials import job_of

ABI3 = StableAbi(minors=frozenset(range(10, 20)), place="setup.cfg [bdist_wheel]")


def expected(*pythons: str, abi: StableAbi | None = ABI3) -> dict[str, str]:
    job = with_expectations(job_of("one", *pythons), abi)
    assert [str(build.identifier.interpreter) for build in job.builds] == list(pythons)
    return {
        str(build.identifier.interpreter): str(build.expects.identifier.interpreter)
        for build in job.builds
        if build.expects is not None
    }


@pytest.mark.parametrize(
    ("pythons", "expectations"),
    [
        (("cp310", "cp311", "cp312"), {"cp311": "cp310", "cp312": "cp310"}),
        (("cp312", "cp311"), {"cp312": "cp311"}),
        (("cp38", "cp39", "cp311", "cp312"), {"cp312": "cp311"}),
        (("cp38", "cp39"), {}),
        (("cp310",), {}),
        (("cp310", "cp313t", "pp311", "cp313"), {"cp313": "cp310"}),
        (("pp310", "cp313t", "cp313"), {}),
        (("cp310", "cp315", "cp315t"), {"cp315": "cp310"}),
        (("cp314t", "cp315", "cp315t"), {"cp315t": "cp315"}),
    ],
)
def test_later_pythons_expect_the_wheel_of_the_oldest_that_makes_one(
    pythons: tuple[str, ...], expectations: dict[str, str]
) -> None:
    assert expected(*pythons) == expectations


def test_without_knowledge_nothing_is_expected() -> None:
    assert expected("cp310", "cp311", abi=None) == {}


def test_the_reason_names_the_place() -> None:
    (_, later) = with_expectations(job_of("one", "cp310", "cp311"), ABI3).builds
    assert later.expects is not None
    assert later.expects.reason == "abi3, by setup.cfg [bdist_wheel]"


def test_pyodide_expects_nothing() -> None:
    toml = '[tool.cibw]\nenable = "all"\n[tool.distutils.bdist_wheel]\npy-limited-api = "cp312"'
    (job,) = plan_of(toml, platform=Platform.PYODIDE).jobs
    assert [build.expects for build in job.builds] == [None] * 4


def test_each_job_has_its_own() -> None:
    plan = plan_of('[tool.cibw]\nbuild = "cp31{0,1}-*_x86_64"\n[tool.distutils.bdist_wheel]\npy-limited-api = "cp310"')
    assert [
        (str(build.identifier), str(build.expects.identifier))
        for job in plan.jobs
        for build in job.builds
        if build.expects
    ] == [(f"cp311-{target}", f"cp310-{target}") for target in ("manylinux_x86_64", "musllinux_x86_64")]
