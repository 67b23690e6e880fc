"""The images of Linux builds."""

from __future__ import annotations

import pytest

from cibw.errors import CibwError, ConfigurationError, DeprecatedError
from cibw.model.identifiers import Architecture
from cibw.model.machines import ContainerSpec, HostFacts
from cibw.planning.platforms.linux import require_images
from cibw.planning.select import select
from unit_test.planning.planned import CATALOG, DOCKER, HOST, options_of, plan_of, plan_with

ONE = 'build = "cp312-manylinux_x86_64"'


@pytest.mark.parametrize(
    ("image", "kind", "message"),
    [
        ("manylinux2010", DeprecatedError, "manylinux2010 is no longer maintained"),
        ("manylinux_2_31", ConfigurationError, "there is no image manylinux_2_31 for x86_64"),
    ],
)
def test_an_image_that_is_not_there(image: str, kind: type[CibwError], message: str) -> None:
    with pytest.raises(kind, match=message) as caught:
        plan_of(f'[tool.cibw]\n{ONE}\nmanylinux-x86_64-image = "{image}"')
    assert caught.value.hint


@pytest.mark.parametrize(
    ("image", "facts", "kind"),
    [
        ("manylinux2010", DOCKER, DeprecatedError),
        ("manylinux2010", HOST, DeprecatedError),
        ("manylinux_2_31", DOCKER, ConfigurationError),
    ],
)
def test_images_are_judged_in_the_same_way_without_a_plan(image: str, facts: HostFacts, kind: type[CibwError]) -> None:
    text = f'[tool.cibw]\n{ONE}\nmanylinux-x86_64-image = "{image}"'
    options = options_of(f'{text}\ncontainer-engine = "{facts.engine.value}"')
    with pytest.raises(kind) as planned:
        plan_with(options, facts)
    with pytest.raises(kind, match=str(planned.value)):
        require_images(options, select(options, CATALOG, facts).selected, CATALOG)


@pytest.mark.parametrize("image", ["manylinux_2_34", "registry.example/image:1"])
def test_images_that_are_there_pass(image: str) -> None:
    options = options_of(f'[tool.cibw]\nmanylinux-x86_64-image = "{image}"')
    require_images(options, select(options, CATALOG, DOCKER).selected, CATALOG)
    require_images(options, (), CATALOG)


def test_python_38_is_built_in_the_last_image_that_has_it() -> None:
    plan = plan_of('[tool.cibw]\nbuild = "cp38-manylinux_x86_64 cp39-manylinux_x86_64"')
    old, new = (job.machine for job in plan.jobs)
    assert isinstance(old, ContainerSpec)
    assert isinstance(new, ContainerSpec)
    assert old.image.reference == CATALOG.image("manylinux_2_28", Architecture.X86_64, eol=True)
    assert new.image.reference == CATALOG.image("manylinux_2_28", Architecture.X86_64)
    assert old.image.reference.endswith(":2026.03.20-1")
