from __future__ import annotations

import pytest

from cibw.model.distribution import Distribution, DistributionKind, is_distribution_name, upload_order

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
